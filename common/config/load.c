#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/config/configuration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { YAML_MAX_DEPTH = 32 };

/* A parse under way. path holds the dotted key of the map that is open. */
struct yaml_reader {
    yaml_parser_t parser;
    struct configuration *configuration;
    const char *file;
    struct buffer path;
    struct error *error;
};

static enum status refuse(struct yaml_reader *reader, const yaml_mark_t *mark, const char *reason)
{
    (void)error_set(reader->error, STATUS_INVALID_ARGUMENT, "%s line %zu: %s", reader->file, mark->line + 1,
                    reason);
    reader->error->line = (uint32_t)mark->line + 1;
    reader->error->column = (uint32_t)mark->column + 1;
    return STATUS_INVALID_ARGUMENT;
}

static enum status next_event(struct yaml_reader *reader, yaml_event_t *ret_event)
{
    if (yaml_parser_parse(&reader->parser, ret_event))
        return STATUS_OK;
    return refuse(reader, &reader->parser.problem_mark,
                  reader->parser.problem != NULL ? reader->parser.problem : "not a YAML file");
}

static enum status read_map(struct yaml_reader *reader, unsigned depth);

/* A list becomes its items with ';' between them, as Flink reads list options. */
static enum status read_list(struct yaml_reader *reader)
{
    struct buffer items = {0};
    enum status status;
    for (;;) {
        yaml_event_t event;
        status = next_event(reader, &event);
        if (status != STATUS_OK)
            break;
        bool ended = event.type == YAML_SEQUENCE_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT) {
            if (items.size > 0)
                buffer_append_byte(&items, ';');
            buffer_append(&items, event.data.scalar.value, event.data.scalar.length);
        } else if (!ended) {
            status = refuse(reader, &event.start_mark, "a list may hold only plain values");
        }
        yaml_event_delete(&event);
        if (ended || status != STATUS_OK)
            break;
    }
    if (status == STATUS_OK)
        configuration_set(reader->configuration, buffer_text(&reader->path), buffer_text(&items));
    buffer_free(&items);
    return status;
}

static enum status read_value(struct yaml_reader *reader, unsigned depth)
{
    yaml_event_t event;
    enum status status = next_event(reader, &event);
    if (status != STATUS_OK)
        return status;
    if (event.type == YAML_SCALAR_EVENT)
        configuration_set(reader->configuration, buffer_text(&reader->path),
                          (const char *)event.data.scalar.value);
    else if (event.type == YAML_MAPPING_START_EVENT)
        status = read_map(reader, depth + 1);
    else if (event.type == YAML_SEQUENCE_START_EVENT)
        status = read_list(reader);
    else
        status = refuse(reader, &event.start_mark, "expected a value, a map or a list");
    yaml_event_delete(&event);
    return status;
}

/* The pairs of a map whose start was read, up to its end. */
static enum status read_map(struct yaml_reader *reader, unsigned depth)
{
    size_t outer = reader->path.size;
    for (;;) {
        yaml_event_t event;
        enum status status = next_event(reader, &event);
        if (status != STATUS_OK)
            return status;
        bool ended = event.type == YAML_MAPPING_END_EVENT;
        if (!ended && depth > YAML_MAX_DEPTH) {
            status = refuse(reader, &event.start_mark, "nested too deep");
        } else if (!ended && event.type != YAML_SCALAR_EVENT) {
            status = refuse(reader, &event.start_mark, "expected a key");
        } else if (!ended) {
            if (outer > 0)
                buffer_append_byte(&reader->path, '.');
            buffer_append(&reader->path, event.data.scalar.value, event.data.scalar.length);
            status = read_value(reader, depth);
            reader->path.size = outer;
        }
        yaml_event_delete(&event);
        if (ended || status != STATUS_OK)
            return status;
    }
}

static enum status read_document(struct yaml_reader *reader)
{
    for (;;) {
        yaml_event_t event;
        enum status status = next_event(reader, &event);
        if (status != STATUS_OK)
            return status;
        yaml_event_type_t type = event.type;
        if (type == YAML_MAPPING_START_EVENT)
            status = read_map(reader, 1);
        else if (type == YAML_SEQUENCE_START_EVENT ||
                 (type == YAML_SCALAR_EVENT && event.data.scalar.length > 0))
            status = refuse(reader, &event.start_mark, "expected keys and values");
        yaml_event_delete(&event);
        if (status != STATUS_OK || type == YAML_STREAM_END_EVENT)
            return status;
    }
}

enum status configuration_load_file(struct configuration *configuration, const char *path,
                                    struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set_errno(error, errno, "cannot open the configuration file '%s'", path);
    struct yaml_reader reader = {.configuration = configuration, .file = path, .error = error};
    enum status status;
    if (!yaml_parser_initialize(&reader.parser)) {
        status = error_set(error, STATUS_INTERNAL, "cannot start the YAML parser");
    } else {
        yaml_parser_set_input_file(&reader.parser, file);
        status = read_document(&reader);
        yaml_parser_delete(&reader.parser);
    }
    buffer_free(&reader.path);
    fclose(file);
    return status;
}

static enum status set_pair(struct configuration *configuration, const char *pair, struct error *error)
{
    const char *equals = strchr(pair, '=');
    if (equals == NULL || equals == pair)
        return error_set(error, STATUS_INVALID_ARGUMENT, "-D %s: expected -D key=value", pair);
    char *key = mem_strndup(pair, (size_t)(equals - pair));
    configuration_set(configuration, key, equals + 1);
    free(key);
    return STATUS_OK;
}

enum status configuration_load_arguments(struct configuration *configuration, int argc, char *const *argv,
                                         struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 1; i < argc && status == STATUS_OK; i++) { /* files first: -D wins wherever it stands */
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
            status = configuration_load_file(configuration, argv[++i], error);
        else if (strcmp(argv[i], "-D") == 0 && i + 1 < argc)
            i++;
        else if (strncmp(argv[i], "-D", 2) != 0 || argv[i][2] == '\0')
            status = error_set(error, STATUS_INVALID_ARGUMENT,
                               "unknown argument '%s': expected -c FILE or -D key=value", argv[i]);
    }
    for (int i = 1; i < argc && status == STATUS_OK; i++) {
        if (strcmp(argv[i], "-c") == 0)
            i++;
        else if (strcmp(argv[i], "-D") == 0)
            status = set_pair(configuration, argv[++i], error);
        else
            status = set_pair(configuration, argv[i] + 2, error);
    }
    return status;
}
