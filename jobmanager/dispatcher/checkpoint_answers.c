/* What tasks answer to the trigger of a checkpoint. */
#include "jobmanager/dispatcher/dispatcher_internal.h"

/* The operator of that node. A task has the job's own graph: any other node is damage. */
static enum status owner_of(const struct job *job, uint32_t node_id, struct checkpoint_operator *ret_owner,
                            struct error *error)
{
    const struct operator_id *id = operator_ids_of_node(&job->operators, node_id);
    if (id == NULL)
        return error_set(error, STATUS_CORRUPT,
                         "an acknowledgement has state of node [%u], which is not there", node_id);
    *ret_owner = operator_id_as_owner(id);
    return STATUS_OK;
}

static enum status read_states(const struct job *job, const struct rpc_acknowledge *message,
                               struct arena *arena, struct coordinator_acknowledgement *acknowledgement,
                               struct error *error)
{
    enum status status = STATUS_OK;
    struct checkpoint_operator_state *states = arena_calloc(arena, message->num_states + 1, sizeof *states);
    struct checkpoint_keyed_state *keyed = arena_calloc(arena, message->num_keyed_states + 1, sizeof *keyed);
    for (size_t i = 0; i < message->num_states && status == STATUS_OK; i++) {
        states[i].state = message->states[i].bytes;
        status = owner_of(job, message->states[i].node_id, &states[i].owner, error);
    }
    for (size_t i = 0; i < message->num_keyed_states && status == STATUS_OK; i++) {
        struct keyed_state_handle *handle;
        status = owner_of(job, message->keyed_states[i].node_id, &keyed[i].owner, error);
        if (status == STATUS_OK)
            status = keyed_state_handle_decode(message->keyed_states[i].bytes, arena, &handle, error);
        if (status == STATUS_OK)
            keyed[i].handle = handle;
    }
    acknowledgement->states = states;
    acknowledgement->num_states = message->num_states;
    acknowledgement->keyed_states = keyed;
    acknowledgement->num_keyed_states = message->num_keyed_states;
    return status;
}

static enum status read_committables(const struct job *job, const struct rpc_committable *given, size_t count,
                                     struct arena *arena, struct coordinator_acknowledgement *acknowledgement,
                                     struct error *error)
{
    struct checkpoint_committable *committables = arena_calloc(arena, count + 1, sizeof *committables);
    for (size_t i = 0; i < count; i++) {
        uint32_t sink_id = given[i].sink_id;
        const struct operator_id *id = operator_ids_of_sink(&job->operators, sink_id);
        if (id == NULL)
            return error_set(error, STATUS_CORRUPT,
                             "an acknowledgement has files of sink %u, which is not there", sink_id);
        committables[i] = (struct checkpoint_committable){
            .owner = operator_id_as_owner(id),
            .sink_id = sink_id,
            .content = given[i].bytes,
        };
    }
    acknowledgement->committables = committables;
    acknowledgement->num_committables = count;
    return STATUS_OK;
}

enum status dispatcher_handle_acknowledge(struct dispatcher *dispatcher, struct bytes_view payload,
                                          struct arena *arena, struct error *error)
{
    struct rpc_acknowledge message;
    struct job *job;
    struct task_identity identity;
    enum status status = rpc_acknowledge_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = dispatcher_identify_task(dispatcher, &message.task, &job, &identity, error);
    if (status != STATUS_OK)
        return status;
    struct coordinator_acknowledgement acknowledgement = {
        .checkpoint_id = message.checkpoint_id,
        .is_end_of_input = message.is_end_of_input,
        .start_delay_ms = message.start_delay_ms,
        .alignment_ms = message.alignment_ms,
        .sync_duration_ms = message.sync_duration_ms,
        .async_duration_ms = message.async_duration_ms,
        .aligned_bytes = message.aligned_bytes,
    };
    job->is_dirty = true;
    status = read_states(job, &message, arena, &acknowledgement, error);
    if (status == STATUS_OK)
        status = read_committables(job, message.committables, message.num_committables, arena,
                                   &acknowledgement, error);
    int64_t now_ms = dispatcher_now_ms(dispatcher);
    if (status == STATUS_OK)
        return job_master_acknowledge(job->master, &identity, &acknowledgement, now_ms, error);
    /* What cannot be read completes no checkpoint. */
    struct error reason = *error;
    return job_master_decline(job->master, &identity, message.checkpoint_id, &reason, now_ms, error);
}

enum status dispatcher_handle_decline(struct dispatcher *dispatcher, struct bytes_view payload,
                                      struct arena *arena, struct error *error)
{
    struct rpc_decline message;
    struct job *job;
    struct task_identity identity;
    enum status status = rpc_decline_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = dispatcher_identify_task(dispatcher, &message.task, &job, &identity, error);
    if (status != STATUS_OK)
        return status;
    bool is_given_up = message.error.code == STATUS_CANCELLED; /* and known to be */
    dispatcher_log(dispatcher, is_given_up ? LOG_DEBUG : LOG_WARN,
                   "checkpoint declined job=%s checkpoint=%llu reason=\"%s\"", job->id,
                   (unsigned long long)message.checkpoint_id, message.error.message);
    job->is_dirty = true;
    int64_t now_ms = dispatcher_now_ms(dispatcher);
    status = job_master_decline(job->master, &identity, message.checkpoint_id, &message.error, now_ms, error);
    struct coordinator_acknowledgement written = {.attempt = identity.attempt,
                                                  .checkpoint_id = message.checkpoint_id};
    struct error ignored; /* what cannot be read is not removed */
    if (read_committables(job, message.committables, message.num_committables, arena, &written, &ignored) ==
        STATUS_OK)
        job_master_give_back(job->master, &identity, &written, now_ms);
    return status;
}
