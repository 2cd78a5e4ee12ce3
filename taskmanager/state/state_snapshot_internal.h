#pragma once

#include "taskmanager/state/keyed_state.h"
#include "taskmanager/state/state_files_internal.h"
#include "taskmanager/state/store_writer_internal.h"
#include "taskmanager/state/table_freeze_internal.h"

/*
 * What snapshots share with their backend, and what outlives it while there are some. Any thread.
 */
struct state_snapshots {
    struct refcount refs;
    struct file_io *io; /* the caller's */
    struct file_io *local_io;
    char *checkpoint_folder;
    char *recovery_folder; /* NULL: linked folders are of no use after the upload */
    struct state_file_registry registry;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    /* Guarded by the lock: */
    struct keyed_state_snapshot *first;
    uint32_t num_running; /* uploads */
    bool is_closed;       /* the backend is gone, or waits for the running ones */
    struct store_writer *writer;
};

struct keyed_state_snapshot {
    struct state_snapshots *shared;
    struct keyed_state_snapshot *next, *previous; /* of all */
    uint64_t checkpoint_id;
    atomic_bool is_cancelled;
    struct arena *arena;
    struct keyed_state_handle head; /* without files; in the arena */
    struct state_file_list *base;   /* what may be shared, or NULL */
    bool is_begun;                  /* an upload was: it has removed, or kept, the links */
    /* By kind; both NULL: there are no rows. */
    struct store_link *link;
    struct table_freeze *freeze;
};

struct state_snapshots *state_snapshots_create(const struct keyed_state_options *options,
                                               struct file_io *local_io);
/* Cancels the uploads, waits for them, and drops the backend's reference. */
void state_snapshots_close(struct state_snapshots *shared);
void state_snapshots_unref(struct state_snapshots *shared);
void state_snapshots_add(struct state_snapshots *shared, struct keyed_state_snapshot *snapshot);

/* The folder of links of a checkpoint, in parent; the caller frees it. */
char *state_link_folder(const char *parent, uint64_t checkpoint_id);
/* Removes the linked folders of other checkpoints than this one; is_newer_kept: those of newer ones stay. */
void state_links_remove_others(struct file_io *local_io, const char *parent, uint64_t checkpoint_id,
                               bool is_newer_kept);
/* Files that a checkpoint consists of: rows of the store and its manifest, the log and its index. */
bool state_file_is_part(const char *name);
/* ... of this checkpoint alone: the manifest and the index. */
bool state_file_is_private(const char *name);
bool state_file_is_manifest(const char *name);
bool state_file_is_of_store(const char *name); /* rows or manifest */
/* Rows that nobody reads where they lie: a checkpoint's file may be the same one. (A file of the store may
 * not: when it is damaged where it is used, the checkpoint is what the job goes on from.) */
bool state_file_is_of_log(const char *name);
