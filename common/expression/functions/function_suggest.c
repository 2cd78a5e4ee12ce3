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
    if (distance < nearest->distance)
        *nearest = (struct nearest_name){.name = name, .distance = distance};
}

const char *function_suggest(const char *name)
{
    struct nearest_name nearest = {.distance = (uint32_t)strlen(name) / 3 + 2};
    const char *known;
    for (uint32_t i = 0; (known = function_name_at(i)) != NULL; i++)
        consider(&nearest, name, known);
    return nearest.name;
}

static bool is_name(const char *name)
{
    return isalpha((unsigned char)name[0]) && strchr(name, ' ') == NULL;
}

const char *function_name_at(uint32_t index)
{
    uint32_t count;
    uint32_t seen = 0;
    const struct function *functions = function_table(&count);
    for (uint32_t i = 0; i < count; i++) {
        bool listed = is_name(functions[i].name) && (functions[i].flags & FUNCTION_UNNAMED) == 0;
        if (listed && seen++ == index)
            return functions[i].name;
    }
    const struct special_form *forms = special_form_table(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (is_name(forms[i].name) && seen++ == index)
            return forms[i].name;
    }
    return NULL;
}

bool function_exists(const char *name)
{
    return special_form_find(name) != NULL || function_find(name) != NULL;
}
