#pragma once

#include "common/base/arena.h"
#include "jobmanager/rest/rest.h"

#include <jansson.h>
#include <pthread.h>

enum {
    REST_MAX_BODY_BYTES = 4 << 20,
    REST_MAX_CONNECTIONS = 512,
    REST_CONNECTION_TIMEOUT_S = 30,
    REST_MAX_PARAMETERS = 6,
};

#define FRAZIL_VERSION "0.1.0"
/* Flink clients decide by it what they may ask; it names the version whose REST API is spoken. */
#define FLINK_API_VERSION "2.1.0"

struct MHD_Connection;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE };

/*
 * One request. Made by the server's thread, which also runs its handler. A handler either answers before it
 * returns or calls rest_call_defer; then another thread answers, once.
 */
struct rest_call {
    struct rest_server *server;
    struct MHD_Connection *connection;
    struct arena *arena; /* as long as the call */
    enum http_method method;
    const char *path;                            /* without the version prefix */
    const char *version;                         /* "v1" to "v4", "" when the path had none */
    const char *parameters[REST_MAX_PARAMETERS]; /* of the path, in order */
    struct buffer body;
    bool is_too_large;
    bool is_routed;
    /* Under the server's mutex: */
    bool is_deferred; /* suspended, waits for rest_answer */
    bool is_answered;
    bool is_abandoned; /* its connection is gone: whoever answers frees it */
    unsigned status;
    char *text; /* the answer, owned */
    size_t text_size;
    const char *content_type;
};

struct rest_server {
    struct rest_options options;
    struct MHD_Daemon *daemon;
    char url[128];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned num_deferred; /* under mutex: suspended calls that nobody answered yet */
};

typedef void rest_handler(struct rest_call *call);

/* Takes over text, size bytes of it, from malloc. */
void rest_answer_text(struct rest_call *call, unsigned status, const char *content_type, char *text,
                      size_t size);
/* Takes over json. */
void rest_answer_json(struct rest_call *call, unsigned status, json_t *json);
/* {"errors": [...]}: a name as Flink's exceptions have it and the text. */
void rest_answer_error(struct rest_call *call, unsigned status, const char *format, ...) PRINTF_LIKE(3, 4);
/* 404 for NOT_FOUND, 400, 409, 503 or 500 for others. */
void rest_answer_failure(struct rest_call *call, const struct error *error);
/* From the handler: the answer comes from another thread by rest_answer_*. The connection is suspended. */
void rest_call_defer(struct rest_call *call);

/* NULL when absent. Lives with the call. */
const char *rest_query_parameter(struct rest_call *call, const char *name);
/* The body as a JSON object; answers 400 and returns NULL when it is none. An empty body is an empty object.
 */
json_t *rest_call_body(struct rest_call *call);

/* Finds and runs the handler, or answers 404 or 405. */
void rest_route(struct rest_call *call);

/* True when parameters[0] is a job id; answers 400 when it is none. */
bool rest_call_job_id(struct rest_call *call);
/* The job of parameters[0]; answers 400 or 404 and returns NULL when there is none. Unref it. */
const struct job_view *rest_call_job(struct rest_call *call);
/* The vertex of parameters[1], or answered as above. */
const struct vertex_view *rest_call_vertex(struct rest_call *call, const struct job_view *job);
int64_t rest_now_ms(const struct rest_call *call);

/* Runs show on the vertex that the path names, and answers with what it made. */
void rest_answer_of_vertex(struct rest_call *call,
                           json_t *(*show)(struct rest_call *call, const struct vertex_view *vertex));

/* {"id": id, "value": "..."} when the comma-separated names in wanted have it; wanted NULL: {"id": id}, as
 * the list of what there is. */
void rest_append_metric(json_t *list, const char *wanted, const char *id, double value);
void rest_format_metric(double value, char *text, size_t size);

/*
 * Metrics under Flink's names, of a subtask, of one operator in it, of a job, of a taskmanager: what REST
 * answers and what Prometheus reads are the same tables.
 */
struct subtask_metric {
    const char *name;
    double (*read)(const struct subtask_view *subtask, int64_t now_ms);
};
struct operator_metric {
    const char *name;
    double (*read)(const struct operator_metrics_view *metrics, int64_t now_ms);
};
struct job_metric {
    const char *name;
    double (*read)(const struct job_view *job, int64_t now_ms);
};
struct taskmanager_metric {
    const char *name; /* with dots; Prometheus has underscores */
    double (*read)(const struct taskmanager_view *taskmanager);
};
struct cluster_metric {
    const char *name;
    double (*read)(const struct cluster_view *cluster);
};
extern const struct subtask_metric rest_subtask_metrics[];
extern const struct operator_metric rest_operator_metrics[];
extern const struct job_metric rest_job_metrics[];
extern const struct taskmanager_metric rest_taskmanager_metrics[];
extern const struct cluster_metric rest_cluster_metrics[]; /* each ends with a name NULL */

/* Base 64 of what Java clients read as an org.apache.flink.util.SerializedThrowable. */
json_t *rest_serialized_throwable(const char *class_name, const char *message, const char *stack_trace);

/* cluster_routes.c */
rest_handler rest_get_overview, rest_get_config, rest_get_taskmanagers, rest_get_taskmanager,
    rest_get_jobmanager_config, rest_get_root;
const struct cluster_view *rest_cluster(struct rest_call *call); /* unref it */
const struct taskmanager_view *rest_find_taskmanager(const struct cluster_view *view, const char *id);
/* job_routes.c */
rest_handler rest_get_jobs, rest_get_jobs_overview, rest_get_job, rest_get_job_config, rest_get_job_status,
    rest_get_job_exceptions, rest_get_job_plan, rest_cancel_job, rest_get_execution_result;
/* vertex_routes.c */
rest_handler rest_get_vertex, rest_get_backpressure, rest_get_watermarks;
/* metric_routes.c */
rest_handler rest_get_vertex_metrics, rest_get_subtask_metrics, rest_get_one_subtask_metrics,
    rest_get_job_metrics, rest_get_jobs_metrics, rest_get_taskmanager_metrics, rest_get_taskmanagers_metrics,
    rest_get_jobmanager_metrics;
/* prometheus.c */
rest_handler rest_get_prometheus;
/* checkpoint_routes.c */
rest_handler rest_get_checkpoints, rest_get_checkpoint_config;
json_t *rest_checkpoint_to_json(const struct checkpoint_view *checkpoint);
/* checkpoint_details.c */
rest_handler rest_get_checkpoint_details, rest_get_checkpoint_subtasks;
/* savepoint_routes.c */
rest_handler rest_begin_savepoint, rest_begin_stop, rest_begin_checkpoint, rest_begin_disposal,
    rest_get_job_operation, rest_get_disposal;
/* result_json.c: row_format is JSON or PLAIN_TEXT */
json_t *rest_result_json(struct rest_call *call, struct gateway_page *page, const char *row_format);
/* gateway_routes.c */
rest_handler rest_get_api_versions, rest_get_info, rest_open_session, rest_get_session, rest_close_session,
    rest_heartbeat, rest_configure_session, rest_execute_statement, rest_get_operation_status,
    rest_cancel_operation, rest_close_operation, rest_fetch_results;
