#include "jobmanager/sql/parser_internal.h"

#include <string.h>

/* A table under construction. */
struct table_parts {
    struct sql_create_table *table;
    struct sql_column *columns;
    const char **primary_key;
    struct sql_partition_field *partition;
};

static enum status parse_comment(struct parser *parser, const char **ret_comment)
{
    return parser_accept(parser, "COMMENT") ? parse_string(parser, ret_comment) : STATUS_OK;
}

static enum status set_primary_key(struct parser *parser, struct table_parts *parts, const char **names,
                                   size_t count, struct sql_span span)
{
    if (parts->table->primary_key_count > 0)
        return parser_fail_at(parser, span, "The primary key is given twice");
    PARSE(parser_expect(parser, "NOT"));
    PARSE(parser_expect(parser, "ENFORCED"));
    parts->table->primary_key = names;
    parts->table->primary_key_count = count;
    parts->table->primary_key_span = span;
    return STATUS_OK;
}

static enum status parse_column_constraints(struct parser *parser, struct table_parts *parts,
                                            struct sql_column *column)
{
    struct sql_type *type = arena_dup(parser->arena, column->type, sizeof *column->type);
    for (;;) {
        if (parser_accept_words(parser, "NOT", "NULL")) {
            type->not_null = true;
        } else if (parser_accept(parser, "NULL")) {
            type->not_null = false;
        } else if (parser_accept(parser, "PRIMARY")) {
            struct sql_span span = parser->previous.span;
            PARSE(parser_expect(parser, "KEY"));
            const char **names = arena_alloc(parser->arena, sizeof *names);
            names[0] = column->name;
            PARSE(set_primary_key(parser, parts, names, 1, span));
        } else {
            break;
        }
    }
    column->type = type;
    return STATUS_OK;
}

static enum status parse_metadata(struct parser *parser, struct sql_column *column)
{
    column->kind = SQL_COLUMN_METADATA;
    column->metadata_key = column->name;
    if (parser_accept(parser, "FROM")) {
        column->has_metadata_key = true;
        PARSE(parse_string(parser, &column->metadata_key));
    }
    column->is_virtual = parser_accept(parser, "VIRTUAL");
    return STATUS_OK;
}

static enum status check_name(struct parser *parser, const struct table_parts *parts,
                              const struct sql_column *column)
{
    for (size_t i = 0; i < parts->table->column_count; i++) {
        if (strcmp(parts->columns[i].name, column->name) == 0)
            return parser_fail_at(parser, column->span, "A column named '%s' already exists in the table",
                                  column->name);
    }
    return STATUS_OK;
}

static enum status parse_column(struct parser *parser, struct table_parts *parts)
{
    struct sql_column column = {.span = parser->token.span};
    PARSE(parse_identifier(parser, &column.name));
    PARSE(check_name(parser, parts, &column));
    if (parser_accept(parser, "AS")) {
        column.kind = SQL_COLUMN_COMPUTED;
        PARSE(parse_expression(parser, &column.expression));
    } else {
        PARSE(parse_type(parser, &column.type));
        PARSE(parse_column_constraints(parser, parts, &column));
        if (parser_accept(parser, "METADATA"))
            PARSE(parse_metadata(parser, &column));
    }
    PARSE(parse_comment(parser, &column.comment));
    PARSER_PUSH(parser, parts->columns, parts->table->column_count, column);
    return STATUS_OK;
}

static enum status parse_watermark(struct parser *parser, struct sql_create_table *table)
{
    struct sql_watermark *watermark = arena_calloc(parser->arena, 1, sizeof *watermark);
    watermark->span = parser->previous.span;
    if (table->watermark != NULL)
        return parser_fail_at(parser, watermark->span, "The watermark is given twice");
    PARSE(parser_expect(parser, "FOR"));
    PARSE(parse_identifier(parser, &watermark->column));
    if (token_is(&parser->token, "."))
        return parser_unsupported(parser, "A watermark on a nested column");
    PARSE(parser_expect(parser, "AS"));
    PARSE(parse_expression(parser, &watermark->expression));
    table->watermark = watermark;
    return STATUS_OK;
}

static enum status parse_primary_key(struct parser *parser, struct table_parts *parts)
{
    struct sql_span span = parser->previous.span;
    const char **names = NULL;
    struct sql_span *spans = NULL;
    size_t count = 0;
    PARSE(parser_expect(parser, "KEY"));
    PARSE(parse_identifier_list(parser, &names, &spans, &count));
    return set_primary_key(parser, parts, names, count, span);
}

static enum status parse_element(struct parser *parser, struct table_parts *parts)
{
    if (parser_accept(parser, "WATERMARK"))
        return parse_watermark(parser, parts->table);
    if (parser_accept(parser, "CONSTRAINT")) {
        const char *name = NULL;
        PARSE(parse_identifier(parser, &name));
        PARSE(parser_expect(parser, "PRIMARY"));
        return parse_primary_key(parser, parts);
    }
    if (parser_accept(parser, "PRIMARY"))
        return parse_primary_key(parser, parts);
    return parse_column(parser, parts);
}

static enum status parse_partition(struct parser *parser, struct table_parts *parts)
{
    PARSE(parser_expect(parser, "BY"));
    PARSE(parser_expect(parser, "("));
    do {
        struct sql_partition_field field;
        PARSE(parse_partition_field(parser, &field));
        PARSER_PUSH(parser, parts->partition, parts->table->partition_count, field);
    } while (parser_accept(parser, ","));
    return parser_expect(parser, ")");
}

static enum status parse_clauses(struct parser *parser, struct table_parts *parts)
{
    if (parser_accept(parser, "COMMENT"))
        PARSE(parse_string(parser, &parts->table->comment));
    if (token_is(&parser->token, "DISTRIBUTED"))
        return parser_unsupported(parser, "DISTRIBUTED BY");
    if (parser_accept(parser, "PARTITIONED"))
        PARSE(parse_partition(parser, parts));
    if (parser_accept(parser, "WITH"))
        PARSE(parse_properties(parser, &parts->table->options));
    if (parser_accept(parser, "LIKE"))
        PARSE(parse_like_clause(parser, &parts->table->like));
    if (token_is(&parser->token, "AS"))
        return parser_unsupported(parser, "CREATE TABLE ... AS SELECT");
    return STATUS_OK;
}

enum status parse_create_table(struct parser *parser, bool temporary,
                               const struct sql_create_table **ret_table)
{
    struct sql_create_table *table = arena_calloc(parser->arena, 1, sizeof *table);
    struct table_parts parts = {.table = table};
    table->temporary = temporary;
    PARSE(parse_if_not_exists(parser, &table->if_not_exists));
    PARSE(parse_name(parser, 3, &table->name));
    if (parser_accept(parser, "(")) {
        do {
            PARSE(parse_element(parser, &parts));
        } while (parser_accept(parser, ","));
        PARSE(parser_expect(parser, ")"));
    }
    PARSE(parse_clauses(parser, &parts));
    if (table->column_count == 0 && table->like == NULL)
        return parser_fail_at(parser, table->name.span, "The table '%s' has no columns",
                              table->name.parts[table->name.count - 1]);
    table->columns = parts.columns;
    table->partition = parts.partition;
    *ret_table = table;
    return STATUS_OK;
}
