#include "common/expression/functions/special_form.h"

#include <ctype.h>
#include <string.h>

/* Letters to change, add or drop to get from one name to the other, case aside. */
static uint32_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    uint32_t row[LONGEST + 1];
    size_t length = strlen(b);
    if (strlen(a) > LONGEST || length > LONGEST)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= length; j++)
        row[j] = j;
    for (uint32_t i = 1; a[i - 1] != 0; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= length; j++) {
            uint32_t change =
                diagonal + (toupper((unsigned char)a[i - 1]) != toupper((unsigned char)b[j - 1]));
            diagonal = row[j];
            uint32_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < gap ? change : gap;
        }
    }
    return row[length];
}

/* The name so far nearest to a misspelt one. */
struct nearest_name {
    const char *name;
    uint32_t distance;
};

static void consider(struct nearest_name *nearest, const char *misspelt, const char *name)
{
    uint32_t distance = edit_distance(misspelt, name);
    if (distance < nearest->distance && isalpha((unsigned char)name[0]))
        *nearest = (struct nearest_name){.name = name, .distance = distance};
}

const char *function_suggest(const char *name)
{
    struct nearest_name nearest = {.distance = (uint32_t)strlen(name) / 3 + 2};
    uint32_t count;
    const struct function *functions = function_table(&count);
    for (uint32_t i = 0; i < count; i++)
        consider(&nearest, name, functions[i].name);
    const struct special_form *forms = special_form_table(&count);
    for (uint32_t i = 0; i < count; i++)
        consider(&nearest, name, forms[i].name);
    return nearest.name;
}

bool function_exists(const char *name)
{
    return special_form_find(name) != NULL || function_find(name) != NULL;
}
