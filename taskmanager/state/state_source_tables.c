#include "taskmanager/state/state_source_internal.h"

#include "common/base/memory.h"
#include "taskmanager/state/row_codec_internal.h"
#include "taskmanager/state/row_log_internal.h"
#include "taskmanager/state/state_files_internal.h"
#include "taskmanager/state/table_file_internal.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Rows of one state, out of files that have those of all. */
struct table_visit {
    const char *state;
    uint32_t first_key_group, end_key_group;
    state_row_visitor *visitor;
    void *context;
    /* Of a log: */
    const struct row_log_state *residents; /* NULL: it is none */
    uint32_t file_number;
    struct row_log_partition last; /* that was looked up */
    bool has_last, last_counts;
};

/* Rows of a partition come one after the other. */
static bool counts(struct table_visit *visit, uint32_t key_group, int64_t namespace_)
{
    if (visit->residents == NULL)
        return true;
    if (visit->has_last && visit->last.key_group == key_group && visit->last.namespace_ == namespace_)
        return visit->last_counts;
    const struct row_log_partition *resident = row_log_state_find(visit->residents, key_group, namespace_);
    visit->has_last = true;
    visit->last = (struct row_log_partition){.key_group = key_group, .namespace_ = namespace_};
    visit->last_counts = resident != NULL && resident->first_file <= visit->file_number;
    return visit->last_counts;
}

static enum status visit_row(struct table_visit *visit, const struct table_file *file,
                             const struct table_file_row *row, struct error *error)
{
    uint32_t key_group;
    int64_t namespace_;
    struct bytes_view key;
    enum status status = row_key_decode(row->key, &key_group, &namespace_, &key, error);
    if (status != STATUS_OK || strcmp(table_file_state(file, row->state), visit->state) != 0 ||
        key_group < visit->first_key_group || key_group >= visit->end_key_group ||
        !counts(visit, key_group, namespace_))
        return status;
    if (row->value.data == NULL && visit->residents == NULL)
        return error_set(error, STATUS_CORRUPT, "a table has no row of a key that it lists");
    return visit->visitor(visit->context, row->key, row->value, error);
}

static enum status visit_rows(struct file_io *io, const char *path, const struct keyed_state_file *about,
                              struct table_visit *visit, struct error *error)
{
    struct file_digest expected = {about->size_bytes, about->checksum};
    struct table_file *file = NULL;
    enum status status = state_source_damaged(table_file_open(io, path, &expected, &file, error), error);
    bool has_row = true;
    while (status == STATUS_OK && has_row) {
        struct table_file_row row;
        status = state_source_damaged(table_file_next(file, &row, &has_row, error), error);
        if (status == STATUS_OK && has_row)
            status = visit_row(visit, file, &row, error);
    }
    table_file_close(file);
    return status;
}

static enum status visit_file(const struct state_source *source, const struct keyed_state_file *about,
                              struct table_visit *visit, struct error *error)
{
    char *copy = state_source_local_copy(source, about);
    char *path = copy != NULL ? NULL : state_file_path(source->checkpoint_folder, about->path);
    enum status status = copy != NULL ? visit_rows(source->local_io, copy, about, visit, error)
                                      : visit_rows(source->io, path, about, visit, error);
    free(copy);
    free(path);
    return status;
}

enum status state_source_visit_tables(const struct state_source *source, const char *state,
                                      uint32_t first_key_group, uint32_t end_key_group,
                                      state_row_visitor *visitor, void *context, struct error *error)
{
    struct table_visit visit = {
        .state = state,
        .first_key_group = first_key_group,
        .end_key_group = end_key_group,
        .visitor = visitor,
        .context = context,
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < source->handle->num_files && status == STATUS_OK; i++)
        status = visit_file(source, &source->handle->files[i], &visit, error);
    return status;
}

static const struct keyed_state_file *find_file(const struct keyed_state_handle *handle, const char *name)
{
    for (size_t i = 0; i < handle->num_files; i++)
        if (strcmp(handle->files[i].name, name) == 0)
            return &handle->files[i];
    return NULL;
}

static enum status read_index(const struct state_source *source, const struct keyed_state_file *about,
                              struct arena *arena, struct row_log_index **ret_index, struct error *error)
{
    char *path = state_file_path(source->checkpoint_folder, about->path);
    struct buffer bytes = {0};
    enum status status = file_io_read(source->io, path, &bytes, error);
    if (status == STATUS_OK &&
        (bytes.size != about->size_bytes || XXH3_64bits(bytes.data, bytes.size) != about->checksum))
        status = error_set(error, STATUS_CORRUPT, "it is not what the checkpoint says");
    if (status == STATUS_OK)
        status = row_log_index_parse(buffer_view(&bytes), arena, ret_index, error);
    if (status == STATUS_CORRUPT)
        error_prefix(error, "the state in %s is damaged", path);
    buffer_free(&bytes);
    free(path);
    return state_source_damaged(status, error);
}

static enum status visit_chain(const struct state_source *source, const struct row_log_index *index,
                               struct table_visit *visit, struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < index->num_files && status == STATUS_OK; i++) {
        const struct keyed_state_file *about = find_file(source->handle, index->files[i].name);
        if (about == NULL)
            return state_source_damaged(error_set(error, STATUS_CORRUPT,
                                                  "a checkpoint of keyed state lacks the file %s of its log",
                                                  index->files[i].name),
                                        error);
        visit->file_number = index->files[i].number;
        visit->has_last = false;
        status = visit_file(source, about, visit, error);
    }
    return status;
}

enum status state_source_visit_log(const struct state_source *source, const char *state,
                                   uint32_t first_key_group, uint32_t end_key_group,
                                   state_row_visitor *visitor, void *context, struct error *error)
{
    const struct keyed_state_file *about = find_file(source->handle, ROW_LOG_INDEX_NAME);
    if (about == NULL)
        return STATUS_OK;
    struct arena *arena = arena_create(4096);
    struct row_log_index *index = NULL;
    enum status status = read_index(source, about, arena, &index, error);
    const struct row_log_state *residents = status == STATUS_OK ? row_log_index_state(index, state) : NULL;
    struct table_visit visit = {
        .state = state,
        .first_key_group = first_key_group,
        .end_key_group = end_key_group,
        .visitor = visitor,
        .context = context,
        .residents = residents,
    };
    if (residents != NULL && residents->num_partitions > 0)
        status = visit_chain(source, index, &visit, error);
    arena_free(arena);
    return status;
}
