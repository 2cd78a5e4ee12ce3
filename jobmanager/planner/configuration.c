#include "jobmanager/planner/planner_internal.h"

#include <string.h>

const char *planner_setting(const struct planner_configuration *configuration, const char *key,
                            const char *fallback)
{
    for (size_t i = 0; i < configuration->count; i++) {
        if (strcmp(configuration->entries[i].key, key) == 0)
            return configuration->entries[i].value;
    }
    return fallback;
}

static const char *time_zone_setting(const struct planner_configuration *configuration)
{
    const char *name = planner_setting(configuration, "table.local-time-zone", "default");
    return strcmp(name, "default") == 0 ? "UTC" : name;
}

enum status planner_time_zone(const struct planner_configuration *configuration, struct time_zone **ret_zone,
                              struct error *error)
{
    enum status status = time_zone_create(time_zone_setting(configuration), ret_zone, error);
    return status == STATUS_OK ? status : error_prefix(error, "'table.local-time-zone'");
}

static enum status read_duration(const struct planner_configuration *configuration, const char *key,
                                 int64_t *value, struct error *error)
{
    const char *text = planner_setting(configuration, key, NULL);
    if (text != NULL && !connector_parse_duration_ms(text, value))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Invalid value '%s' for '%s': expected a duration like '10 s', '500ms' or '1 min'.",
                         text, key);
    return STATUS_OK;
}

static enum status read_integer(const struct planner_configuration *configuration, const char *key,
                                int64_t minimum, int64_t maximum, int64_t *value, struct error *error)
{
    const char *text = planner_setting(configuration, key, NULL);
    int64_t parsed = 0;
    if (text == NULL)
        return STATUS_OK;
    if (!connector_parse_integer(text, &parsed) || parsed < minimum || parsed > maximum)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Invalid value '%s' for '%s': expected a whole number from %lld to %lld.", text, key,
                         (long long)minimum, (long long)maximum);
    *value = parsed;
    return STATUS_OK;
}

/* table.exec.resource.default-parallelism goes before parallelism.default; -1 is Flink's for not set. */
static enum status read_parallelism(const struct planner_configuration *configuration,
                                    struct plan_job_graph *graph, struct error *error)
{
    enum { PARALLELISM_MAX = 32768 };
    int64_t table = -1;
    int64_t common = 1;
    int64_t maximum = 128;
    TRY(read_integer(configuration, "table.exec.resource.default-parallelism", -1, PARALLELISM_MAX, &table,
                     error));
    TRY(read_integer(configuration, "parallelism.default", 1, PARALLELISM_MAX, &common, error));
    TRY(read_integer(configuration, "pipeline.max-parallelism", -1, PARALLELISM_MAX, &maximum, error));
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
    TRY(read_duration(configuration, "execution.checkpointing.interval", &job->checkpoint_interval_ms,
                      error));
    TRY(read_duration(configuration, "execution.checkpointing.timeout", &job->checkpoint_timeout_ms, error));
    TRY(read_duration(configuration, "execution.checkpointing.min-pause", &job->min_pause_ms, error));
    TRY(read_integer(configuration, "execution.checkpointing.tolerable-failed-checkpoints", 0, INT32_MAX,
                     &tolerable, error));
    job->tolerable_failed_checkpoints = (int32_t)tolerable;
    job->local_time_zone = arena_strdup(arena, time_zone_setting(configuration));
    job->restart_strategy = copy_setting(configuration, arena, "restart-strategy.type", "restart-strategy");
    job->restore_path =
        copy_setting(configuration, arena, "execution.state-recovery.path", "execution.savepoint.path");
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
