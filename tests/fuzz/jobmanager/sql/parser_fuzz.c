#include "jobmanager/sql/parser.h"

enum { BLOCK_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A script: whatever it holds is split into statements, and each is parsed or refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sql_text rest = {.data = (const char *)data, .size = size, .line = 1, .column = 1};
    struct sql_text statement;
    while (sql_script_next(&rest, &statement)) {
        struct arena *arena = arena_create(BLOCK_BYTES);
        struct error error = {0};
        const struct sql_statement *tree = NULL;
        if (sql_parse(statement, arena, &tree, &error) == STATUS_OK && tree->query != NULL) {
            struct buffer out = {0};
            for (size_t i = 0; i < tree->query->item_count; i++) {
                if (tree->query->items[i].expression != NULL)
                    sql_expression_print(tree->query->items[i].expression, &out);
            }
            buffer_free(&out);
        }
        arena_free(arena);
    }
    return 0;
}
