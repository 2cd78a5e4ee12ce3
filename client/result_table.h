#pragma once

#include "client/sql_session.h"

#include <stdio.h>

/* Rows drawn as a table: those of a query as they come, in columns as wide as their types; others when all
 * are there, in columns as wide as they need. Set output, zero the rest. */
struct result_table {
    FILE *output;
    int *widths;
    size_t num_columns;
    bool is_query;
    bool has_head;
    uint64_t num_rows;
    char **kept; /* values of the rows that are not drawn yet, row by row; NULL for NULL */
};

void result_table_start(struct result_table *table, const struct sql_answer *answer);
/* kind: "INSERT", "UPDATE_BEFORE", "UPDATE_AFTER", "DELETE"; shown of queries. */
void result_table_row(struct result_table *table, const struct sql_answer *answer, const char *kind,
                      const char *const *values);
/* is_complete: the last row was seen; the count is printed only then. */
void result_table_end(struct result_table *table, const struct sql_answer *answer, bool is_complete);
