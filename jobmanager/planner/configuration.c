#include "jobmanager/planner/planner_internal.h"

#include <string.h>

/* table.exec.resource.default-parallelism goes before parallelism.default; -1 is Flink's for not set. */
static enum status read_parallelism(const struct planner_configuration *configuration,
                                    struct plan_job_graph *graph, struct error *error)
{
    enum { PARALLELISM_MAX = 32768 };
    int64_t table = -1;
    int64_t common = 1;
    int64_t maximum = 128;
    TRY(planner_setting_integer(configuration, "table.exec.resource.default-parallelism", -1, PARALLELISM_MAX,
                                &table, error));
    TRY(planner_setting_integer(configuration, "parallelism.default", 1, PARALLELISM_MAX, &common, error));
    TRY(planner_setting_integer(configuration, "pipeline.max-parallelism", -1, PARALLELISM_MAX, &maximum,
                                error));
    graph->parallelism = (uint32_t)(table > 0 ? table : common);
    graph->max_parallelism = maximum > 0 ? (uint32_t)maximum : 128;
    if (graph->parallelism > graph->max_parallelism && maximum != 128)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The parallelism %u is greater than 'pipeline.max-parallelism', %u.",
                         graph->parallelism, graph->max_parallelism);
    if (graph->parallelism > graph->max_parallelism)
        graph->max_parallelism = graph->parallelism;
    return STATUS_OK;
}

static const char *copy_setting(const struct planner_configuration *configuration, struct arena *arena,
                                const char *key, const char *older_key)
{
    const char *value = planner_setting(configuration, key, NULL);
    if (value == NULL)
        value = planner_setting(configuration, older_key, NULL);
    return value == NULL ? NULL : arena_strdup(arena, value);
}

enum status planner_configure(const struct planner_configuration *configuration, struct plan_job_graph *graph,
                              struct error *error)
{
    struct plan_job_configuration *job = &graph->configuration;
    struct arena *arena = graph->arena;
    int64_t tolerable = -1;
    TRY(read_parallelism(configuration, graph, error));
    TRY(planner_setting_duration_ms(configuration, "execution.checkpointing.interval",
                                    &job->checkpoint_interval_ms, error));
    TRY(planner_setting_duration_ms(configuration, "execution.checkpointing.timeout",
                                    &job->checkpoint_timeout_ms, error));
    TRY(planner_setting_duration_ms(configuration, "execution.checkpointing.min-pause", &job->min_pause_ms,
                                    error));
    TRY(planner_setting_integer(configuration, "execution.checkpointing.tolerable-failed-checkpoints", 0,
                                INT32_MAX, &tolerable, error));
    job->tolerable_failed_checkpoints = (int32_t)tolerable;
    job->local_time_zone = arena_strdup(arena, planner_time_zone_name(configuration));
    job->restart_strategy = copy_setting(configuration, arena, "restart-strategy.type", "restart-strategy");
    job->restore_path =
        copy_setting(configuration, arena, "execution.state-recovery.path", "execution.savepoint.path");
    TRY(planner_setting_boolean(configuration, "execution.savepoint.ignore-unclaimed-state",
                                &job->ignores_unclaimed_state, error));
    TRY(planner_setting_boolean(configuration, "execution.state-recovery.ignore-unclaimed-state",
                                &job->ignores_unclaimed_state, error));
    job->new_lineage = strcmp(planner_setting(configuration, "execution.lineage", ""), "new") == 0;
    struct plan_configuration_entry *entries = arena_calloc(arena, configuration->count + 1, sizeof *entries);
    for (size_t i = 0; i < configuration->count; i++) {
        entries[i].key = arena_strdup(arena, configuration->entries[i].key);
        entries[i].value = arena_strdup(arena, configuration->entries[i].value);
    }
    job->entries = entries;
    job->entry_count = configuration->count;
    return STATUS_OK;
}
