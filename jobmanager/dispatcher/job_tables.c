/* The tables that a job commits to. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/io_request.h"

#include <stdlib.h>
#include <string.h>

/* UUID and place: a table that was copied with its folder has the UUID of the first. */
static bool is_same_table(const struct plan_iceberg_sink *a, const struct plan_iceberg_sink *b)
{
    return strcmp(a->table_uuid, b->table_uuid) == 0 && strcmp(a->table_location, b->table_location) == 0;
}

/* NULL: it is another kind of sink. */
static const struct plan_iceberg_sink *iceberg_sink(const struct job *job, uint32_t sink_id)
{
    const struct plan_node *node =
        sink_id < job->graph->sink_count ? plan_job_graph_sink(job->graph, sink_id) : NULL;
    return node != NULL && node->sink->kind == PLAN_SINK_ICEBERG ? node->sink->iceberg : NULL;
}

int32_t job_table_of_sink(const struct job *job, uint32_t sink_id)
{
    const struct plan_iceberg_sink *sink = iceberg_sink(job, sink_id);
    for (uint32_t t = 0; t < job->num_tables && sink != NULL; t++)
        if (is_same_table(job->tables[t].sink, sink))
            return (int32_t)t;
    return -1;
}

void job_gather_tables(struct job *job)
{
    job->tables = mem_calloc(job->graph->sink_count + 1, sizeof *job->tables);
    for (uint32_t s = 0; s < job->graph->sink_count; s++) {
        const struct plan_iceberg_sink *sink = iceberg_sink(job, s);
        if (sink == NULL || job_table_of_sink(job, s) >= 0)
            continue;
        struct buffer name = {0};
        buffer_printf(&name, "%s.%s in %s", sink->config->database, sink->config->table,
                      sink->config->warehouse);
        job->tables[job->num_tables++] =
            (struct job_table){.name = buffer_take(&name, NULL), .sink_id = s, .sink = sink};
    }
}

struct table_committer_options iceberg_sink_committer_options(const struct plan_iceberg_sink *sink,
                                                              const char *lineage, const char *job_id)
{
    return (struct table_committer_options){
        .catalog_type = "hadoop",
        .warehouse = sink->config->warehouse,
        .database = sink->config->database,
        .table = sink->config->table,
        .table_uuid = sink->table_uuid,
        .lineage = lineage,
        .branch = "main",
        .job_id = job_id,
    };
}

enum status job_open_tables(struct job *job, struct error *error)
{
    for (uint32_t t = 0; t < job->num_tables; t++) {
        struct table_committer_options options =
            iceberg_sink_committer_options(job->tables[t].sink, job->lineage, job->id);
        options.epoch = job->dispatcher->epoch;
        enum status status =
            table_committer_open(job->dispatcher->process, &options, &job->tables[t].committer, error);
        if (status != STATUS_OK)
            return error_prefix(error, "table %s", job->tables[t].name);
    }
    return STATUS_OK;
}

/* On a worker. One that reserved no ids took no checkpoint: what its operators refused, for example. */
static enum status left_nothing(void *context, const char *job_id, bool *ret_left_nothing,
                                struct error *error)
{
    const struct job *job = context;
    struct job_store *store = job->dispatcher->options.job_store;
    struct stored_job other;
    uint64_t ids_until = 0;
    enum status status = job_store_get_job(store, job_id, &other, error);
    *ret_left_nothing = false;
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    enum job_state state;
    bool is_over = job_state_parse(other.state, &state) && job_state_is_terminal(state);
    bool is_sibling = strcmp(other.restored_job_id, job->restored_job_id) == 0;
    stored_job_free(&other);
    status = job_store_max_ids(store, job_id, &ids_until, error);
    *ret_left_nothing = status == STATUS_OK && is_over && is_sibling && ids_until == 1;
    return status;
}

static enum status work_claim(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    const struct lineage_predecessors predecessors = {job->restored_job_id, left_nothing, job};
    return table_committer_claim(job->tables[request->table].committer,
                                 job->restored_job_id[0] == '\0' ? NULL : &predecessors, error);
}

static void done_claim(struct job *job, struct io_request *request, const struct error *failure)
{
    job_master_claimed(job->master, request->table, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_claim(void *context, uint32_t table)
{
    struct io_request *request = io_request_create(context);
    request->work = work_claim;
    request->done = done_claim;
    request->table = table;
    io_request_begin(request, LANE_TABLE);
}

static enum status work_read_last(struct io_request *request, struct error *error)
{
    int64_t restored = request->number;
    return table_committer_last_committed(request->job->tables[request->table].committer, restored,
                                          &request->number, error);
}

static void done_read_last(struct job *job, struct io_request *request, const struct error *failure)
{
    job_master_read(job->master, request->table, request->number, failure,
                    dispatcher_now_ms(job->dispatcher));
}

static void on_read_last(void *context, uint32_t table, int64_t restored_checkpoint_id)
{
    struct io_request *request = io_request_create(context);
    request->work = work_read_last;
    request->done = done_read_last;
    request->table = table;
    request->number = restored_checkpoint_id;
    io_request_begin(request, LANE_TABLE);
}

static enum status work_commit(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    const struct checkpoint_metadata *metadata = request->metadata;
    struct bytes_view *committables = mem_calloc(metadata->num_committables + 1, sizeof *committables);
    uint32_t count = 0;
    for (size_t i = 0; i < metadata->num_committables; i++)
        if (job_table_of_sink(job, metadata->committables[i].sink_id) == (int32_t)request->table)
            committables[count++] = metadata->committables[i].content;
    enum status status = table_committer_commit(job->tables[request->table].committer, request->number,
                                                committables, count, &request->result, error);
    free(committables);
    return status;
}

static void done_commit(struct job *job, struct io_request *request, const struct error *failure)
{
    if (failure == NULL)
        dispatcher_log(job->dispatcher, LOG_INFO,
                       "committed job=%s checkpoint=%lld table=\"%s\" snapshot=%lld files=%llu records=%llu "
                       "attempts=%u micros=%lld",
                       job->id, (long long)request->number, job->tables[request->table].name,
                       (long long)request->result.snapshot_id, (unsigned long long)request->result.num_files,
                       (unsigned long long)request->result.num_records, request->result.attempts,
                       (long long)request->result.duration_us);
    else
        dispatcher_log(job->dispatcher, LOG_WARN, "commit failed job=%s checkpoint=%lld table=\"%s\": %s",
                       job->id, (long long)request->number, job->tables[request->table].name,
                       failure->message);
    int64_t snapshot = failure == NULL ? request->result.snapshot_id : -1;
    job_master_table_committed(job->master, request->table, (uint64_t)request->number, snapshot, failure,
                               dispatcher_now_ms(job->dispatcher));
}

static void on_commit(void *context, uint32_t table, struct checkpoint_metadata *metadata)
{
    struct io_request *request = io_request_create(context);
    request->work = work_commit;
    request->done = done_commit;
    request->table = table;
    request->number = (int64_t)metadata->checkpoint_id;
    request->metadata = checkpoint_metadata_ref(metadata);
    io_request_begin(request, LANE_TABLE);
}

void job_table_operations(struct job_operations *operations)
{
    operations->claim = on_claim;
    operations->read_last = on_read_last;
    operations->commit = on_commit;
}
