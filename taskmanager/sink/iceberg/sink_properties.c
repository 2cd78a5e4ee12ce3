#include "common/base/check.h"
#include "taskmanager/sink/iceberg/sink_settings.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Names and defaults are Iceberg's ("Configuration" in its documentation); the two of Frazil are marked. */
enum {
    DEFAULT_TARGET_FILE_BYTES = 512 << 20,
    DEFAULT_TRUNCATE = 16,
    DEFAULT_METRICS_COLUMNS = 100,
    DEFAULT_OPEN_FILES = 1000, /* with fewer than there are partitions, each batch would end most of them */
    DEFAULT_BUFFER_BYTES = 32 << 20,
};
#define METRICS_COLUMN_PREFIX "write.metadata.metrics.column."
#define METRICS_DEFAULT       "write.metadata.metrics.default"
#define MAX_OPEN_FILES        "write.max-open-files"    /* ours: partitions of a subtask with an open file */
#define BUFFER_BYTES          "write.buffer-size-bytes" /* ours: of a subtask's open files, before they spill */

static enum status read_size(const struct connector_properties *properties, const char *key, int64_t lowest,
                             int64_t highest, int64_t fallback, int64_t *ret_value, struct error *error)
{
    const char *text = connector_property(properties, key);
    int64_t value = fallback;
    if (text != NULL && (!connector_parse_integer(text, &value) || value < lowest || value > highest))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "table property '%s' = '%s': an integer from %" PRId64 " to %" PRId64 " is wanted",
                         key, text, lowest, highest);
    *ret_value = value;
    return STATUS_OK;
}

static enum status read_compression(struct sink_settings *settings,
                                    const struct connector_properties *properties, struct error *error)
{
    const char *name = connector_property(properties, "write.parquet.compression-codec");
    enum parquet_codec codec = PARQUET_ZSTD;
    if (name != NULL && !parquet_codec_parse(name, &codec))
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "table property 'write.parquet.compression-codec' = '%s': zstd, gzip, snappy, lz4 or "
            "uncompressed is wanted",
            name);
    int64_t level;
    enum status status = read_size(properties, "write.parquet.compression-level", INT_MIN, INT_MAX,
                                   PARQUET_DEFAULT_LEVEL, &level, error);
    if (status != STATUS_OK)
        return status;
    status = parquet_compressor_create(codec, (int)level, &settings->compressor, error);
    return status == STATUS_OK ? STATUS_OK
                               : error_prefix(error, "table property 'write.parquet.compression-level'");
}

static enum status read_sizes(struct sink_settings *settings, const struct connector_properties *properties,
                              struct error *error)
{
    settings->parquet = parquet_writer_options_default(settings->compressor);
    struct parquet_writer_options *parquet = &settings->parquet;
    int64_t group, page, rows, dictionary, target, files, buffer;
    enum status status = read_size(properties, "write.parquet.row-group-size-bytes", 1, INT64_MAX / 2,
                                   (int64_t)parquet->row_group_bytes, &group, error);
    if (status == STATUS_OK)
        status = read_size(properties, "write.parquet.page-size-bytes", 1, INT32_MAX / 4, parquet->page_bytes,
                           &page, error);
    if (status == STATUS_OK)
        status = read_size(properties, "write.parquet.page-row-limit", 1, INT32_MAX / 4, parquet->page_rows,
                           &rows, error);
    if (status == STATUS_OK)
        status = read_size(properties, "write.parquet.dict-size-bytes", 0, INT32_MAX / 4,
                           parquet->dictionary_bytes, &dictionary, error);
    if (status == STATUS_OK)
        status = read_size(properties, "write.target-file-size-bytes", 1, INT64_MAX / 2,
                           DEFAULT_TARGET_FILE_BYTES, &target, error);
    if (status == STATUS_OK)
        status = read_size(properties, MAX_OPEN_FILES, 1, 10000, DEFAULT_OPEN_FILES, &files, error);
    if (status == STATUS_OK)
        status = read_size(properties, BUFFER_BYTES, 1, INT64_MAX / 2, DEFAULT_BUFFER_BYTES, &buffer, error);
    if (status != STATUS_OK)
        return status;
    parquet->row_group_bytes = (uint64_t)group;
    parquet->page_bytes = (uint32_t)page;
    parquet->page_rows = (uint32_t)rows;
    parquet->dictionary_bytes = (uint32_t)dictionary;
    settings->target_file_bytes = (uint64_t)target;
    settings->max_open_files = (uint32_t)files;
    settings->buffer_bytes = (uint64_t)buffer;
    return STATUS_OK;
}

static enum status parse_mode(const char *key, const char *text, struct column_metrics_mode *ret_mode,
                              struct error *error)
{
    static const struct {
        const char *name;
        enum metrics_mode mode;
    } names[] = {{"none", METRICS_NONE}, {"counts", METRICS_COUNTS}, {"full", METRICS_FULL}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            *ret_mode = (struct column_metrics_mode){.mode = names[i].mode};
            return STATUS_OK;
        }
    }
    if (strncasecmp(text, "truncate(", 9) == 0) {
        char *end;
        unsigned long length = strtoul(text + 9, &end, 10);
        if (length > 0 && length < UINT32_MAX && strcmp(end, ")") == 0) {
            *ret_mode = (struct column_metrics_mode){METRICS_TRUNCATE, (uint32_t)length};
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "table property '%s' = '%s': none, counts, truncate(n) or full is wanted", key, text);
}

static enum status read_metrics(struct sink_settings *settings, const struct connector_properties *properties,
                                struct error *error)
{
    struct column_metrics_mode fallback = {METRICS_TRUNCATE, DEFAULT_TRUNCATE};
    const char *text = connector_property(properties, METRICS_DEFAULT);
    enum status status = text == NULL ? STATUS_OK : parse_mode(METRICS_DEFAULT, text, &fallback, error);
    int64_t inferred = DEFAULT_METRICS_COLUMNS;
    if (status == STATUS_OK && text == NULL)
        status = read_size(properties, "write.metadata.metrics.max-inferred-column-defaults", 0, INT32_MAX,
                           DEFAULT_METRICS_COLUMNS, &inferred, error);
    for (uint32_t i = 0; i < settings->num_columns && status == STATUS_OK; i++) {
        settings->metrics[i] = fallback;
        if (text == NULL && i >= inferred)
            settings->metrics[i].mode = METRICS_NONE;
        const char *key =
            arena_printf(settings->arena, METRICS_COLUMN_PREFIX "%s", settings->table_schema->fields[i].name);
        const char *own = connector_property(properties, key);
        if (own != NULL)
            status = parse_mode(key, own, &settings->metrics[i], error);
    }
    return status;
}

enum status sink_properties_read(struct sink_settings *settings,
                                 const struct connector_properties *properties, struct error *error)
{
    const char *format = connector_property(properties, "write.format.default");
    if (format != NULL && strcasecmp(format, "parquet") != 0)
        return error_set(error, STATUS_UNSUPPORTED,
                         "table property 'write.format.default' = '%s': only parquet is written", format);
    enum status status = read_compression(settings, properties, error);
    if (status == STATUS_OK)
        status = read_sizes(settings, properties, error);
    if (status == STATUS_OK)
        status = read_metrics(settings, properties, error);
    return status;
}
