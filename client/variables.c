#include "client/client_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

static uint32_t line_of(const char *text, const char *place)
{
    uint32_t line = 1;
    for (; text < place; text++)
        line += *text == '\n';
    return line;
}

/* content is what stands between the braces. */
static enum status append_variable(const char *content, size_t size, const struct configuration *variables,
                                   uint32_t line, struct buffer *text, struct error *error)
{
    const char *separator = memmem(content, size, ":-", 2);
    size_t name_size = separator != NULL ? (size_t)(separator - content) : size;
    char *name = mem_strndup(content, name_size);
    const char *value = configuration_text(variables, name, NULL);
    if (value == NULL)
        value = getenv(name);
    enum status status = STATUS_OK;
    if (value != NULL)
        buffer_append_text(text, value);
    else if (separator != NULL)
        buffer_append(text, separator + 2, size - name_size - 2);
    else
        status = error_set(
            error, STATUS_INVALID_ARGUMENT,
            "line %u: the variable '%s' has no value: give one with -D %s=..., in the environment, or "
            "as a default, ${%s:-default}",
            line, name, name, name);
    free(name);
    return status;
}

enum status variables_substitute(const char *text, const struct configuration *variables,
                                 struct buffer *ret_text, struct error *error)
{
    struct buffer result = {0};
    const char *rest = text;
    for (const char *start; (start = strstr(rest, "${")) != NULL;) {
        const char *end = strchr(start, '}');
        if (end == NULL)
            break;
        buffer_append(&result, rest, (size_t)(start - rest));
        enum status status = append_variable(start + 2, (size_t)(end - start - 2), variables,
                                             line_of(text, start), &result, error);
        if (status != STATUS_OK) {
            buffer_free(&result);
            return status;
        }
        rest = end + 1;
    }
    buffer_append_text(&result, rest);
    buffer_append_byte(&result, '\0');
    *ret_text = result;
    return STATUS_OK;
}
