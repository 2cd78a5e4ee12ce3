#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <string.h>

/* A segment in braces takes any text up to the next '/', and becomes a parameter. */
struct route {
    enum http_method method;
    const char *pattern;
    rest_handler *handler;
};

static const struct route routes[] = {
    {HTTP_GET, "/", rest_get_root},
    {HTTP_GET, "/overview", rest_get_overview},
    {HTTP_GET, "/config", rest_get_config},
    {HTTP_GET, "/taskmanagers", rest_get_taskmanagers},
    {HTTP_GET, "/metrics", rest_get_prometheus},
    {HTTP_GET, "/taskmanagers/metrics", rest_get_taskmanagers_metrics},
    {HTTP_GET, "/taskmanagers/{}", rest_get_taskmanager},
    {HTTP_GET, "/taskmanagers/{}/metrics", rest_get_taskmanager_metrics},
    {HTTP_GET, "/jobmanager/config", rest_get_jobmanager_config},
    {HTTP_GET, "/jobmanager/metrics", rest_get_jobmanager_metrics},
    {HTTP_GET, "/jobs", rest_get_jobs},
    {HTTP_GET, "/jobs/overview", rest_get_jobs_overview},
    {HTTP_GET, "/jobs/metrics", rest_get_jobs_metrics},
    {HTTP_GET, "/jobs/{}", rest_get_job},
    {HTTP_PATCH, "/jobs/{}", rest_cancel_job},
    {HTTP_POST, "/jobs/{}/cancel", rest_cancel_job},
    {HTTP_GET, "/jobs/{}/yarn-cancel", rest_cancel_job},
    {HTTP_PATCH, "/jobs/{}/cancel", rest_cancel_job},
    {HTTP_GET, "/jobs/{}/config", rest_get_job_config},
    {HTTP_GET, "/jobs/{}/status", rest_get_job_status},
    {HTTP_GET, "/jobs/{}/plan", rest_get_job_plan},
    {HTTP_GET, "/jobs/{}/metrics", rest_get_job_metrics},
    {HTTP_GET, "/jobs/{}/execution-result", rest_get_execution_result},
    {HTTP_GET, "/jobs/{}/exceptions", rest_get_job_exceptions},
    {HTTP_GET, "/jobs/{}/checkpoints", rest_get_checkpoints},
    {HTTP_POST, "/jobs/{}/checkpoints", rest_begin_checkpoint},
    {HTTP_GET, "/jobs/{}/checkpoints/config", rest_get_checkpoint_config},
    {HTTP_GET, "/jobs/{}/checkpoints/{}", rest_get_job_operation},
    {HTTP_POST, "/jobs/{}/savepoints", rest_begin_savepoint},
    {HTTP_GET, "/jobs/{}/savepoints/{}", rest_get_job_operation},
    {HTTP_POST, "/jobs/{}/stop", rest_begin_stop},
    {HTTP_POST, "/savepoint-disposal", rest_begin_disposal},
    {HTTP_GET, "/savepoint-disposal/{}", rest_get_disposal},
    {HTTP_GET, "/jobs/{}/checkpoints/details/{}", rest_get_checkpoint_details},
    {HTTP_GET, "/jobs/{}/checkpoints/details/{}/subtasks/{}", rest_get_checkpoint_subtasks},
    {HTTP_GET, "/jobs/{}/vertices/{}", rest_get_vertex},
    {HTTP_GET, "/jobs/{}/vertices/{}/metrics", rest_get_vertex_metrics},
    {HTTP_GET, "/jobs/{}/vertices/{}/subtasks/metrics", rest_get_subtask_metrics},
    {HTTP_GET, "/jobs/{}/vertices/{}/subtasks/{}/metrics", rest_get_one_subtask_metrics},
    {HTTP_GET, "/jobs/{}/vertices/{}/backpressure", rest_get_backpressure},
    {HTTP_GET, "/jobs/{}/vertices/{}/watermarks", rest_get_watermarks},
    {HTTP_GET, "/api_versions", rest_get_api_versions},
    {HTTP_GET, "/info", rest_get_info},
    {HTTP_POST, "/sessions", rest_open_session},
    {HTTP_GET, "/sessions/{}", rest_get_session},
    {HTTP_DELETE, "/sessions/{}", rest_close_session},
    {HTTP_POST, "/sessions/{}/heartbeat", rest_heartbeat},
    {HTTP_POST, "/sessions/{}/configure-session", rest_configure_session},
    {HTTP_POST, "/sessions/{}/statements", rest_execute_statement},
    {HTTP_GET, "/sessions/{}/operations/{}/status", rest_get_operation_status},
    {HTTP_POST, "/sessions/{}/operations/{}/cancel", rest_cancel_operation},
    {HTTP_DELETE, "/sessions/{}/operations/{}/close", rest_close_operation},
    {HTTP_GET, "/sessions/{}/operations/{}/result/{}", rest_fetch_results},
};

static bool matches(struct rest_call *call, const char *pattern)
{
    const char *path = call->path;
    size_t count = 0;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t size = strcspn(path, "/");
        if (size == 0 || count == REST_MAX_PARAMETERS)
            return false;
        call->parameters[count++] = arena_strndup(call->arena, path, size);
        path += size;
        pattern += 2;
    }
    return *path == '\0';
}

void rest_route(struct rest_call *call)
{
    bool is_known = false;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!matches(call, routes[i].pattern))
            continue;
        is_known = true;
        if (routes[i].method != call->method)
            continue;
        routes[i].handler(call);
        return;
    }
    const char *prefix = call->version[0] != '\0' ? "/" : "";
    if (is_known)
        rest_answer_error(call, MHD_HTTP_METHOD_NOT_ALLOWED, "Method not allowed: %s%s%s", prefix,
                          call->version, call->path);
    else
        rest_answer_error(call, MHD_HTTP_NOT_FOUND, "Not found: %s%s%s", prefix, call->version, call->path);
}
