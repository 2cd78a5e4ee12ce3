#include "jobmanager/planner/physical/settings.h"

#include <strings.h>

enum { DEFAULT_BATCH_ROWS = 100000 };

static enum status read_mini_batch(struct planning *planning, struct physical_settings *settings)
{
    const struct planner_configuration *configuration = &planning->context->configuration;
    struct error *error = planning->error;
    int64_t latency_ms = 0;
    bool enabled = false;
    settings->mini_batch_rows = DEFAULT_BATCH_ROWS;
    TRY(planner_setting_boolean(configuration, "table.exec.mini-batch.enabled", &enabled, error));
    TRY(planner_setting_duration_ms(configuration, "table.exec.mini-batch.allow-latency", &latency_ms,
                                    error));
    TRY(planner_setting_integer(configuration, "table.exec.mini-batch.size", 1, INT64_MAX,
                                &settings->mini_batch_rows, error));
    if (enabled && latency_ms <= 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'table.exec.mini-batch.allow-latency' must be greater than 0 when "
                         "'table.exec.mini-batch.enabled' is true: SET it to '2 s', for example.");
    settings->mini_batch_ms = enabled ? latency_ms : 0;
    return STATUS_OK;
}

static enum status read_phases(struct planning *planning, struct physical_settings *settings)
{
    const char *key = "table.optimizer.agg-phase-strategy";
    const char *value = planner_setting(&planning->context->configuration, key, "AUTO");
    settings->one_phase = strcasecmp(value, "ONE_PHASE") == 0;
    if (settings->one_phase || strcasecmp(value, "AUTO") == 0 || strcasecmp(value, "TWO_PHASE") == 0)
        return STATUS_OK;
    return error_set(planning->error, STATUS_INVALID_ARGUMENT,
                     "Invalid value '%s' for '%s': expected AUTO, ONE_PHASE or TWO_PHASE.", value, key);
}

/* Windows give their rows once, at their end. */
static enum status refuse_early_rows(struct planning *planning)
{
    static const char *const keys[] = {"table.exec.emit.early-fire.enabled",
                                       "table.exec.emit.late-fire.enabled"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        bool enabled = false;
        TRY(planner_setting_boolean(&planning->context->configuration, keys[i], &enabled, planning->error));
        if (enabled)
            return error_set(planning->error, STATUS_UNSUPPORTED,
                             "'%s' is not supported yet: a window gives its rows once, at its end. Unset it, "
                             "or use a CUMULATE window.",
                             keys[i]);
    }
    int64_t lateness_ms = 0;
    TRY(planner_setting_duration_ms(&planning->context->configuration, "table.exec.emit.allow-lateness",
                                    &lateness_ms, planning->error));
    if (lateness_ms > 0)
        return error_set(
            planning->error, STATUS_UNSUPPORTED,
            "'table.exec.emit.allow-lateness' is not supported yet: let the watermark wait longer "
            "(WATERMARK FOR ts AS ts - INTERVAL ...), or take late rows by 'late-records.topic'.");
    return STATUS_OK;
}

enum status physical_settings_read(struct planning *planning, struct physical_settings *ret_settings)
{
    const struct planner_configuration *configuration = &planning->context->configuration;
    struct physical_settings settings = {.state_ttl_ms = 0};
    settings.time_zone = arena_strdup(planning->arena, planner_time_zone_name(configuration));
    TRY(planner_setting_duration_ms(configuration, "table.exec.state.ttl", &settings.state_ttl_ms,
                                    planning->error));
    TRY(read_mini_batch(planning, &settings));
    TRY(read_phases(planning, &settings));
    TRY(refuse_early_rows(planning));
    *ret_settings = settings;
    return STATUS_OK;
}
