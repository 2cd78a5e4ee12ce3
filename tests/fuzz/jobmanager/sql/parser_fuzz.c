#include "common/base/check.h"
#include "jobmanager/sql/parser.h"

#include <string.h>

enum { BLOCK_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A query is printed as text that parses to what prints the same. */
static void print_and_parse(const struct sql_query *query, struct arena *arena)
{
    struct buffer first = {0};
    struct buffer second = {0};
    struct error error = {0};
    const struct sql_statement *tree = NULL;
    sql_query_print(query, &first);
    struct sql_text text = sql_text_of(buffer_text(&first));
    if (sql_parse(text, arena, &tree, &error) == STATUS_OK) {
        CHECK(tree->kind == SQL_SELECT);
        sql_query_print(tree->query, &second);
        CHECK(strcmp(buffer_text(&first), buffer_text(&second)) == 0);
    } else {
        /* What is printed has more parentheses than what was written. */
        CHECK(strstr(error.message, "deeper than") != NULL);
    }
    buffer_free(&first);
    buffer_free(&second);
}

/* A script: whatever it holds is split into statements, and each is parsed or refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sql_text rest = {.data = (const char *)data, .size = size, .line = 1, .column = 1};
    struct sql_text statement;
    while (sql_script_next(&rest, &statement)) {
        struct arena *arena = arena_create(BLOCK_BYTES);
        struct error error = {0};
        const struct sql_statement *tree = NULL;
        if (sql_parse(statement, arena, &tree, &error) == STATUS_OK) {
            if (tree->query != NULL)
                print_and_parse(tree->query, arena);
            if (tree->create_view != NULL)
                print_and_parse(tree->create_view->query, arena);
            for (size_t i = 0; i < tree->insert_count; i++)
                print_and_parse(tree->inserts[i].query, arena);
        }
        arena_free(arena);
    }
    return 0;
}
