/* The jobs that the dispatcher knows: those found in the store, those that come, and how old ones go. */
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/plan/plan_codec.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdlib.h>
#include <string.h>

void dispatcher_add_job(struct dispatcher *dispatcher, struct job *job)
{
    dispatcher->jobs = mem_realloc(dispatcher->jobs, (dispatcher->num_jobs + 1) * sizeof(void *));
    dispatcher->jobs[dispatcher->num_jobs++] = job;
    dispatcher->is_dirty = true;
}

static enum status recover_job(struct dispatcher *dispatcher, const struct stored_job *stored,
                               struct error *error)
{
    struct plan_job_graph *graph;
    enum status status = plan_job_graph_decode(stored->graph.data, stored->graph.size, &graph, error);
    if (status == STATUS_OK)
        status = dispatcher_check_graph(graph, error);
    if (status != STATUS_OK)
        return error_prefix(error, "the stored job %s (%s)", stored->job_id, stored->name);
    struct job *job = job_create(dispatcher, stored, graph);
    dispatcher_add_job(dispatcher, job);
    enum job_state state = JOB_INITIALIZING;
    if (stored->state[0] != '\0' && !job_state_parse(stored->state, &state))
        return error_set(error, STATUS_CORRUPT, "the stored job %s is in an unknown state: %s",
                         stored->job_id, stored->state);
    if (job_state_is_terminal(state)) {
        job->state = state;
        job->state_ms[state] = job->ended_ms = job->modified_ms = stored->state_ms;
        if (state == JOB_FAILED)
            error_set(&job->failure, STATUS_INTERNAL, "%s", stored->failure);
        else if (stored->failure[0] == '\0')
            job_clean_up_recovered(job);
        return STATUS_OK;
    }
    /* The newest epoch's word counts: from here on what a fenced leader makes of the job is void. It would
     * call it failed once it finds its tables claimed. */
    status = job_store_put_state(dispatcher->options.job_store, job->id, job_state_name(state),
                                 clock_wall_ms(&dispatcher->process->clock), "", error);
    if (status != STATUS_OK)
        return error_prefix(error, "the stored job %s (%s)", stored->job_id, stored->name);
    dispatcher_log(dispatcher, LOG_INFO, "job recovered job=%s name=\"%s\" state=%s", job->id, job->name,
                   stored->state[0] == '\0' ? "RUNNING" : stored->state);
    struct error failure;
    if (job_start(job, true, state, &failure) != STATUS_OK)
        job_fail_unstarted(job, &failure);
    return STATUS_OK;
}

enum status dispatcher_recover_jobs(struct dispatcher *dispatcher, struct error *error)
{
    struct stored_job *stored;
    size_t count;
    enum status status = job_store_list_jobs(dispatcher->options.job_store, &stored, &count, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        if (status == STATUS_OK)
            status = recover_job(dispatcher, &stored[i], error);
        stored_job_free(&stored[i]);
    }
    free(stored);
    return status;
}

struct removal {
    struct event event;
    struct dispatcher *dispatcher;
    char job_id[JOB_ID_BYTES];
};

/* On a worker. What cannot be removed is tried again by the next leader. */
static void remove_stored(void *context)
{
    struct removal *removal = context;
    struct error error;
    if (job_store_remove_job(removal->dispatcher->options.job_store, removal->job_id, &error) != STATUS_OK)
        dispatcher_log(removal->dispatcher, LOG_WARN, "old job not removed job=%s: %s", removal->job_id,
                       error.message);
    free(removal);
}

void dispatcher_forget_old_jobs(struct dispatcher *dispatcher)
{
    size_t num_ended = 0;
    for (size_t i = 0; i < dispatcher->num_jobs; i++)
        num_ended += dispatcher->jobs[i]->master == NULL;
    for (size_t i = 0; i < dispatcher->num_jobs && num_ended > MAX_TERMINAL_JOBS; i++) {
        struct job *job = dispatcher->jobs[i];
        if (job->master != NULL || job->num_requests > 0)
            continue;
        struct removal *removal = mem_calloc(1, sizeof *removal);
        removal->dispatcher = dispatcher;
        memcpy(removal->job_id, job->id, sizeof removal->job_id);
        io_pool_submit(dispatcher->io, hash_bytes(job->id, JOB_ID_BYTES), remove_stored, removal);
        dispatcher->num_jobs--;
        num_ended--;
        memmove(&dispatcher->jobs[i], &dispatcher->jobs[i + 1],
                (dispatcher->num_jobs - i) * sizeof *dispatcher->jobs);
        job_free(job);
        i--;
        dispatcher->is_dirty = true;
    }
}
