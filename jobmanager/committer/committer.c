#include "jobmanager/committer/committer.h"

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_BACKOFF_MS = 100, MAX_BACKOFF_MS = 10000, MAX_IO_FAILURES = 6, MAX_PENDING = 64 };

enum table_request { REQUEST_NONE, REQUEST_CLAIM, REQUEST_READ, REQUEST_COMMIT };

struct table_state {
    struct committer_table shown;
    bool is_claimed;
    bool is_read;
    enum table_request request;
    uint64_t request_checkpoint; /* of REQUEST_COMMIT */
    uint64_t done_through;       /* every pending checkpoint up to here is dealt with */
    int64_t retry_ms;            /* INT64_MIN: at once */
    int64_t backoff_ms;
    uint32_t io_failures;
};

struct pending_commit {
    uint64_t checkpoint_id;
    bool *has_files;
};

enum committer_phase { PHASE_IDLE, PHASE_CLAIM, PHASE_CLAIMED, PHASE_READ, PHASE_COMMIT };

/* Invariant: pending is in checkpoint order; no table has done a checkpoint before all earlier ones. */
struct committer {
    struct committer_callbacks callbacks;
    struct table_state *tables;
    uint32_t num_tables;
    struct pending_commit pending[MAX_PENDING];
    uint32_t num_pending;
    enum committer_phase phase;
    bool is_stopped;
    bool has_failed;
};

struct committer *committer_create(const char *const *names, uint32_t num_tables,
                                   const struct committer_callbacks *callbacks)
{
    struct committer *committer = mem_calloc(1, sizeof *committer);
    committer->callbacks = *callbacks;
    committer->num_tables = num_tables;
    committer->tables = mem_calloc(num_tables + 1, sizeof *committer->tables);
    for (uint32_t t = 0; t < num_tables; t++) {
        struct table_state *table = &committer->tables[t];
        table->shown.name = mem_strdup(names[t]);
        table->shown.last_checkpoint_id = COMMITTER_NOTHING;
        table->shown.last_snapshot_id = -1;
        table->backoff_ms = MIN_BACKOFF_MS;
        table->retry_ms = INT64_MIN;
    }
    return committer;
}

void committer_free(struct committer *committer)
{
    if (committer == NULL)
        return;
    for (uint32_t t = 0; t < committer->num_tables; t++)
        free(committer->tables[t].shown.name);
    for (uint32_t i = 0; i < committer->num_pending; i++)
        free(committer->pending[i].has_files);
    free(committer->tables);
    free(committer);
}

/* The oldest pending checkpoint that the table has not dealt with; NULL when none. */
static const struct pending_commit *next_for_table(const struct committer *committer,
                                                   const struct table_state *table)
{
    for (uint32_t i = 0; i < committer->num_pending; i++) {
        uint32_t at = GUARD(MUTANT_COMMIT_OUT_OF_ORDER, false) ? committer->num_pending - 1 - i : i;
        if (committer->pending[at].checkpoint_id > table->done_through)
            return &committer->pending[at];
    }
    return NULL;
}

static void request(struct committer *committer, uint32_t t)
{
    struct table_state *table = &committer->tables[t];
    void *context = committer->callbacks.context;
    if (committer->phase == PHASE_CLAIM && !table->is_claimed) {
        table->request = REQUEST_CLAIM;
        committer->callbacks.claim(context, t);
    } else if (committer->phase == PHASE_READ && !table->is_read) {
        table->request = REQUEST_READ;
        committer->callbacks.read_last(context, t);
    } else if (committer->phase == PHASE_COMMIT) {
        const struct pending_commit *next = next_for_table(committer, table);
        while (next != NULL && !next->has_files[t]) {
            table->done_through = next->checkpoint_id;
            next = next_for_table(committer, table);
        }
        if (next == NULL)
            return;
        table->request = REQUEST_COMMIT;
        table->request_checkpoint = next->checkpoint_id;
        committer->callbacks.commit(context, t, next->checkpoint_id);
    }
}

static bool all_have(const struct committer *committer, uint64_t checkpoint_id)
{
    for (uint32_t t = 0; t < committer->num_tables; t++)
        if (committer->tables[t].done_through < checkpoint_id)
            return false;
    return true;
}

/* Reports what all tables have, oldest first. */
static void settle(struct committer *committer)
{
    while (committer->num_pending > 0 && all_have(committer, committer->pending[0].checkpoint_id)) {
        uint64_t checkpoint_id = committer->pending[0].checkpoint_id;
        free(committer->pending[0].has_files);
        committer->num_pending--;
        memmove(&committer->pending[0], &committer->pending[1],
                committer->num_pending * sizeof committer->pending[0]);
        committer->callbacks.committed(committer->callbacks.context, checkpoint_id);
    }
}

static void advance(struct committer *committer, int64_t now_ms)
{
    for (uint32_t t = 0; t < committer->num_tables; t++) {
        struct table_state *table = &committer->tables[t];
        bool may_begin = table->request == REQUEST_NONE && now_ms >= table->retry_ms;
        if (may_begin && !committer->is_stopped && !committer->has_failed)
            request(committer, t);
    }
    if (committer->phase == PHASE_COMMIT)
        settle(committer);
}

static void check_phase(struct committer *committer)
{
    bool all_claimed = true, all_read = true;
    for (uint32_t t = 0; t < committer->num_tables; t++) {
        all_claimed = all_claimed && committer->tables[t].is_claimed;
        all_read = all_read && committer->tables[t].is_read;
    }
    if (committer->phase == PHASE_CLAIM && all_claimed) {
        committer->phase = PHASE_CLAIMED;
        committer->callbacks.all_claimed(committer->callbacks.context);
    } else if (committer->phase == PHASE_READ && all_read) {
        committer->phase = PHASE_COMMIT;
        committer->callbacks.all_read(committer->callbacks.context);
    }
}

static void fail(struct committer *committer, uint32_t t, const struct error *error)
{
    if (committer->has_failed)
        return;
    committer->has_failed = true;
    struct buffer text = {0};
    buffer_printf(&text,
                  "table %s: %s; last committed checkpoint of each table:", committer->tables[t].shown.name,
                  error->message);
    for (uint32_t i = 0; i < committer->num_tables; i++) {
        const struct committer_table *table = &committer->tables[i].shown;
        if (table->last_checkpoint_id == COMMITTER_NOTHING)
            buffer_printf(&text, " %s none", table->name);
        else
            buffer_printf(&text, " %s %" PRId64, table->name, table->last_checkpoint_id);
    }
    struct error failure;
    error_set(&failure, error->code, "%s", buffer_text(&text));
    failure.domain = error->domain;
    failure.retriable = false;
    failure.fatal = true;
    buffer_free(&text);
    committer->callbacks.failed(committer->callbacks.context, &failure);
}

/* True when the request succeeded; otherwise a retry is set or the job fails. */
static bool take_answer(struct committer *committer, uint32_t t, const struct error *error, int64_t now_ms)
{
    struct table_state *table = &committer->tables[t];
    table->request = REQUEST_NONE;
    if (error == NULL) {
        table->backoff_ms = MIN_BACKOFF_MS;
        table->retry_ms = INT64_MIN;
        table->io_failures = 0;
        return true;
    }
    /* A full or failing disk may recover, a wrong path does not: a few attempts tell. */
    bool is_io = error->code == STATUS_IO && ++table->io_failures < MAX_IO_FAILURES;
    if (error->fatal || (!error->retriable && !is_io)) {
        fail(committer, t, error);
        return false;
    }
    table->retry_ms = now_ms + table->backoff_ms;
    table->backoff_ms = table->backoff_ms * 2 > MAX_BACKOFF_MS ? MAX_BACKOFF_MS : table->backoff_ms * 2;
    return false;
}

void committer_start(struct committer *committer, int64_t now_ms)
{
    CHECK(committer->phase == PHASE_IDLE);
    committer->phase = PHASE_CLAIM;
    advance(committer, now_ms);
    check_phase(committer);
}

void committer_claimed(struct committer *committer, uint32_t table, const struct error *error, int64_t now_ms)
{
    CHECK(committer->tables[table].request == REQUEST_CLAIM);
    if (take_answer(committer, table, error, now_ms))
        committer->tables[table].is_claimed = true;
    check_phase(committer);
}

void committer_read_tables(struct committer *committer, int64_t now_ms)
{
    CHECK(committer->phase == PHASE_CLAIMED);
    committer->phase = PHASE_READ;
    advance(committer, now_ms);
    check_phase(committer);
}

void committer_read(struct committer *committer, uint32_t table, int64_t last_checkpoint_id,
                    const struct error *error, int64_t now_ms)
{
    CHECK(committer->tables[table].request == REQUEST_READ);
    if (take_answer(committer, table, error, now_ms)) {
        committer->tables[table].is_read = true;
        committer->tables[table].shown.last_checkpoint_id = last_checkpoint_id;
        if (last_checkpoint_id >= 0)
            committer->tables[table].done_through = (uint64_t)last_checkpoint_id;
    }
    check_phase(committer);
}

void committer_durable(struct committer *committer, uint64_t checkpoint_id, const bool *has_files,
                       int64_t now_ms)
{
    CHECK(committer->phase == PHASE_COMMIT && committer->num_pending < MAX_PENDING);
    CHECK(committer->num_pending == 0 ||
          committer->pending[committer->num_pending - 1].checkpoint_id < checkpoint_id);
    struct pending_commit *pending = &committer->pending[committer->num_pending++];
    pending->checkpoint_id = checkpoint_id;
    pending->has_files = mem_calloc(committer->num_tables + 1, sizeof *pending->has_files);
    for (uint32_t t = 0; t < committer->num_tables; t++)
        pending->has_files[t] = has_files[t];
    advance(committer, now_ms);
}

void committer_table_committed(struct committer *committer, uint32_t t, uint64_t checkpoint_id,
                               int64_t snapshot_id, const struct error *error, int64_t now_ms)
{
    struct table_state *table = &committer->tables[t];
    CHECK(table->request == REQUEST_COMMIT && table->request_checkpoint == checkpoint_id);
    if (take_answer(committer, t, error, now_ms)) {
        table->done_through = checkpoint_id;
        table->shown.last_checkpoint_id = (int64_t)checkpoint_id;
        if (snapshot_id != -1)
            table->shown.last_snapshot_id = snapshot_id;
    }
    advance(committer, now_ms);
}

void committer_stop(struct committer *committer)
{
    committer->is_stopped = true;
}

void committer_tick(struct committer *committer, int64_t now_ms)
{
    advance(committer, now_ms);
}

int64_t committer_next_timer_ms(const struct committer *committer)
{
    int64_t next_ms = INT64_MAX;
    for (uint32_t t = 0; t < committer->num_tables && !committer->is_stopped && !committer->has_failed; t++) {
        const struct table_state *table = &committer->tables[t];
        if (table->request == REQUEST_NONE && table->retry_ms != INT64_MIN && table->retry_ms < next_ms)
            next_ms = table->retry_ms;
    }
    return next_ms;
}

uint32_t committer_num_pending(const struct committer *committer)
{
    return committer->num_pending;
}

int64_t committer_oldest_pending(const struct committer *committer)
{
    return committer->num_pending == 0 ? COMMITTER_NOTHING : (int64_t)committer->pending[0].checkpoint_id;
}

bool committer_has_request(const struct committer *committer)
{
    for (uint32_t t = 0; t < committer->num_tables; t++)
        if (committer->tables[t].request != REQUEST_NONE)
            return true;
    return false;
}

bool committer_has_failed(const struct committer *committer)
{
    return committer->has_failed;
}

uint32_t committer_num_tables(const struct committer *committer)
{
    return committer->num_tables;
}

const struct committer_table *committer_table(const struct committer *committer, uint32_t table)
{
    CHECK(table < committer->num_tables);
    return &committer->tables[table].shown;
}
