/* What was found of another job, as this one restores it. */
#include "jobmanager/dispatcher/dispatcher_internal.h"

static enum status adopt(struct checkpoint_metadata **metadata, const struct checkpoint_adoption *adoption,
                         struct error *error)
{
    struct checkpoint_metadata *adopted;
    enum status status = checkpoint_adopt(*metadata, adoption, &adopted, error);
    if (status != STATUS_OK)
        return status;
    checkpoint_metadata_unref(*metadata);
    *metadata = adopted;
    return STATUS_OK;
}

enum status found_checkpoints_adopt(struct found_checkpoints *found, const struct plan_job_graph *graph,
                                    const struct operator_ids *ids, bool claims_files, struct error *error)
{
    struct checkpoint_adoption adoption = {
        .claims_files = claims_files,
        .ids = ids,
        .folder = found->folder,
        .max_parallelism = graph->max_parallelism,
        .ignores_unclaimed_state = graph->configuration.ignores_unclaimed_state,
    };
    for (size_t v = 0; v < graph->vertex_count; v++)
        if (graph->vertices[v].parallelism > adoption.parallelism)
            adoption.parallelism = graph->vertices[v].parallelism;
    enum status status = found->is_own ? STATUS_OK : adopt(&found->latest, &adoption, error);
    if (status == STATUS_OK && found->claimed != NULL)
        status = adopt(&found->claimed, &adoption, error);
    for (size_t i = 0; i < found->num_uncommitted && status == STATUS_OK && !found->is_own; i++)
        status = adopt(&found->uncommitted[i], &adoption, error);
    return status;
}
