#include "taskmanager/state/store_command_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>

struct store_command *store_command_create(enum store_command_kind kind)
{
    struct store_command *command = mem_calloc(1, sizeof *command);
    command->kind = kind;
    return command;
}

struct store_command *store_command_for_run(struct store_run *run)
{
    struct store_command *command =
        store_command_create(run->family != NULL ? STORE_WRITE_RUN : STORE_APPEND_LOG);
    command->run = run;
    command->bytes = store_run_bytes(run);
    return command;
}

/* All bounds in one block. */
struct store_command *store_command_for_ranges(struct rocksdb_family *family, const struct bytes_view *begins,
                                               const struct bytes_view *ends, size_t count)
{
    struct store_command *command = store_command_create(STORE_DELETE_RANGES);
    command->family = family;
    struct buffer bounds = {0};
    for (size_t i = 0; i < count; i++) {
        buffer_append(&bounds, begins[i].data, begins[i].size);
        buffer_append(&bounds, ends[i].data, ends[i].size);
    }
    command->begins = mem_alloc(count * sizeof *command->begins);
    command->ends = mem_alloc(count * sizeof *command->ends);
    command->num_ranges = count;
    command->bytes = bounds.capacity + 2 * count * sizeof *command->begins;
    command->bounds = bounds.data;
    const uint8_t *at = bounds.data;
    for (size_t i = 0; i < count; i++) {
        command->begins[i] = (struct bytes_view){at, begins[i].size};
        at += begins[i].size;
        command->ends[i] = (struct bytes_view){at, ends[i].size};
        at += ends[i].size;
    }
    return command;
}

void store_command_free(struct store_command *command)
{
    store_run_free(command->run);
    free(command->begins);
    free(command->ends);
    free(command->bounds);
    row_log_file_free(&command->log_file);
    store_link_unref(command->link);
    buffer_free(&command->log_index);
    free(command);
}

static enum status delete_ranges(const struct store_command *command, struct store_target *target,
                                 struct error *error)
{
    struct rocksdb_family **families = mem_alloc(command->num_ranges * sizeof *families);
    for (size_t i = 0; i < command->num_ranges; i++)
        families[i] = command->family;
    enum status status = rocksdb_store_delete_ranges(target->store, families, command->begins, command->ends,
                                                     command->num_ranges, error);
    free(families);
    return status;
}

/* What the store never had a row of needs none of its files. */
static bool has_rows(const struct rocksdb_store *store)
{
    bool has_files = false;
    for (size_t i = 0; i < rocksdb_store_num_families(store); i++)
        has_files |= rocksdb_family_has_files(rocksdb_store_family_at(store, i));
    return has_files;
}

static enum status make_link(const struct store_command *command, const struct store_target *target,
                             struct error *error)
{
    const char *folder = command->link->folder;
    enum status status = has_rows(target->store) ? rocksdb_store_link(target->store, folder, error)
                                                 : file_io_make_directories(target->local_io, folder, error);
    return status == STATUS_OK ? row_log_link(target->log, folder, buffer_view(&command->log_index), error)
                               : status;
}

enum status store_command_carry_out(const struct store_command *command, struct store_target *target,
                                    struct error *error)
{
    switch (command->kind) {
    case STORE_WRITE_RUN: return store_run_write(command->run, &target->sorter, error);
    case STORE_DELETE_RANGES: return delete_ranges(command, target, error);
    case STORE_BEGIN_LOG: return row_log_begin(target->log, &command->log_file, error);
    case STORE_APPEND_LOG: return row_log_append(target->log, command->run, error);
    case STORE_END_LOG: return row_log_end(target->log, error);
    case STORE_MAKE_LINK: break;
    }
    return make_link(command, target, error);
}
