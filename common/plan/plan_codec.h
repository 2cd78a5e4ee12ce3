#pragma once

#include "common/base/buffer.h"
#include "common/plan/job_graph.h"

/* A job graph as bytes (proto/job_graph.proto), for the job store and for deployment. */
void plan_job_graph_encode(const struct plan_job_graph *graph, struct buffer *out);
/* The bytes may come from anywhere: what does not hold together is STATUS_CORRUPT. */
STATUS_MUST_CHECK enum status plan_job_graph_decode(const void *data, size_t size,
                                                    struct plan_job_graph **ret_graph, struct error *error);
