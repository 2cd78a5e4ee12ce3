#pragma once

#include "client/sql_session.h"

#include <stdio.h>

/* Rows drawn as a table, as they come. Set output, zero the rest. */
struct result_table {
    FILE *output;
    int *widths;
    size_t num_columns;
    bool is_query;
    bool has_head;
    uint64_t num_rows;
};

void result_table_start(struct result_table *table, const struct sql_answer *answer);
void result_table_row(struct result_table *table, const struct sql_answer *answer, const char *const *values);
void result_table_end(struct result_table *table);
