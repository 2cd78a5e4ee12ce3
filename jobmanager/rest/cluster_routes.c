#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

const struct cluster_view *rest_cluster(struct rest_call *call)
{
    return dispatcher_cluster_view(call->server->options.dispatcher);
}

void rest_get_root(struct rest_call *call)
{
    rest_answer_json(call, MHD_HTTP_OK,
                     json_pack("{s:s,s:s,s:s}", "product", "Frazil", "version", FRAZIL_VERSION, "api",
                               "/overview, /jobs, /taskmanagers, /sessions, /metrics"));
}

void rest_get_overview(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    json_t *json = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:s}", "taskmanagers", (json_int_t)view->num_taskmanagers,
        "slots-total", (json_int_t)view->slots_total, "slots-available", (json_int_t)view->slots_free,
        "jobs-running", (json_int_t)view->jobs_running, "jobs-finished", (json_int_t)view->jobs_finished,
        "jobs-cancelled", (json_int_t)view->jobs_cancelled, "jobs-failed", (json_int_t)view->jobs_failed,
        "flink-version", FLINK_API_VERSION, "flink-commit", "frazil-" FRAZIL_VERSION);
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_config(struct rest_call *call)
{
    rest_answer_json(call, MHD_HTTP_OK,
                     json_pack("{s:i,s:s,s:i,s:s,s:s,s:{s:b,s:b,s:b,s:b}}", "refresh-interval", 3000,
                               "timezone-name", "Coordinated Universal Time", "timezone-offset", 0,
                               "flink-version", FLINK_API_VERSION, "flink-revision", "frazil-" FRAZIL_VERSION,
                               "features", "web-submit", 0, "web-cancel", 1, "web-rescale", 0, "web-history",
                               0));
}

/* A slot stands for one core; memory is not divided among slots. */
static json_t *resource_to_json(uint32_t slots)
{
    return json_pack("{s:f,s:i,s:i,s:i,s:i,s:{}}", "cpuCores", (double)slots, "taskHeapMemory", 0,
                     "taskOffHeapMemory", 0, "managedMemory", 0, "networkMemory", 0, "extendedResources");
}

static json_t *taskmanager_to_json(const struct taskmanager_view *view)
{
    return json_pack(
        "{s:s,s:s,s:s,s:I,s:i,s:I,s:I,s:I,s:I,s:o,s:o,s:{s:I,s:I,s:I,s:I},s:{s:I,s:I,s:I}}", "id", view->id,
        "path", view->address, "host", view->host, "dataPort", (json_int_t)view->data_port, "jmxPort", -1,
        "timeSinceLastHeartbeat", (json_int_t)view->last_heartbeat_ms, "slotsNumber",
        (json_int_t)view->slots_total, "freeSlots", (json_int_t)view->slots_free, "assignedTasks",
        (json_int_t)(view->slots_total - view->slots_free), "totalResource",
        resource_to_json(view->slots_total), "freeResource", resource_to_json(view->slots_free), "hardware",
        "cpuCores", (json_int_t)view->cpu_cores, "physicalMemory", (json_int_t)view->memory_bytes,
        "freeMemory", (json_int_t)0, "managedMemory", (json_int_t)0, "process", "pid", (json_int_t)view->pid,
        "residentBytes", (json_int_t)view->resident_bytes, "cpuTimeMs", (json_int_t)view->cpu_ms);
}

void rest_get_taskmanagers(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    json_t *list = json_array();
    for (size_t i = 0; i < view->num_taskmanagers; i++)
        json_array_append_new(list, taskmanager_to_json(&view->taskmanagers[i]));
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:o}", "taskmanagers", list));
}

const struct taskmanager_view *rest_find_taskmanager(const struct cluster_view *view, const char *id)
{
    for (size_t i = 0; i < view->num_taskmanagers; i++)
        if (strcmp(view->taskmanagers[i].id, id) == 0)
            return &view->taskmanagers[i];
    return NULL;
}

void rest_get_taskmanager(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    const struct taskmanager_view *taskmanager = rest_find_taskmanager(view, call->parameters[0]);
    json_t *json = taskmanager != NULL ? taskmanager_to_json(taskmanager) : NULL;
    cluster_view_unref(view);
    if (json != NULL)
        rest_answer_json(call, MHD_HTTP_OK, json);
    else
        rest_answer_error(call, MHD_HTTP_NOT_FOUND, "TaskManager %s could not be found.",
                          call->parameters[0]);
}

void rest_get_jobmanager_config(struct rest_call *call)
{
    const struct configuration *configuration = call->server->options.configuration;
    json_t *list = json_array();
    for (size_t i = 0; i < configuration_count(configuration); i++) {
        struct configuration_entry entry = configuration_at(configuration, i);
        json_array_append_new(list, json_pack("{s:s,s:s}", "key", entry.key, "value",
                                              configuration_is_secret(entry.key) ? "******" : entry.value));
    }
    rest_answer_json(call, MHD_HTTP_OK, list);
}
