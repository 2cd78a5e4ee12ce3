/* The rows of a SELECT on their way from the subtasks to one reader. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/timed_condition.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_BUFFERED_BYTES = 8 << 20, MAX_BUFFERED_ROWS = 50000 };

struct collect_batch {
    struct collect_batch *next;
    uint32_t num_rows;
    size_t size;
    char json[]; /* without the outer brackets */
};

/* Next sequence number that a subtask of the present attempt is to send. */
struct collect_sender {
    uint32_t vertex;
    uint32_t subtask;
    uint32_t sink_id;
    uint64_t next_sequence;
};

struct collect_result {
    struct refcount refs;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct collect_batch *first;
    struct collect_batch **end;
    size_t buffered_bytes;
    uint32_t buffered_rows;
    struct collect_sender *senders;
    size_t num_senders;
    uint32_t attempt;
    bool were_rows_taken; /* from the subtasks, in any attempt */
    bool is_ended;
    bool is_failed;
    struct error error;
};

struct collect_result *collect_result_create(void)
{
    struct collect_result *result = mem_calloc(1, sizeof *result);
    refcount_init(&result->refs);
    timed_condition_init(&result->changed);
    CHECK(pthread_mutex_init(&result->mutex, NULL) == 0);
    result->end = &result->first;
    error_clear(&result->error);
    return result;
}

struct collect_result *collect_result_ref(struct collect_result *result)
{
    refcount_take(&result->refs);
    return result;
}

void collect_result_unref(struct collect_result *result)
{
    if (result == NULL || !refcount_drop(&result->refs))
        return;
    for (struct collect_batch *batch = result->first; batch != NULL;) {
        struct collect_batch *next = batch->next;
        free(batch);
        batch = next;
    }
    pthread_cond_destroy(&result->changed);
    pthread_mutex_destroy(&result->mutex);
    free(result->senders);
    free(result);
}

static struct collect_sender *find_sender(struct collect_result *result, const struct collect_sender *wanted)
{
    for (size_t i = 0; i < result->num_senders; i++) {
        struct collect_sender *sender = &result->senders[i];
        if (sender->vertex == wanted->vertex && sender->subtask == wanted->subtask &&
            sender->sink_id == wanted->sink_id)
            return sender;
    }
    result->senders = mem_realloc(result->senders, (result->num_senders + 1) * sizeof *result->senders);
    result->senders[result->num_senders] = *wanted;
    return &result->senders[result->num_senders++];
}

bool collect_result_start_attempt(struct collect_result *result, uint32_t attempt)
{
    pthread_mutex_lock(&result->mutex);
    bool is_resumable = !result->were_rows_taken;
    result->attempt = attempt;
    result->num_senders = 0;
    pthread_mutex_unlock(&result->mutex);
    return is_resumable;
}

/* The array's inner text: "[[..],[..]]" becomes "[..],[..]". */
static struct bytes_view without_brackets(struct bytes_view rows)
{
    while (rows.size > 0 && rows.data[rows.size - 1] != ']')
        rows.size--;
    while (rows.size > 0 && rows.data[0] != '[') {
        rows.data++;
        rows.size--;
    }
    if (rows.size < 2)
        return (struct bytes_view){0};
    return (struct bytes_view){.data = rows.data + 1, .size = rows.size - 2};
}

static void append(struct collect_result *result, struct bytes_view rows, uint32_t num_rows)
{
    struct bytes_view inner = without_brackets(rows);
    struct collect_batch *batch = mem_alloc(sizeof *batch + inner.size);
    *batch = (struct collect_batch){.num_rows = num_rows, .size = inner.size};
    if (inner.size > 0)
        memcpy(batch->json, inner.data, inner.size);
    *result->end = batch;
    result->end = &batch->next;
    result->buffered_bytes += inner.size;
    result->buffered_rows += num_rows;
    result->were_rows_taken = true;
    pthread_cond_broadcast(&result->changed);
}

enum status collect_result_put(struct collect_result *result, uint32_t vertex,
                               const struct rpc_collect *message, struct error *error)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&result->mutex);
    struct collect_sender wanted = {
        .vertex = vertex, .subtask = message->task.subtask, .sink_id = message->sink_id};
    struct collect_sender *sender = find_sender(result, &wanted);
    bool is_full =
        result->buffered_rows > 0 && (result->buffered_bytes + message->rows.size > MAX_BUFFERED_BYTES ||
                                      result->buffered_rows + message->num_rows > MAX_BUFFERED_ROWS);
    if (message->sequence < sender->next_sequence) {
        /* Sent again since the reply was lost: taken already. */
    } else if (message->sequence > sender->next_sequence) {
        status = error_set(error, STATUS_INVALID_ARGUMENT, "rows with sequence %llu came before %llu",
                           (unsigned long long)message->sequence, (unsigned long long)sender->next_sequence);
    } else if (is_full && !result->is_ended) {
        status = error_set(error, STATUS_EXHAUSTED, "the reader of the result has %u rows to take",
                           result->buffered_rows);
    } else {
        sender->next_sequence++;
        if (!result->is_ended && message->num_rows > 0)
            append(result, message->rows, message->num_rows);
    }
    pthread_mutex_unlock(&result->mutex);
    return status;
}

void collect_result_end(struct collect_result *result, const struct error *failure)
{
    pthread_mutex_lock(&result->mutex);
    result->is_ended = true;
    result->is_failed = failure != NULL;
    if (failure != NULL)
        result->error = *failure;
    pthread_cond_broadcast(&result->changed);
    pthread_mutex_unlock(&result->mutex);
}

static void take_batch(struct collect_result *result, struct collect_rows *rows)
{
    struct collect_batch *batch = result->first;
    if (rows->json.size > 0)
        buffer_append_byte(&rows->json, ',');
    buffer_append(&rows->json, batch->json, batch->size);
    rows->num_rows += batch->num_rows;
    result->first = batch->next;
    if (result->first == NULL)
        result->end = &result->first;
    result->buffered_bytes -= batch->size;
    result->buffered_rows -= batch->num_rows;
    free(batch);
}

void collect_result_take(struct collect_result *result, uint32_t max_rows, int64_t wait_ms,
                         struct collect_rows *ret_rows)
{
    struct collect_rows rows = {0};
    error_clear(&rows.error);
    struct timespec deadline = timed_condition_deadline(wait_ms);
    pthread_mutex_lock(&result->mutex);
    int waited = 0;
    while (result->first == NULL && !result->is_ended && wait_ms > 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&result->changed, &result->mutex, &deadline);
    while (result->first != NULL &&
           (rows.num_rows == 0 || rows.num_rows + result->first->num_rows <= max_rows))
        take_batch(result, &rows);
    if (result->first == NULL && result->is_ended) {
        rows.is_end = true;
        rows.is_failed = result->is_failed;
        rows.error = result->error;
    }
    pthread_mutex_unlock(&result->mutex);
    *ret_rows = rows;
}

void collect_rows_free(struct collect_rows *rows)
{
    buffer_free(&rows->json);
}
