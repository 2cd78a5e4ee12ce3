/* What a session, or else the process, says of how a job is run and kept. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <string.h>
#include <strings.h>

enum { DEFAULT_TOLERABLE_FAILURES = 3 };

const char *job_setting(const struct plan_job_graph *graph, const struct configuration *configuration,
                        const char *key)
{
    for (size_t i = 0; i < graph->configuration.entry_count; i++)
        if (strcmp(graph->configuration.entries[i].key, key) == 0)
            return graph->configuration.entries[i].value;
    return configuration_text(configuration, key, NULL);
}

enum status job_keeps_checkpoints(const struct plan_job_graph *graph,
                                  const struct configuration *configuration, bool *ret_keeps,
                                  struct error *error)
{
    static const char key[] = "execution.checkpointing.externalized-checkpoint-retention";
    const char *value = job_setting(graph, configuration, key);
    if (value == NULL || strcasecmp(value, "NO_EXTERNALIZED_CHECKPOINTS") == 0 ||
        strcasecmp(value, "DELETE_ON_CANCELLATION") == 0)
        *ret_keeps = false;
    else if (strcasecmp(value, "RETAIN_ON_CANCELLATION") == 0)
        *ret_keeps = true;
    else
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s: '%s' is none of RETAIN_ON_CANCELLATION, DELETE_ON_CANCELLATION, "
                         "NO_EXTERNALIZED_CHECKPOINTS",
                         key, value);
    return STATUS_OK;
}

enum status job_claims_restored(const struct plan_job_graph *graph, const struct configuration *configuration,
                                bool *ret_claims, struct error *error)
{
    static const char key[] = "execution.state-recovery.claim-mode";
    const char *value = job_setting(graph, configuration, key);
    if (value == NULL || strcasecmp(value, "NO_CLAIM") == 0)
        *ret_claims = false;
    else if (strcasecmp(value, "CLAIM") == 0)
        *ret_claims = true;
    else
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s: '%s' is neither NO_CLAIM nor CLAIM", key,
                         value);
    return STATUS_OK;
}

char *job_checkpoint_directory(const struct configuration *configuration)
{
    const char *directory = configuration_text(configuration, "execution.checkpointing.dir", NULL);
    if (directory == NULL)
        directory = configuration_text(configuration, "state.checkpoints.dir", NULL);
    if (directory != NULL)
        return mem_strdup(directory);
    struct buffer text = {0};
    buffer_printf(&text, "%s/checkpoints",
                  configuration_text(configuration, "high-availability.storageDir", "."));
    return buffer_take(&text, NULL);
}

static enum status duration(const struct job *job, const char *key, int64_t given_ms, int64_t fallback_ms,
                            int64_t *ret_ms, struct error *error)
{
    if (given_ms >= 0) {
        *ret_ms = given_ms;
        return STATUS_OK;
    }
    return configuration_duration_ms(job->dispatcher->options.configuration, key, fallback_ms, ret_ms, error);
}

enum status job_read_checkpoint_settings(const struct job *job, struct coordinator_options *options,
                                         struct error *error)
{
    const struct configuration *configuration = job->dispatcher->options.configuration;
    const struct plan_job_configuration *given = &job->graph->configuration;
    int64_t tolerable = given->tolerable_failed_checkpoints, retained = 3;
    enum status status = duration(job, "execution.checkpointing.interval", given->checkpoint_interval_ms,
                                  10000, &options->interval_ms, error);
    if (status == STATUS_OK)
        status = duration(job, "execution.checkpointing.timeout", given->checkpoint_timeout_ms, 600000,
                          &options->timeout_ms, error);
    if (status == STATUS_OK)
        status = duration(job, "execution.checkpointing.min-pause", given->min_pause_ms, 0,
                          &options->min_pause_ms, error);
    if (status == STATUS_OK && tolerable < 0)
        status = configuration_integer(configuration, "execution.checkpointing.tolerable-failed-checkpoints",
                                       DEFAULT_TOLERABLE_FAILURES, 0, INT32_MAX, &tolerable, error);
    if (status == STATUS_OK)
        status = configuration_integer(configuration, "execution.checkpointing.num-retained", 3, 1, 100,
                                       &retained, error);
    if (status != STATUS_OK)
        return status;
    options->tolerable_failures = (uint32_t)tolerable;
    options->num_retained = (uint32_t)retained;
    options->max_uncommitted = MAX_UNCOMMITTED;
    options->rewinds = job->num_tables > 0;
    options->num_tasks = (uint32_t)job->num_executions;
    options->max_parallelism = job->graph->max_parallelism;
    options->name_space = job_store_name_space(job->dispatcher->options.job_store);
    options->job_id = job->id;
    options->lineage = job->lineage;
    options->epoch = job->dispatcher->epoch;
    return STATUS_OK;
}

static enum status read_restart_strategy(const struct job *job, struct scheduler_options *options,
                                         struct error *error)
{
    const struct configuration *configuration = job->dispatcher->options.configuration;
    const char *strategy = job->graph->configuration.restart_strategy;
    if (strategy == NULL)
        strategy = configuration_text(configuration, "restart-strategy.type", "exponential-delay");
    options->max_backoff_ms = 10000;
    options->min_backoff_ms = 100;
    if (strcmp(strategy, "none") == 0 || strcmp(strategy, "off") == 0 || strcmp(strategy, "disable") == 0) {
        options->strategy = RESTART_NONE;
        return STATUS_OK;
    }
    if (strcmp(strategy, "fixed-delay") == 0 || strcmp(strategy, "fixeddelay") == 0) {
        int64_t attempts = 1;
        options->strategy = RESTART_FIXED;
        enum status status = configuration_integer(configuration, "restart-strategy.fixed-delay.attempts", 1,
                                                   0, INT32_MAX, &attempts, error);
        if (status == STATUS_OK)
            status = configuration_duration_ms(configuration, "restart-strategy.fixed-delay.delay", 1000,
                                               &options->min_backoff_ms, error);
        options->max_attempts = (uint32_t)attempts;
        options->max_backoff_ms = options->min_backoff_ms;
        return status;
    }
    options->strategy = RESTART_EXPONENTIAL;
    enum status status =
        configuration_duration_ms(configuration, "restart-strategy.exponential-delay.initial-backoff", 100,
                                  &options->min_backoff_ms, error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(configuration, "restart-strategy.exponential-delay.max-backoff",
                                           10000, &options->max_backoff_ms, error);
    return status;
}

enum status job_read_restart_settings(const struct job *job, struct scheduler_options *options,
                                      struct error *error)
{
    enum status status =
        configuration_duration_ms(job->dispatcher->options.configuration, "task.cancellation.timeout",
                                  TASK_CANCEL_TIMEOUT_MS, &options->cancel_timeout_ms, error);
    if (status == STATUS_OK && options->cancel_timeout_ms == 0)
        options->cancel_timeout_ms = INT64_MAX; /* as long as it takes */
    return status == STATUS_OK ? read_restart_strategy(job, options, error) : status;
}
