#pragma once

#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which checkpoint is committed to which table when: the protocol of one job as a state machine. Its I/O is
 * table_committer's. Tables advance independently, each in checkpoint order; a checkpoint is committed when
 * all tables have it. Events carry the time; commands go out by callbacks, which must not call back before
 * the function returned.
 *
 *   committer_start: claim each table -> all_claimed
 *   committer_read_tables: read what each has -> all_read
 *   committer_durable, in checkpoint order: commit to each table that it has files for -> committed
 */
enum { COMMITTER_NOTHING = -1 };

struct committer_callbacks {
    void *context;
    /* Each is answered by the event below it; at most one is under way for a table. */
    void (*claim)(void *context, uint32_t table);
    void (*read_last)(void *context, uint32_t table);
    void (*commit)(void *context, uint32_t table, uint64_t checkpoint_id);
    void (*all_claimed)(void *context);
    void (*all_read)(void *context);
    void (*committed)(void *context, uint64_t checkpoint_id);
    /* For good: fatal is set; the message lists each table's last checkpoint. Nothing is begun after it. */
    void (*failed)(void *context, const struct error *error);
};

struct committer_table {
    char *name;
    int64_t last_checkpoint_id; /* COMMITTER_NOTHING: none known */
    int64_t last_snapshot_id;
};

struct committer;

/* names are copied. There may be no tables. */
struct committer *committer_create(const char *const *names, uint32_t num_tables,
                                   const struct committer_callbacks *callbacks);
void committer_free(struct committer *committer);

void committer_start(struct committer *committer, int64_t now_ms);
void committer_claimed(struct committer *committer, uint32_t table, const struct error *error,
                       int64_t now_ms); /* error NULL: it succeeded; so below */
void committer_read_tables(struct committer *committer, int64_t now_ms);
void committer_read(struct committer *committer, uint32_t table, int64_t last_checkpoint_id,
                    const struct error *error, int64_t now_ms);
/* has_files[t]: the checkpoint has something for table t. */
void committer_durable(struct committer *committer, uint64_t checkpoint_id, const bool *has_files,
                       int64_t now_ms);
void committer_table_committed(struct committer *committer, uint32_t table, uint64_t checkpoint_id,
                               int64_t snapshot_id, const struct error *error, int64_t now_ms);
/* Nothing new is begun or retried; what is under way is still resolved. */
void committer_stop(struct committer *committer);
void committer_tick(struct committer *committer, int64_t now_ms);
int64_t committer_next_timer_ms(const struct committer *committer);

/* Durable and not committed in all tables. */
uint32_t committer_num_pending(const struct committer *committer);
/* The oldest of them; COMMITTER_NOTHING when none. */
int64_t committer_oldest_pending(const struct committer *committer);
bool committer_has_request(const struct committer *committer); /* I/O is under way */
bool committer_has_failed(const struct committer *committer);
uint32_t committer_num_tables(const struct committer *committer);
const struct committer_table *committer_table(const struct committer *committer, uint32_t table);
