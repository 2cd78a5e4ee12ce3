#include "common/plan/plan_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A job graph, as the job store and a deployment hold it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct plan_job_graph *graph = NULL;
    if (plan_job_graph_decode(data, size, &graph, &error) == STATUS_OK)
        plan_job_graph_free(graph);
    return 0;
}
