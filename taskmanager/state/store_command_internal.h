#pragma once

#include "taskmanager/state/row_log_internal.h"
#include "taskmanager/state/store_writer_internal.h"

/* What the writer is to do. Owns what its kind has. */
enum store_command_kind {
    STORE_WRITE_RUN,
    STORE_DELETE_RANGES,
    STORE_BEGIN_LOG,
    STORE_APPEND_LOG,
    STORE_END_LOG,
    STORE_MAKE_LINK,
};

struct store_command {
    struct store_command *next;
    enum store_command_kind kind;
    size_t bytes;                  /* of memory, while it is pending */
    struct store_run *run;         /* WRITE_RUN, APPEND_LOG */
    struct rocksdb_family *family; /* DELETE_RANGES: of all ranges */
    struct bytes_view *begins, *ends;
    size_t num_ranges;
    uint8_t *bounds;              /* that begins and ends point into */
    struct row_log_file log_file; /* BEGIN_LOG */
    struct store_link *link;      /* MAKE_LINK */
    struct buffer log_index;
};

/* What commands are carried out upon. */
struct store_target {
    struct rocksdb_store *store;
    struct row_log *log;
    struct file_io *local_io;
    struct store_run_sorter sorter;
};

/* Takes the run over. */
struct store_command *store_command_for_run(struct store_run *run);
struct store_command *store_command_for_ranges(struct rocksdb_family *family, const struct bytes_view *begins,
                                               const struct bytes_view *ends, size_t count); /* copies */
struct store_command *store_command_create(enum store_command_kind kind);
void store_command_free(struct store_command *command);
STATUS_MUST_CHECK enum status store_command_carry_out(const struct store_command *command,
                                                      struct store_target *target, struct error *error);
