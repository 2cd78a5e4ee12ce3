#include "jobmanager/planner/logical/relation.h"

#include "common/expression/function.h"
#include "jobmanager/planner/logical/scan.h"

#include <string.h>

enum { RELATIONS_MAX = 10000 };

void column_list_append(struct arena *arena, struct column_list *list, const char *name,
                        const struct expression *expression)
{
    size_t size = list->count * sizeof(void *);
    list->names = arena_grow(arena, list->names, size, size + sizeof(void *));
    list->expressions = arena_grow(arena, list->expressions, size, size + sizeof(void *));
    list->names[list->count] = name;
    list->expressions[list->count++] = expression;
}

uint32_t column_list_place(struct arena *arena, struct column_list *list, const char *name,
                           const struct expression *expression)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (expression_equal(list->expressions[i], expression))
            return i;
    }
    column_list_append(arena, list, name != NULL ? name : arena_printf(arena, "$f%u", list->count),
                       expression);
    return list->count - 1;
}

const struct schema *column_list_schema(struct planning *planning, const struct column_list *list)
{
    struct schema *schema = schema_create(list->count);
    for (uint32_t i = 0; i < list->count; i++)
        schema_set_field(schema, i, list->names[i], list->expressions[i]->type);
    return plan_job_graph_hold(planning->graph, schema);
}

enum status relation_create(struct planning *planning, enum relation_kind kind, const struct schema *schema,
                            const struct relation *const *inputs, size_t input_count,
                            struct relation **ret_relation)
{
    if (++planning->relation_count > RELATIONS_MAX)
        return error_set(planning->error, STATUS_EXHAUSTED,
                         "The statement has more than %d tables and operators once written out.",
                         RELATIONS_MAX);
    struct relation *relation = arena_calloc(planning->arena, 1, sizeof *relation);
    relation->kind = kind;
    relation->schema = schema;
    relation->traits = arena_calloc(planning->arena, schema->num_fields + 1, sizeof *relation->traits);
    relation->inputs = arena_dup(planning->arena, (const void *)inputs, input_count * sizeof *inputs);
    relation->input_count = input_count;
    *ret_relation = relation;
    return STATUS_OK;
}

static bool is_proctime(const struct expression *expression)
{
    return expression->kind == EXPRESSION_CALL && strcmp(expression->function->name, "PROCTIME") == 0;
}

enum status relation_scan(struct planning *planning, struct scan *scan, const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    const struct schema *schema = scan->table->schema;
    TRY(relation_create(planning, RELATION_SCAN, schema, NULL, 0, &relation));
    struct column_trait *traits = (struct column_trait *)relation->traits;
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        if (is_proctime(scan->columns.table_columns[i]))
            traits[i].time = TIME_ATTRIBUTE_PROCTIME;
        if ((int32_t)i == scan->rowtime_column)
            traits[i].time = TIME_ATTRIBUTE_ROWTIME;
    }
    relation->scan = scan;
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_values(struct planning *planning, const struct schema *schema,
                            const struct expression *const *expressions, size_t row_count,
                            const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    TRY(relation_create(planning, RELATION_VALUES, schema, NULL, 0, &relation));
    relation->expressions = expressions;
    relation->row_count = row_count;
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_project(struct planning *planning, const struct relation *input,
                             const struct column_list *list, const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    TRY(relation_create(planning, RELATION_PROJECT, column_list_schema(planning, list), &input, 1,
                        &relation));
    struct column_trait *traits = (struct column_trait *)relation->traits;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct expression *expression = list->expressions[i];
        if (expression->kind == EXPRESSION_COLUMN)
            traits[i] = input->traits[expression->column];
        else if (is_proctime(expression))
            traits[i].time = TIME_ATTRIBUTE_PROCTIME;
    }
    relation->expressions = list->expressions;
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_rename(struct planning *planning, const struct relation *input, const char *const *names,
                            const struct relation **ret_relation)
{
    struct column_list list = {.count = 0};
    for (uint32_t i = 0; i < input->schema->num_fields; i++)
        column_list_append(planning->arena, &list, names[i],
                           expression_column(planning->arena, i, input->schema->fields[i].type));
    return relation_project(planning, input, &list, ret_relation);
}

enum status relation_filter(struct planning *planning, const struct relation *input,
                            const struct expression *condition, const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    TRY(relation_create(planning, RELATION_FILTER, input->schema, &input, 1, &relation));
    relation->traits = input->traits;
    relation->condition = condition;
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_row_number(struct planning *planning, const struct relation *input,
                                const struct relation_row_number *row_number,
                                const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    uint32_t width = input->schema->num_fields;
    struct schema *schema = schema_create(width + 1);
    for (uint32_t i = 0; i < width; i++)
        schema_set_field(schema, i, input->schema->fields[i].name, input->schema->fields[i].type);
    schema_set_field(schema, width, "w0$o0", data_type_not_null(data_type_of(TYPE_BIGINT)));
    plan_job_graph_hold(planning->graph, schema);
    TRY(relation_create(planning, RELATION_ROW_NUMBER, schema, &input, 1, &relation));
    memcpy((void *)relation->traits, input->traits, width * sizeof *input->traits);
    relation->row_number = arena_dup(planning->arena, row_number, sizeof *row_number);
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_limit(struct planning *planning, const struct relation *input,
                           const struct relation_limit *limit, const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    TRY(relation_create(planning, RELATION_LIMIT, input->schema, &input, 1, &relation));
    relation->traits = input->traits;
    relation->limit = arena_dup(planning->arena, limit, sizeof *limit);
    *ret_relation = relation;
    return STATUS_OK;
}

/* A column is of the union what it is in every input. */
static struct column_trait common_trait(struct column_trait a, struct column_trait b)
{
    if (a.time != b.time)
        a.time = TIME_ATTRIBUTE_NONE;
    if (a.part != b.part || (a.window != b.window && !relation_window_equal(a.window, b.window)))
        a = (struct column_trait){.time = a.time};
    return a;
}

enum status relation_union(struct planning *planning, const struct schema *schema,
                           const struct relation *const *inputs, size_t input_count,
                           const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    TRY(relation_create(planning, RELATION_UNION, schema, inputs, input_count, &relation));
    struct column_trait *traits = (struct column_trait *)relation->traits;
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        traits[i] = inputs[0]->traits[i];
        for (size_t input = 1; input < input_count; input++)
            traits[i] = common_trait(traits[i], inputs[input]->traits[i]);
    }
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_to_sink(struct planning *planning, const struct relation *input,
                             const struct schema *written, const struct relation_sink *sink,
                             const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    TRY(relation_create(planning, RELATION_SINK, written, &input, 1, &relation));
    relation->sink = arena_dup(planning->arena, sink, sizeof *sink);
    *ret_relation = relation;
    return STATUS_OK;
}
