/* What a job that restores another one's checkpoint takes over of its history, and must find there. */
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdio.h>

struct restoring {
    const struct dispatcher *dispatcher;
    const struct plan_job_graph *graph;
};

/* Reads how far the checkpoint's own lineage has come in the table of a sink. */
static enum status read_old_lineage(const struct restoring *restoring,
                                    const struct checkpoint_metadata *metadata, uint32_t sink_id,
                                    int64_t *ret_checkpoint_id, struct error *error)
{
    const struct plan_node *node =
        sink_id < restoring->graph->sink_count ? plan_job_graph_sink(restoring->graph, sink_id) : NULL;
    if (node == NULL || node->sink->kind != PLAN_SINK_ICEBERG)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "the checkpoint holds files for sink %u, which this job does not have", sink_id);
    const struct plan_iceberg_sink *sink = node->sink->iceberg;
    struct table_committer_options options =
        iceberg_sink_committer_options(sink, metadata->lineage, metadata->job_id);
    options.epoch = metadata->epoch;
    struct table_committer *committer;
    enum status status = table_committer_open(restoring->dispatcher->process, &options, &committer, error);
    if (status != STATUS_OK)
        return status;
    status = table_committer_last_committed(committer, INT64_MAX, ret_checkpoint_id, error);
    table_committer_free(committer);
    return status;
}

/* A new lineage commits nothing of the old one: all of that must be in the tables. */
static enum status check_committed(const struct restoring *restoring,
                                   const struct checkpoint_metadata *metadata, struct error *error)
{
    for (size_t i = 0; i < metadata->num_committables; i++) {
        int64_t last = NO_CHECKPOINT;
        enum status status =
            read_old_lineage(restoring, metadata, metadata->committables[i].sink_id, &last, error);
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
static enum status check_fit(const struct restoring *restoring, struct found_checkpoints *found,
                             struct error *error)
{
    const struct plan_job_graph *graph = restoring->graph;
    struct operator_ids ids;
    bool claims = false;
    operator_ids_init(&ids, graph);
    enum status status =
        job_claims_restored(graph, restoring->dispatcher->options.configuration, &claims, error);
    if (status == STATUS_OK)
        status = found_checkpoints_adopt(found, graph, &ids, claims, error);
    operator_ids_free(&ids);
    return status;
}

enum status stored_job_inherit_lineage(struct dispatcher *dispatcher, const struct plan_job_graph *graph,
                                       struct stored_job *stored, struct error *error)
{
    const char *path = graph->configuration.restore_path;
    if (path == NULL)
        return STATUS_OK;
    const struct restoring restoring = {dispatcher, graph};
    struct checkpoint_search search = {.restore_path = path};
    struct found_checkpoints found = {0};
    enum status status = file_io_for_uri(path, &search.io, error);
    if (status == STATUS_OK)
        status = checkpoint_find(&search, &found, error);
    if (status == STATUS_OK)
        status = check_fit(&restoring, &found, error);
    if (status == STATUS_OK && graph->configuration.new_lineage) {
        for (size_t i = 0; i < found.num_uncommitted && status == STATUS_OK; i++)
            status = check_committed(&restoring, found.uncommitted[i], error);
        if (status == STATUS_OK)
            status = check_committed(&restoring, found.latest, error);
    } else if (status == STATUS_OK) {
        snprintf(stored->lineage, sizeof stored->lineage, "%s", found.latest->lineage);
        snprintf(stored->restored_job_id, sizeof stored->restored_job_id, "%s", found.latest->job_id);
    }
    found_checkpoints_free(&found);
    file_io_free(search.io);
    return status == STATUS_OK ? STATUS_OK : error_prefix(error, "execution.state-recovery.path");
}
