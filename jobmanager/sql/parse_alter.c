#include "jobmanager/sql/parser_internal.h"

static enum status parse_keys(struct parser *parser, struct sql_statement *statement)
{
    const char **keys = NULL;
    PARSE(parser_expect(parser, "("));
    do {
        const char *key = NULL;
        PARSE(parse_string(parser, &key));
        PARSER_PUSH(parser, keys, statement->reset_key_count, key);
    } while (parser_accept(parser, ","));
    statement->reset_keys = keys;
    return parser_expect(parser, ")");
}

/* ALTER TABLE [IF EXISTS] t SET ('key' = 'value', ...) | RESET ('key', ...) */
enum status parse_alter(struct parser *parser, struct sql_statement *statement)
{
    static const char *const objects[] = {"VIEW", "DATABASE", "CATALOG", "FUNCTION", "MODEL", "MATERIALIZED"};
    static const char *const changes[] = {"ADD", "MODIFY", "DROP", "RENAME"};
    PARSE(parser_refuse(parser, objects, sizeof objects / sizeof *objects, "ALTER"));
    PARSE(parser_expect(parser, "TABLE"));
    statement->kind = SQL_ALTER_TABLE;
    if (parser_accept(parser, "IF")) {
        PARSE(parser_expect(parser, "EXISTS"));
        statement->if_exists = true;
    }
    PARSE(parse_name(parser, 3, &statement->name));
    PARSE(parser_refuse(parser, changes, sizeof changes / sizeof *changes, "ALTER TABLE ..."));
    if (parser_accept(parser, "RESET"))
        return parse_keys(parser, statement);
    PARSE(parser_expect(parser, "SET"));
    return parse_properties(parser, &statement->properties);
}
