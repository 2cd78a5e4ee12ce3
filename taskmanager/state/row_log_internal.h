#pragma once

#include "common/base/arena.h"
#include "taskmanager/state/file_transfer_internal.h"
#include "taskmanager/state/store_run_internal.h"

/*
 * What only the table knows, on local disk: rows of partitions that are wholly in memory (resident), as they
 * were at barriers. Nobody reads it but a restore. It is a chain of files: a base with all rows of all
 * resident partitions, then files of what changed from barrier to barrier, until a new base begins the next
 * chain. Each has the form of table_freeze_internal.h, with one more kind of row: a removal, whose size of
 * value is UINT32_MAX.
 *
 * The writer's thread alone uses it. After a failure it is not used again.
 */
struct row_log;

/* folder: made when the first file is; whoever owns it removes it. */
struct row_log *row_log_create(struct file_io *io, const char *folder);
void row_log_free(struct row_log *log); /* may be NULL */

struct row_log_file {
    char *name;
    bool is_base;
    char **states; /* that blocks name by their index */
    uint32_t num_states;
};
void row_log_file_free(struct row_log_file *file); /* the content */

/* A base begins a chain: the files before it are removed. */
STATUS_MUST_CHECK enum status row_log_begin(struct row_log *log, const struct row_log_file *file,
                                            struct error *error);
/* The rows of a run as one block. */
STATUS_MUST_CHECK enum status row_log_append(struct row_log *log, const struct store_run *run,
                                             struct error *error);
STATUS_MUST_CHECK enum status row_log_end(struct row_log *log, struct error *error);
/* Links of all files into a folder that is there, and the index beside them; empty: no index. */
STATUS_MUST_CHECK enum status row_log_link(const struct row_log *log, const char *folder,
                                           struct bytes_view index, struct error *error);

/*
 * The index of a chain: its files in order, and of each state the resident partitions, each with the number
 * of the first file that counts for it: earlier ones may have rows of a namesake that was dropped. Rows of
 * partitions that are not in it do not count.
 *
 * Little-endian: "FRZLOGX1"; number of files u32, of each its number u32, the size of its name u32, the name;
 * number of states u32, of each the size of its name u32, the name, number of partitions u32, of each key
 * group u32, namespace i64, number of the first file u32.
 */
#define ROW_LOG_INDEX_NAME "RESIDENTS"

struct row_log_partition {
    uint32_t key_group, first_file;
    int64_t namespace_;
};

struct row_log_entry {
    uint32_t number;
    const char *name;
};

struct row_log_state {
    const char *name;
    struct row_log_partition *partitions; /* ascending by key group and namespace */
    uint32_t num_partitions;
};

struct row_log_index {
    struct row_log_entry *files;
    uint32_t num_files;
    struct row_log_state *states;
    uint32_t num_states;
};

int row_log_partition_compare(const void *left, const void *right);
void row_log_index_encode(const struct row_log_index *index, struct buffer *out);
/* Lives in arena. CORRUPT with what is wrong. */
STATUS_MUST_CHECK enum status row_log_index_parse(struct bytes_view bytes, struct arena *arena,
                                                  struct row_log_index **ret_index, struct error *error);
const struct row_log_state *row_log_index_state(const struct row_log_index *index, const char *name);
/* NULL: the partition is not resident. */
const struct row_log_partition *row_log_state_find(const struct row_log_state *state, uint32_t key_group,
                                                   int64_t namespace_);
