#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/group_aggregate_internal.h"

#include <stdlib.h>

/* SELECT DISTINCT over inserts: a row goes on when its like is not in the state yet. Those that are there are
 * only looked up, and written again only where that makes them live longer. */

struct group_distinct {
    struct operator base;
    const struct plan_group_aggregate *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct row_packer *keys;
    struct keyed_state *state;
    uint32_t capacity; /* of the following */
    void **values;
    uint32_t *rows; /* that are new */
    struct bytes_view *new_keys;
    uint64_t *new_hashes;
};

static struct group_distinct *distinct_of(struct operator* base)
{
    return (struct group_distinct *)base;
}

static enum status distinct_open(struct operator* base, const struct operator_context *context,
                                 struct error *error)
{
    struct group_distinct *distinct = distinct_of(base);
    CHECK(context->num_outputs == 1 && context->keyed_state != NULL);
    distinct->context = context;
    distinct->keys = row_packer_create_for(distinct->input, distinct->plan->keys, distinct->plan->key_count);
    return group_aggregate_open_state(distinct->plan, distinct->keys, NULL, context,
                                      sizeof(struct group_head), &distinct->state, error);
}

static void ensure_capacity(struct group_distinct *distinct, uint32_t count)
{
    if (count <= distinct->capacity)
        return;
    distinct->values = mem_realloc(distinct->values, count * sizeof(void *));
    distinct->rows = mem_realloc(distinct->rows, count * sizeof *distinct->rows);
    distinct->new_keys = mem_realloc(distinct->new_keys, count * sizeof *distinct->new_keys);
    distinct->new_hashes = mem_realloc(distinct->new_hashes, count * sizeof *distinct->new_hashes);
    distinct->capacity = count;
}

/* Adds the keys that are not there; rows gets the first row of each. */
static enum status add_new(struct group_distinct *distinct, uint32_t num_missing, uint32_t *ret_count,
                           struct error *error)
{
    enum status status = keyed_state_access(distinct->state, KEYED_CREATE, distinct->new_keys,
                                            distinct->new_hashes, NULL, num_missing, distinct->values, error);
    if (status != STATUS_OK)
        return status;
    uint32_t count = 0;
    for (uint32_t i = 0; i < num_missing; i++) {
        struct group_head *head = distinct->values[i];
        if (head->is_there == 0)
            distinct->rows[count++] = distinct->rows[i];
        head->is_there = 1;
    }
    *ret_count = count;
    return STATUS_OK;
}

static enum status find_new(struct group_distinct *distinct, const struct record_batch *batch,
                            uint32_t *ret_count, struct error *error)
{
    ensure_capacity(distinct, batch->num_rows);
    row_packer_pack(distinct->keys, batch, distinct->plan->keys);
    enum keyed_access access = distinct->plan->state_ttl_ms > 0 ? KEYED_UPDATE : KEYED_FIND;
    enum status status =
        keyed_state_access(distinct->state, access, distinct->keys->rows, distinct->keys->hashes, NULL,
                           batch->num_rows, distinct->values, error);
    if (status != STATUS_OK)
        return status;
    uint32_t num_missing = 0;
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        if (distinct->values[i] != NULL)
            continue;
        distinct->new_keys[num_missing] = distinct->keys->rows[i];
        distinct->new_hashes[num_missing] = distinct->keys->hashes[i];
        distinct->rows[num_missing++] = i;
    }
    *ret_count = 0;
    status = num_missing > 0 ? add_new(distinct, num_missing, ret_count, error) : STATUS_OK;
    return status == STATUS_OK ? keyed_state_end_batch(distinct->state, error) : status;
}

static struct record_batch *new_rows(const struct group_distinct *distinct, const struct record_batch *batch,
                                     uint32_t count)
{
    struct record_batch *result = record_batch_create(distinct->output, count);
    for (uint32_t i = 0; i < distinct->plan->key_count; i++)
        result->columns[i] = vector_gather(batch->columns[distinct->plan->keys[i]], distinct->rows, count);
    return result;
}

static enum operator_result distinct_process_batch(struct operator* base, uint32_t input,
                                                   struct record_batch *batch, struct error *error)
{
    struct group_distinct *distinct = distinct_of(base);
    CHECK(input == 0);
    uint32_t count = 0;
    enum status status = changelog_check_inserts(batch, error);
    if (status == STATUS_OK)
        status = find_new(distinct, batch, &count, error);
    struct record_batch *result = status == STATUS_OK && count > 0 ? new_rows(distinct, batch, count) : NULL;
    record_batch_free(batch);
    if (status != STATUS_OK) {
        (void)error_prefix(error, "%s", distinct->context->operator_name);
        return OPERATOR_FAILED;
    }
    return result != NULL ? operator_output_emit(distinct->context->outputs[0], result, error)
                          : OPERATOR_DONE;
}

/* A batch makes one batch at most, so that nothing is ever left to do. */
static enum operator_result distinct_resume(struct operator* base, struct error *error)
{
    (void)base;
    (void)error;
    return OPERATOR_DONE;
}

static void distinct_close(struct operator* base)
{
    struct group_distinct *distinct = distinct_of(base);
    row_packer_free(distinct->keys);
    schema_unref(distinct->input);
    schema_unref(distinct->output);
    free(distinct->values);
    free(distinct->rows);
    free(distinct->new_keys);
    free(distinct->new_hashes);
    free(distinct);
}

static const struct operator_ops distinct_ops = {.open = distinct_open,
                                                 .process_batch = distinct_process_batch,
                                                 .resume = distinct_resume,
                                                 .close = distinct_close};

struct operator* group_distinct_create(const struct plan_group_aggregate *plan, const struct schema *input,
                                       const struct schema *output)
{
    CHECK(output->num_fields == plan->key_count);
    struct group_distinct *distinct = mem_calloc(1, sizeof *distinct);
    distinct->base.ops = &distinct_ops;
    distinct->plan = plan;
    distinct->input = schema_ref(input);
    distinct->output = schema_ref(output);
    return &distinct->base;
}
