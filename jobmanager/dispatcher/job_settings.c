/* What a session, or else the process, says of how a job is kept. */
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <strings.h>

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
