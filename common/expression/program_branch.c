#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/program_internal.h"
#include "common/expression/truth.h"

#include <stdlib.h>

/* Everything a branching form needs while it runs. pending are the rows still without a result. */
struct branching {
    const struct instruction *instruction;
    struct vector *const *registers;
    const struct frame *frame;
    size_t num_words;
    uint64_t *pending; /* num_words each, one allocation */
    uint64_t *is_true;
    uint64_t *is_false;
    uint64_t *selected;
    uint32_t *rows; /* selected rows of the frame, num_rows */
};

static void branching_init(struct branching *branching, const struct instruction *instruction,
                           struct vector *const *registers, const struct frame *frame)
{
    size_t words = validity_words(frame->num_rows);
    *branching = (struct branching){
        .instruction = instruction, .registers = registers, .frame = frame, .num_words = words};
    branching->pending = mem_calloc(words * 4 + 1, sizeof(uint64_t));
    branching->is_true = branching->pending + words;
    branching->is_false = branching->is_true + words;
    branching->selected = branching->is_false + words;
    branching->rows = mem_alloc((frame->num_rows + 1) * sizeof *branching->rows);
    truth_fill(branching->pending, frame->num_rows);
}

static void branching_free(struct branching *branching)
{
    free(branching->pending);
    free(branching->rows);
}

/* An operand's values: those of all rows of the frame, or (dense) only those of branching->rows[count]. */
struct branch_values {
    struct vector *vector; /* owned reference */
    bool dense;
};

static enum status run_lazy(struct branching *branching, struct block *block, uint32_t count,
                            struct vector **ret_vector, struct error *error)
{
    const struct frame *frame = branching->frame;
    uint32_t *absolute = NULL;
    struct frame narrow = *frame;
    narrow.num_rows = count;
    if (count < frame->num_rows) {
        narrow.rows = branching->rows;
        if (frame->rows != NULL) {
            absolute = mem_alloc(count * sizeof *absolute);
            for (uint32_t i = 0; i < count; i++)
                absolute[i] = frame->rows[branching->rows[i]];
            narrow.rows = absolute;
        }
    }
    enum status status = block_run(block, &narrow, error);
    free(absolute);
    if (status != STATUS_OK)
        return status;
    *ret_vector = vector_ref(block->registers[block->roots[0]]);
    block_clear(block);
    return STATUS_OK;
}

static enum status operand_values(struct branching *branching, const struct operand *operand, uint32_t count,
                                  struct branch_values *ret_values, struct error *error)
{
    if (operand->lazy == NULL) {
        *ret_values = (struct branch_values){.vector = vector_ref(branching->registers[operand->index])};
        return STATUS_OK;
    }
    struct vector *vector;
    enum status status = run_lazy(branching, operand->lazy, count, &vector, error);
    if (status != STATUS_OK)
        return status;
    *ret_values = (struct branch_values){.vector = vector, .dense = true};
    return STATUS_OK;
}

/* Truth of an operand for the pending rows, into is_true and is_false; other rows are in neither. */
static enum status operand_truth(struct branching *branching, const struct operand *operand,
                                 struct error *error)
{
    struct branch_values values;
    uint32_t count = 0;
    if (operand->lazy != NULL)
        count = truth_rows(branching->pending, branching->frame->num_rows, branching->rows);
    enum status status = operand_values(branching, operand, count, &values, error);
    if (status != STATUS_OK)
        return status;
    if (!values.dense) {
        truth_of_vector(values.vector, branching->frame->num_rows, branching->is_true, branching->is_false);
        for (size_t i = 0; i < branching->num_words; i++) {
            branching->is_true[i] &= branching->pending[i];
            branching->is_false[i] &= branching->pending[i];
        }
    } else {
        memset(branching->is_true, 0, branching->num_words * sizeof(uint64_t));
        memset(branching->is_false, 0, branching->num_words * sizeof(uint64_t));
        for (uint32_t i = 0; i < count; i++)
            if (!vector_is_null(values.vector, i))
                validity_set(*(const uint8_t *)vector_value(values.vector, i) ? branching->is_true
                                                                              : branching->is_false,
                             branching->rows[i]);
    }
    vector_unref(values.vector);
    return STATUS_OK;
}

static bool any_bit(const uint64_t *bits, size_t num_words)
{
    uint64_t any = 0;
    for (size_t i = 0; i < num_words; i++)
        any |= bits[i];
    return any != 0;
}

/* AND is decided for a row by the first FALSE, OR by the first TRUE; a row never decided and never NULL has
 * the other value. */
static enum status run_logic(struct branching *branching, bool is_and, struct vector **ret_vector,
                             struct error *error)
{
    size_t words = branching->num_words;
    uint64_t *unknown = mem_calloc(words + 1, sizeof *unknown);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < branching->instruction->num_operands; i++) {
        if (!any_bit(branching->pending, words))
            break;
        status = operand_truth(branching, &branching->instruction->operands[i], error);
        if (status != STATUS_OK)
            break;
        const uint64_t *decisive = is_and ? branching->is_false : branching->is_true;
        for (size_t w = 0; w < words; w++) {
            unknown[w] |= branching->pending[w] & ~(branching->is_true[w] | branching->is_false[w]);
            branching->pending[w] &= ~decisive[w];
        }
    }
    if (status == STATUS_OK) {
        uint64_t *decided = branching->selected;
        truth_fill(decided, branching->frame->num_rows);
        for (size_t w = 0; w < words; w++) {
            decided[w] &= ~branching->pending[w];
            branching->pending[w] &= ~unknown[w];
        }
        *ret_vector =
            truth_to_vector(branching->instruction->type, branching->frame->num_rows,
                            is_and ? branching->pending : decided, is_and ? decided : branching->pending);
    }
    free(unknown);
    return status;
}

static void keep_text(struct vector *result, const struct vector *source)
{
    if (!data_type_is_string(result->type.kind))
        return;
    string_heap_keep(vector_ensure_heap(result), source->heap);
    if (source->encoding == VECTOR_DICTIONARY)
        string_heap_keep(result->heap, source->dictionary->heap);
}

/* Copies the values of the first count of branching->rows to their places. */
static void place_values(const struct branching *branching, const struct branch_values *values,
                         uint32_t count, struct vector *result)
{
    const struct vector *source = values->vector;
    size_t width = data_type_width(result->type.kind);
    CHECK(source->type.kind == result->type.kind || source->type.kind == TYPE_NULL);
    keep_text(result, source);
    char *target = result->values;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = branching->rows[i];
        uint32_t from = values->dense ? i : row;
        if (vector_is_null(source, from)) {
            vector_set_null(result, row);
            continue;
        }
        const void *value = vector_value(source, from);
        switch (width) {
        case 1: target[row] = *(const char *)value; break;
        case 4: memcpy(target + (size_t)row * 4, value, 4); break;
        case 8: memcpy(target + (size_t)row * 8, value, 8); break;
        default: memcpy(target + (size_t)row * 16, value, 16); break;
        }
    }
}

/* The operand's values for the selected rows. */
static enum status place_operand(struct branching *branching, const struct operand *operand,
                                 struct vector *result, struct error *error)
{
    uint32_t count = truth_rows(branching->selected, branching->frame->num_rows, branching->rows);
    if (count == 0)
        return STATUS_OK;
    struct branch_values values;
    enum status status = operand_values(branching, operand, count, &values, error);
    if (status != STATUS_OK)
        return status;
    place_values(branching, &values, count, result);
    vector_unref(values.vector);
    return STATUS_OK;
}

static enum status run_case(struct branching *branching, struct vector *result, struct error *error)
{
    const struct instruction *instruction = branching->instruction;
    uint32_t last = instruction->num_operands - 1;
    for (uint32_t i = 0; i < last; i += 2) {
        if (!any_bit(branching->pending, branching->num_words))
            return STATUS_OK;
        enum status status = operand_truth(branching, &instruction->operands[i], error);
        if (status != STATUS_OK)
            return status;
        for (size_t w = 0; w < branching->num_words; w++) {
            branching->selected[w] = branching->is_true[w];
            branching->pending[w] &= ~branching->is_true[w];
        }
        status = place_operand(branching, &instruction->operands[i + 1], result, error);
        if (status != STATUS_OK)
            return status;
    }
    memcpy(branching->selected, branching->pending, branching->num_words * sizeof(uint64_t));
    return place_operand(branching, &instruction->operands[last], result, error);
}

static enum status run_coalesce(struct branching *branching, struct vector *result, struct error *error)
{
    const struct instruction *instruction = branching->instruction;
    for (uint32_t i = 0; i < instruction->num_operands; i++) {
        if (!any_bit(branching->pending, branching->num_words))
            return STATUS_OK;
        struct branch_values values;
        uint32_t count = truth_rows(branching->pending, branching->frame->num_rows, branching->rows);
        enum status status = operand_values(branching, &instruction->operands[i], count, &values, error);
        if (status != STATUS_OK)
            return status;
        uint32_t found = 0;
        for (uint32_t k = 0; k < count; k++) {
            if (!vector_is_null(values.vector, values.dense ? k : branching->rows[k])) {
                validity_clear(branching->pending, branching->rows[k]);
                if (result->validity != NULL)
                    validity_set(result->validity, branching->rows[k]);
                found++;
            }
        }
        bool is_last = i + 1 == instruction->num_operands;
        if (found > 0 || is_last)
            place_values(branching, &values, count, result);
        vector_unref(values.vector);
    }
    return STATUS_OK;
}

enum status instruction_branch(const struct instruction *instruction, struct vector *const *registers,
                               const struct frame *frame, struct vector **ret_vector, struct error *error)
{
    struct branching branching;
    branching_init(&branching, instruction, registers, frame);
    enum status status;
    if (instruction->opcode == OPCODE_AND || instruction->opcode == OPCODE_OR) {
        status = run_logic(&branching, instruction->opcode == OPCODE_AND, ret_vector, error);
    } else {
        struct vector *result = vector_create(instruction->type, frame->num_rows);
        result->length = frame->num_rows;
        status = instruction->opcode == OPCODE_CASE ? run_case(&branching, result, error)
                                                    : run_coalesce(&branching, result, error);
        if (status == STATUS_OK)
            *ret_vector = result;
        else
            vector_unref(result);
    }
    branching_free(&branching);
    return status;
}
