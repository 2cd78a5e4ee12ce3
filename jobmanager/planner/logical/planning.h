#pragma once

#include "common/base/clock.h"
#include "common/expression/time_zone.h"
#include "common/plan/job_graph.h"
#include "jobmanager/sql/catalog.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        enum status try_status_ = (call);                                                                    \
        if (try_status_ != STATUS_OK)                                                                        \
            return try_status_;                                                                              \
    } while (0)

/* The session's configuration, SET 'key' = 'value': sorted by key, the process's defaults already in it. */
struct planner_configuration {
    const struct plan_configuration_entry *entries;
    size_t count;
};

struct planner_context {
    struct sql_catalog *catalog;
    struct planner_configuration configuration;
    struct clock clock;
};

struct scan;

/* The names of WITH that a query sees: those of query up to visible, then those of outer. */
struct with_scope {
    const struct sql_query *query;
    size_t visible;
    const struct with_scope *outer;
};

/* The planning of one statement. Whatever is made on the way lives in the arena of the graph that comes out
 * of it, schemas are references that the graph holds. */
struct planning {
    const struct planner_context *context;
    struct plan_job_graph *graph;
    struct arena *arena; /* the graph's */
    struct time_zone *zone;
    struct error *error;
    bool is_explained;   /* the plan is only shown */
    struct scan **scans; /* the tables that are read, each once */
    size_t scan_count;
    const struct with_scope *with; /* of the query at hand; NULL when none */
    uint32_t query_depth;
    uint32_t view_depth;     /* views within views */
    const char *failed_view; /* the innermost one that has an error; NULL when none */
    uint32_t relation_count; /* bounded: a query that WITH doubles again and again must not fill memory */
};

/* Reads the session's time zone. Whatever it returns, planning_finish must follow. */
STATUS_MUST_CHECK enum status planning_start(struct planning *planning, const struct planner_context *context,
                                             struct error *error);
/* Frees all but the graph, and that too unless it is kept. */
void planning_finish(struct planning *planning, bool keep_graph);

/* "SQL validation failed. From line l, column c to line l, column c: message", and the error's position. */
enum status planner_error_at(struct error *error, const struct sql_span *span, enum status status,
                             const char *format, ...) PRINTF_LIKE(4, 5);
/* Puts the place before the message of a failed call. */
enum status planner_locate(struct error *error, const struct sql_span *span);

/* A session's key, or fallback. */
const char *planner_setting(const struct planner_configuration *configuration, const char *key,
                            const char *fallback);
/* These leave *value alone when the key is not set. */
STATUS_MUST_CHECK enum status planner_setting_duration_ms(const struct planner_configuration *configuration,
                                                          const char *key, int64_t *value,
                                                          struct error *error);
STATUS_MUST_CHECK enum status planner_setting_integer(const struct planner_configuration *configuration,
                                                      const char *key, int64_t minimum, int64_t maximum,
                                                      int64_t *value, struct error *error);
STATUS_MUST_CHECK enum status planner_setting_boolean(const struct planner_configuration *configuration,
                                                      const char *key, bool *value, struct error *error);
/* The name of the session's time zone. */
const char *planner_time_zone_name(const struct planner_configuration *configuration);
STATUS_MUST_CHECK enum status planner_time_zone(const struct planner_configuration *configuration,
                                                struct time_zone **ret_zone, struct error *error);
