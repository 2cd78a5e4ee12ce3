#pragma once

#include "jobmanager/planner/physical/physical.h"
#include "jobmanager/planner/physical/settings.h"

struct lowering {
    struct planning *planning;
    struct arena *arena;
    struct physical_plan *plan;
    struct physical_settings settings;
};

/* Expressions over a relation that are wanted of it: one for each field of output. */
struct wanted {
    const struct expression *filter; /* NULL: all rows */
    const struct expression *const *projections;
    const struct schema *output;
};

STATUS_MUST_CHECK enum status physical_create(struct lowering *lowering, enum physical_kind kind,
                                              const struct schema *schema, struct physical *const *inputs,
                                              size_t input_count, struct physical **ret_node);

/* Pulls what is wanted down through the projections and filters to the relation below them. */
STATUS_MUST_CHECK enum status lower_to_base(struct lowering *lowering, const struct relation **relation,
                                            struct wanted *wanted);
/* The columns of a relation that are read for what is wanted of it. */
bool *wanted_columns(struct lowering *lowering, const struct wanted *wanted, uint32_t width);
/* All expressions of the list, unfiltered. */
struct wanted wanted_list(struct lowering *lowering, const struct column_list *list);
/* What is wanted of a relation, of an operator whose column map[i] is column i of the relation. */
STATUS_MUST_CHECK enum status lower_mapped(struct lowering *lowering, struct physical *input,
                                           const uint32_t *map, struct wanted wanted,
                                           struct physical **ret_node);
/* The rows of relation, filtered and projected: pulls what is wanted down through the projections and filters
 * below, and puts what is left of it into a calc. */
STATUS_MUST_CHECK enum status lower(struct lowering *lowering, const struct relation *relation,
                                    struct wanted wanted, struct physical **ret_node);
/* All columns of relation as they are. */
STATUS_MUST_CHECK enum status lower_whole(struct lowering *lowering, const struct relation *relation,
                                          const struct schema *output, struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_calc(struct lowering *lowering, struct physical *input,
                                         struct wanted wanted, struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_scan(struct lowering *lowering, struct scan *scan, struct wanted wanted,
                                         struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_values(struct lowering *lowering, const struct relation *values,
                                           struct wanted wanted, struct physical **ret_node);

STATUS_MUST_CHECK enum status lower_aggregate(struct lowering *lowering, const struct relation *relation,
                                              struct wanted wanted, struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_row_number(struct lowering *lowering, const struct relation *relation,
                                               struct wanted wanted, struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_limit(struct lowering *lowering, const struct relation *relation,
                                          struct wanted wanted, struct physical **ret_node);
/* Brings the rows of equal keys, the first key_count columns, to one subtask; without keys all rows. */
STATUS_MUST_CHECK enum status lower_exchange(struct lowering *lowering, struct physical *input,
                                             uint32_t key_count, struct physical **ret_node);
/* Whether the rows of equal keys, the first key_count columns, are in one subtask already; without keys, all
 * rows. */
bool is_partitioned(const struct physical *node, uint32_t key_count);
/* The node has the rows of its keys, the first key_count columns, in one subtask. */
void set_partitioned(struct lowering *lowering, struct physical *node, uint32_t key_count);
/* A calc has its input's partitions where it hands on the columns that they are made of. */
void inherit_partitions(struct lowering *lowering, struct physical *calc);
STATUS_MUST_CHECK enum status lower_union(struct lowering *lowering, const struct relation *relation,
                                          struct wanted wanted, struct physical **ret_node);

STATUS_MUST_CHECK enum status lower_window(struct lowering *lowering, const struct relation *relation,
                                           struct wanted wanted, struct physical **ret_node);

/* "X doesn't support consuming update changes which is produced by node ...", where input gives some. */
enum status refuse_changes(struct lowering *lowering, const struct physical *input, const char *requester);
/* Asks for -U where somebody needs it; then every changelog is what it will be. */
void infer_update_before(const struct physical_plan *plan, bool is_explained);

/* Makes one of operators that do the same with the rows of the same inputs. */
void share_operators(struct physical_plan *plan);
/* Gives each operator its uid; the plan is complete. */
void identify_operators(struct lowering *lowering);
/* 32 hexadecimal digits. */
void hash_text(const struct buffer *text, char ret_digits[PLAN_UID_BYTES]);

/* Neither filters nor changes a column but for its name. */
bool calc_is_identity(const struct plan_calc *calc, const struct schema *input, const struct schema *output);
/* Leaves the columns that nobody reads out of the sources, and the calcs out that do nothing. */
void prune_scans(struct lowering *lowering);
