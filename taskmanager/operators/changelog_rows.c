#include "taskmanager/operators/changelog_rows.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

void changelog_rows_init(struct changelog_rows *rows, const struct schema *output,
                         struct row_packer *const *packers, uint32_t num_parts, bool has_number)
{
    CHECK(num_parts >= 1 && num_parts <= CHANGELOG_MAX_PARTS);
    *rows = (struct changelog_rows){.output = output, .num_parts = num_parts, .has_number = has_number};
    uint32_t num_columns = has_number;
    for (uint32_t i = 0; i < num_parts; i++) {
        rows->packers[i] = packers[i];
        rows->parts[i] = mem_alloc(BATCH_MAX_ROWS * sizeof *rows->parts[i]);
        num_columns += packers[i]->num_columns;
    }
    CHECK(num_columns == output->num_fields);
    rows->kinds = mem_alloc(BATCH_MAX_ROWS);
    rows->numbers = mem_alloc(BATCH_MAX_ROWS * sizeof *rows->numbers);
}

void changelog_rows_free(struct changelog_rows *rows)
{
    for (uint32_t i = 0; i < rows->num_parts; i++)
        free(rows->parts[i]);
    free(rows->kinds);
    free(rows->numbers);
    *rows = (struct changelog_rows){0};
}

static uint8_t *copy_kinds(const struct changelog_rows *rows)
{
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->kinds[i] != ROW_INSERT)
            return mem_dup(rows->kinds, rows->count);
    return NULL;
}

enum status changelog_rows_make_batch(struct changelog_rows *rows, struct record_batch **ret_batch,
                                      struct error *error)
{
    if (rows->count == 0) {
        *ret_batch = NULL;
        return STATUS_OK;
    }
    struct record_batch *batch = record_batch_create(rows->output, rows->count);
    uint32_t column = 0;
    for (uint32_t i = 0; i < rows->num_parts; i++) {
        enum status status =
            row_packer_unpack(rows->packers[i], rows->parts[i], rows->count, batch->columns + column, error);
        if (status != STATUS_OK) {
            record_batch_free(batch);
            return status;
        }
        column += rows->packers[i]->num_columns;
    }
    if (rows->has_number) {
        struct vector *numbers = vector_create(rows->output->fields[column].type, rows->count);
        memcpy(numbers->values, rows->numbers, rows->count * sizeof *rows->numbers);
        numbers->length = rows->count;
        batch->columns[column] = numbers;
    }
    batch->row_kinds = copy_kinds(rows);
    rows->count = 0;
    *ret_batch = batch;
    return STATUS_OK;
}

enum operator_result changelog_rows_emit(struct changelog_rows *rows, struct operator_output *output,
                                         struct error *error)
{
    struct record_batch *batch;
    if (changelog_rows_make_batch(rows, &batch, error) != STATUS_OK)
        return OPERATOR_FAILED;
    return batch != NULL ? operator_output_emit(output, batch, error) : OPERATOR_DONE;
}

enum status changelog_check_inserts(const struct record_batch *batch, struct error *error)
{
    for (uint32_t i = 0; batch->row_kinds != NULL && i < batch->num_rows; i++)
        if (row_kind_retracts(batch->row_kinds[i]))
            return error_set(error, STATUS_INTERNAL,
                             "a row that takes another one back came where the plan has inserts only");
    return STATUS_OK;
}
