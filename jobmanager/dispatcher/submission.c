/* How jobs come: submitted, or found in the store; and how old ones go. */
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/plan/plan_codec.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A submission: first stored by a worker, then begun by the dispatcher. */
struct submission {
    struct event event;
    struct dispatcher *dispatcher;
    struct plan_job_graph *graph;
    struct stored_job stored;
    dispatcher_callback *callback;
    void *context;
    enum status status;
    struct error error;
};

static void free_submission(struct submission *submission)
{
    plan_job_graph_free(submission->graph);
    stored_job_free(&submission->stored);
    free(submission);
}

static void drop_submission(struct event *event)
{
    struct submission *submission = (struct submission *)event;
    struct error error;
    error_set(&error, STATUS_UNAVAILABLE, "this jobmanager is stopping");
    submission->callback(submission->context, error.code, submission->stored.job_id, &error);
    free_submission(submission);
}

static enum status check_graph(const struct plan_job_graph *graph, struct error *error)
{
    if (graph->vertex_count == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the job has nothing to run");
    for (size_t v = 0; v < graph->vertex_count; v++)
        if (graph->vertices[v].parallelism == 0)
            return error_set(error, STATUS_INVALID_ARGUMENT, "vertex %s has no parallelism",
                             graph->vertices[v].name);
    for (uint32_t s = 0; s < graph->sink_count; s++) {
        const struct plan_node *node = plan_job_graph_sink(graph, s);
        if (node == NULL)
            return error_set(error, STATUS_INTERNAL, "the job has no sink %u", s);
        if (node->sink->kind == PLAN_SINK_ICEBERG && node->sink->iceberg->table_uuid == NULL)
            return error_set(error, STATUS_INTERNAL, "the table of %s is not bound", node->name);
    }
    return STATUS_OK;
}

/* Reads how far the checkpoint's own lineage has come in the table of a sink. */
static enum status read_old_lineage(struct submission *submission, const struct checkpoint_metadata *metadata,
                                    uint32_t sink_id, int64_t *ret_checkpoint_id, struct error *error)
{
    const struct plan_node *node =
        sink_id < submission->graph->sink_count ? plan_job_graph_sink(submission->graph, sink_id) : NULL;
    if (node == NULL || node->sink->kind != PLAN_SINK_ICEBERG)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "the checkpoint holds files for sink %u, which this job does not have", sink_id);
    const struct plan_iceberg_sink *sink = node->sink->iceberg;
    struct table_committer_options options = {
        .catalog_type = "hadoop",
        .warehouse = sink->config->warehouse,
        .database = sink->config->database,
        .table = sink->config->table,
        .table_uuid = sink->table_uuid,
        .lineage = metadata->lineage,
        .branch = "main",
        .job_id = metadata->job_id,
        .epoch = metadata->epoch,
    };
    struct table_committer *committer;
    enum status status = table_committer_open(submission->dispatcher->process, &options, &committer, error);
    if (status != STATUS_OK)
        return status;
    status = table_committer_last_committed(committer, INT64_MAX, ret_checkpoint_id, error);
    table_committer_free(committer);
    return status;
}

/* A new lineage commits nothing of the old one: all of that must be in the tables. */
static enum status check_committed(struct submission *submission, const struct checkpoint_metadata *metadata,
                                   struct error *error)
{
    for (size_t i = 0; i < metadata->num_committables; i++) {
        int64_t last = NO_CHECKPOINT;
        enum status status =
            read_old_lineage(submission, metadata, metadata->committables[i].sink_id, &last, error);
        if (status != STATUS_OK)
            return status;
        if (last < (int64_t)metadata->checkpoint_id)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "checkpoint %llu is not in all of its tables yet, and only its own lineage can "
                             "commit it: leave execution.lineage out, or restore one that is committed",
                             (unsigned long long)metadata->checkpoint_id);
    }
    return STATUS_OK;
}

/* State that no operator takes would be lost in silence, and its rows read or left out anew. */
static enum status check_fit(const struct submission *submission, struct found_checkpoints *found,
                             struct error *error)
{
    const struct plan_job_graph *graph = submission->graph;
    struct operator_ids ids;
    bool claims = false;
    operator_ids_init(&ids, graph);
    enum status status =
        job_claims_restored(graph, submission->dispatcher->options.configuration, &claims, error);
    if (status == STATUS_OK)
        status = found_checkpoints_adopt(found, graph, &ids, claims, error);
    operator_ids_free(&ids);
    return status;
}

/* A job that restores another one's checkpoint carries its lineage on, unless it asks for a new one. */
static enum status inherit_lineage(struct submission *submission, struct error *error)
{
    const char *path = submission->graph->configuration.restore_path;
    if (path == NULL)
        return STATUS_OK;
    struct checkpoint_search search = {.restore_path = path};
    struct found_checkpoints found = {0};
    enum status status = file_io_for_uri(path, &search.io, error);
    if (status == STATUS_OK)
        status = checkpoint_find(&search, &found, error);
    if (status == STATUS_OK)
        status = check_fit(submission, &found, error);
    if (status == STATUS_OK && submission->graph->configuration.new_lineage) {
        for (size_t i = 0; i < found.num_uncommitted && status == STATUS_OK; i++)
            status = check_committed(submission, found.uncommitted[i], error);
        if (status == STATUS_OK)
            status = check_committed(submission, found.latest, error);
    } else if (status == STATUS_OK) {
        snprintf(submission->stored.lineage, sizeof submission->stored.lineage, "%s", found.latest->lineage);
        snprintf(submission->stored.restored_job_id, sizeof submission->stored.restored_job_id, "%s",
                 found.latest->job_id);
    }
    found_checkpoints_free(&found);
    file_io_free(search.io);
    return status == STATUS_OK ? STATUS_OK : error_prefix(error, "execution.state-recovery.path");
}

void dispatcher_add_job(struct dispatcher *dispatcher, struct job *job)
{
    dispatcher->jobs = mem_realloc(dispatcher->jobs, (dispatcher->num_jobs + 1) * sizeof(void *));
    dispatcher->jobs[dispatcher->num_jobs++] = job;
    dispatcher->is_dirty = true;
}

static void run_submitted(struct dispatcher *dispatcher, struct event *event)
{
    struct submission *submission = (struct submission *)event;
    if (submission->status == STATUS_OK) {
        struct job *job = job_create(dispatcher, &submission->stored, submission->graph);
        submission->graph = NULL;
        dispatcher_add_job(dispatcher, job);
        dispatcher_log(dispatcher, LOG_INFO, "job submitted job=%s name=\"%s\" lineage=%s", job->id,
                       job->name, job->lineage);
        struct error error;
        if (job_start(job, false, JOB_INITIALIZING, &error) != STATUS_OK)
            job_fail_unstarted(job, &error);
        dispatcher_publish(dispatcher); /* who submitted may ask for the job at once */
    }
    submission->callback(submission->context, submission->status, submission->stored.job_id,
                         submission->status == STATUS_OK ? NULL : &submission->error);
    free_submission(submission);
}

/* On a worker. */
static void store_submission(void *context)
{
    struct submission *submission = context;
    struct dispatcher *dispatcher = submission->dispatcher;
    submission->status = inherit_lineage(submission, &submission->error);
    if (submission->status == STATUS_OK)
        submission->status =
            job_store_put_job(dispatcher->options.job_store, &submission->stored, &submission->error);
    dispatcher_post(dispatcher, &submission->event);
}

static void run_submit(struct dispatcher *dispatcher, struct event *event)
{
    struct submission *submission = (struct submission *)event;
    submission->event.run = run_submitted;
    io_pool_submit(dispatcher->io, hash_bytes(submission->stored.job_id, JOB_ID_BYTES), store_submission,
                   submission);
}

void dispatcher_submit_async(struct dispatcher *dispatcher, struct plan_job_graph *graph, const char *name,
                             dispatcher_callback *callback, void *context)
{
    struct error error;
    enum status status = check_graph(graph, &error);
    if (status != STATUS_OK) {
        callback(context, status, "", &error);
        plan_job_graph_free(graph);
        return;
    }
    struct submission *submission = mem_calloc(1, sizeof *submission);
    submission->event = (struct event){.run = run_submit, .drop = drop_submission};
    submission->dispatcher = dispatcher;
    submission->graph = graph;
    submission->callback = callback;
    submission->context = context;
    struct stored_job *stored = &submission->stored;
    struct uuid id = uuid_generate(), lineage = uuid_generate();
    uuid_format_hex(&id, stored->job_id);
    uuid_format(&lineage, stored->lineage);
    stored->name = mem_strdup(name != NULL ? name : graph->name);
    stored->failure = mem_strdup("");
    stored->submitted_ms = clock_wall_ms(&dispatcher->process->clock);
    plan_job_graph_encode(graph, &stored->graph);
    dispatcher_post(dispatcher, &submission->event);
}

static enum status recover_job(struct dispatcher *dispatcher, const struct stored_job *stored,
                               struct error *error)
{
    struct plan_job_graph *graph;
    enum status status = plan_job_graph_decode(stored->graph.data, stored->graph.size, &graph, error);
    if (status == STATUS_OK)
        status = check_graph(graph, error);
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
