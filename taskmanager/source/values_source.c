#include "taskmanager/source/values_source.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { VALUES_STATE_VERSION = 1 };
static const char values_state_name[] = "next-row";

/* Invariant: rows before next_row were emitted; a reader without rows of its own has next_row at the end. */
struct values_source {
    struct source_reader base;
    const struct plan_node *node;
    uint32_t subtask;
    uint64_t next_row;
    bool has_state; /* the one reader that makes the rows */
};

static enum status values_open(struct source_reader *reader, const struct operator_context *context,
                               struct error *error)
{
    (void)error;
    ((struct values_source *)reader)->subtask = context->subtask;
    return STATUS_OK;
}

static enum status values_restore(struct source_reader *reader, const struct operator_state *state,
                                  bool is_restored, struct error *error)
{
    struct values_source *source = (struct values_source *)reader;
    source->has_state = !is_restored && source->subtask == 0;
    source->next_row = source->has_state ? 0 : source->node->source->value_row_count;
    const struct list_state *list = operator_state_find(state, values_state_name);
    if (list == NULL || list->num_items == 0)
        return STATUS_OK;
    const struct buffer *item = &list->items[0];
    if (list->version != VALUES_STATE_VERSION || item->size != sizeof source->next_row)
        return error_set(error, STATUS_CORRUPT, "the state of %s is of version %u, known is %d",
                         source->node->name, list->version, VALUES_STATE_VERSION);
    memcpy(&source->next_row, item->data, sizeof source->next_row);
    source->has_state = true;
    if (source->next_row > source->node->source->value_row_count)
        return error_set(error, STATUS_CORRUPT, "the state of %s is beyond its last row", source->node->name);
    return STATUS_OK;
}

/* The literals live as long as the node, so their text is not copied. */
static struct vector *make_column(const struct values_source *source, uint32_t field, uint64_t first,
                                  uint32_t count)
{
    const struct schema *schema = source->node->schema;
    struct data_type type = schema->fields[field].type;
    size_t width = data_type_width(type.kind);
    struct vector *column = vector_create(type, count);
    column->length = count;
    memset(column->values, 0, width * count);
    for (uint32_t i = 0; i < count; i++) {
        const struct expression *literal =
            source->node->source->values[(first + i) * schema->num_fields + field];
        CHECK(literal->kind == EXPRESSION_LITERAL);
        if (literal->value == NULL || type.kind == TYPE_NULL) {
            vector_set_null(column, i);
            continue;
        }
        CHECK(literal->type.kind == type.kind);
        memcpy((char *)column->values + i * width, literal->value, width);
    }
    return column;
}

static enum source_result values_poll(struct source_reader *reader, int64_t max_wait_ms,
                                      struct record_batch **ret_batch, struct error *error)
{
    (void)max_wait_ms;
    (void)error;
    struct values_source *source = (struct values_source *)reader;
    uint64_t left = source->node->source->value_row_count - source->next_row;
    if (left == 0)
        return SOURCE_ENDED;
    uint32_t count = left < BATCH_MAX_ROWS ? (uint32_t)left : BATCH_MAX_ROWS;
    struct record_batch *batch = record_batch_create(source->node->schema, count);
    for (uint32_t i = 0; i < source->node->schema->num_fields; i++)
        batch->columns[i] = make_column(source, i, source->next_row, count);
    source->next_row += count;
    *ret_batch = batch;
    return SOURCE_BATCH;
}

static enum status values_snapshot(struct source_reader *reader, uint64_t checkpoint_id,
                                   struct operator_snapshot *snapshot, struct error *error)
{
    (void)checkpoint_id;
    (void)error;
    const struct values_source *source = (const struct values_source *)reader;
    struct list_state *list =
        operator_state_add_list(&snapshot->state, values_state_name, LIST_STATE_SPLIT, VALUES_STATE_VERSION);
    if (source->has_state)
        list_state_append(list, &source->next_row, sizeof source->next_row);
    return STATUS_OK;
}

static void values_close(struct source_reader *reader)
{
    free(reader);
}

static const struct source_reader_ops values_ops = {
    .open = values_open,
    .restore = values_restore,
    .poll = values_poll,
    .snapshot_state = values_snapshot,
    .close = values_close,
};

struct source_reader *values_source_create(const struct plan_node *node)
{
    CHECK(node->kind == PLAN_SOURCE && node->source->kind == PLAN_SOURCE_VALUES);
    struct values_source *source = mem_calloc(1, sizeof *source);
    source->base.ops = &values_ops;
    source->node = node;
    return &source->base;
}
