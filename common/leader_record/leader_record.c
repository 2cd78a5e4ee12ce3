#include "common/leader_record/leader_record.h"

#include "common/base/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void epochs_folder(const char *folder, struct buffer *path)
{
    buffer_clear(path);
    buffer_printf(path, "%s/epochs", folder);
}

static void epoch_path(const char *folder, uint64_t epoch, struct buffer *path)
{
    buffer_clear(path);
    buffer_printf(path, "%s/epochs/epoch-%" PRIu64 ".json", folder, epoch);
}

/* 0 when name is no record's. */
static uint64_t epoch_of_name(const char *name)
{
    if (strncmp(name, "epoch-", 6) != 0 || name[6] < '1' || name[6] > '9')
        return 0;
    char *end;
    uint64_t epoch = strtoull(name + 6, &end, 10);
    return strcmp(end, ".json") == 0 ? epoch : 0;
}

struct epoch_list {
    uint64_t *epochs;
    size_t count;
    uint64_t newest;
};

static bool visit_record(void *context, const char *name, bool is_directory)
{
    struct epoch_list *list = context;
    uint64_t epoch = is_directory ? 0 : epoch_of_name(name);
    if (epoch == 0)
        return true;
    list->epochs = mem_realloc(list->epochs, (list->count + 1) * sizeof *list->epochs);
    list->epochs[list->count++] = epoch;
    if (epoch > list->newest)
        list->newest = epoch;
    return true;
}

/* ret_list->epochs is the caller's to free. */
static enum status list_epochs(struct file_io *io, const char *folder, struct epoch_list *ret_list,
                               struct error *error)
{
    struct epoch_list list = {0};
    struct buffer path = {0};
    epochs_folder(folder, &path);
    struct error failure;
    enum status status = file_io_list(io, buffer_text(&path), visit_record, &list, &failure);
    buffer_free(&path);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (status != STATUS_OK) {
        free(list.epochs);
        *error = failure;
        return error_prefix(error, "cannot list the leader epochs under %s", folder);
    }
    *ret_list = list;
    return STATUS_OK;
}

enum status leader_record_newest_epoch(struct file_io *io, const char *folder, uint64_t *ret_epoch,
                                       struct error *error)
{
    struct epoch_list list;
    enum status status = list_epochs(io, folder, &list, error);
    if (status != STATUS_OK)
        return status;
    *ret_epoch = list.newest;
    free(list.epochs);
    return STATUS_OK;
}

static enum status parse_record(const struct buffer *bytes, const char *path, uint64_t epoch,
                                struct leader_record *ret_record, struct error *error)
{
    json_t *json = json_loadb((const char *)bytes->data, bytes->size, 0, NULL);
    const char *id = json_string_value(json_object_get(json, "leader-id"));
    const char *address = json_string_value(json_object_get(json, "rpc-address"));
    json_t *number = json_object_get(json, "epoch");
    enum status status = STATUS_OK;
    if (id == NULL || address == NULL || strlen(id) >= LEADER_ID_BYTES ||
        strlen(address) >= LEADER_ADDRESS_BYTES || (uint64_t)json_integer_value(number) != epoch) {
        status = error_set(error, STATUS_CORRUPT, "%s is no leader record", path);
    } else {
        struct leader_record record = {.epoch = epoch};
        memcpy(record.leader_id, id, strlen(id) + 1);
        memcpy(record.rpc_address, address, strlen(address) + 1);
        record.since_ms = json_integer_value(json_object_get(json, "since-ms"));
        *ret_record = record;
    }
    json_decref(json);
    return status;
}

enum status leader_record_read(struct file_io *io, const char *folder, struct leader_record *ret_record,
                               struct error *error)
{
    uint64_t epoch;
    enum status status = leader_record_newest_epoch(io, folder, &epoch, error);
    if (status != STATUS_OK)
        return status;
    if (epoch == 0)
        return error_set(error, STATUS_NOT_FOUND, "no jobmanager has led under %s yet", folder);
    struct buffer path = {0}, bytes = {0};
    epoch_path(folder, epoch, &path);
    status = file_io_read(io, buffer_text(&path), &bytes, error);
    if (status == STATUS_OK)
        status = parse_record(&bytes, buffer_text(&path), epoch, ret_record, error);
    buffer_free(&bytes);
    buffer_free(&path);
    return status;
}

enum status leader_record_read_uri(const char *folder, struct leader_record *ret_record, struct error *error)
{
    struct file_io *io;
    enum status status = file_io_for_uri(folder, &io, error);
    if (status != STATUS_OK)
        return status;
    status = leader_record_read(io, folder, ret_record, error);
    file_io_free(io);
    return status;
}

enum status leader_record_publish(struct file_io *io, const char *folder, const struct leader_record *record,
                                  struct error *error)
{
    struct buffer path = {0};
    epochs_folder(folder, &path);
    enum status status = file_io_make_directories(io, buffer_text(&path), error);
    if (status == STATUS_OK) {
        json_t *json = json_pack("{s:I, s:s, s:s, s:I}", "epoch", (json_int_t)record->epoch, "leader-id",
                                 record->leader_id, "rpc-address", record->rpc_address, "since-ms",
                                 (json_int_t)record->since_ms);
        char *text = json_dumps(json, JSON_INDENT(1));
        epoch_path(folder, record->epoch, &path);
        status = file_io_create_exclusive(io, buffer_text(&path), text, strlen(text), error);
        free(text);
        json_decref(json);
    }
    buffer_free(&path);
    return status;
}

enum status leader_record_prune(struct file_io *io, const char *folder, uint32_t keep, struct error *error)
{
    struct epoch_list list;
    enum status status = list_epochs(io, folder, &list, error);
    if (status != STATUS_OK)
        return status;
    struct buffer path = {0};
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        if (list.newest - list.epochs[i] < keep)
            continue;
        epoch_path(folder, list.epochs[i], &path);
        status = file_io_delete(io, buffer_text(&path), error);
    }
    buffer_free(&path);
    free(list.epochs);
    return status;
}
