#include "taskmanager/source/datagen/datagen_source.h"

#include "common/base/check.h"
#include "common/base/event_queue.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "taskmanager/source/datagen/datagen_internal.h"

#include <stdlib.h>

enum { STRIPE_STATE_VERSION = 1, STRIPE_STATE_BYTES = 32, CHUNKS_PER_SECOND = 100 };
static const char stripe_state_name[] = "stripes";

/* Rows residue, residue + stride, ... of the whole source; the next one is number next of them. The stride is
 * the parallelism that the job first had, so that stripes can move between subtasks whole. */
struct stripe {
    uint64_t seed;
    uint64_t stride;
    uint64_t residue;
    uint64_t next;
};

struct datagen_source {
    struct source_reader base;
    const struct plan_node *node;
    const struct operator_context *context;
    struct stripe *stripes;
    size_t num_stripes;
    size_t turn;                /* the stripe whose rows come next */
    uint64_t num_rows;          /* of the whole source; UINT64_MAX: no end */
    double rows_per_us;         /* of this subtask */
    uint64_t chunk;             /* rows that are waited for, so that a high rate does not mean tiny batches */
    int64_t opened_us;          /* monotonic; moved forward when the chain was too slow to take the rows */
    uint64_t num_emitted;       /* since opened_us */
    struct source_run run;      /* the last batch */
    struct event_queue *waiter; /* never holds an event: a sleep that wake ends */
};

static uint64_t count_rows(const struct datagen_config *config)
{
    uint64_t num_rows = config->number_of_rows < 0 ? UINT64_MAX : (uint64_t)config->number_of_rows;
    for (size_t i = 0; i < config->field_count; i++) {
        if (config->fields[i].kind != DATAGEN_SEQUENCE)
            continue;
        uint64_t length = (uint64_t)config->fields[i].end - (uint64_t)config->fields[i].start + 1;
        if (length != 0 && length < num_rows)
            num_rows = length;
    }
    return num_rows;
}

static enum status datagen_open(struct source_reader *reader, const struct operator_context *context,
                                struct error *error)
{
    (void)error;
    struct datagen_source *source = (struct datagen_source *)reader;
    source->context = context;
    source->waiter = event_queue_create(NULL);
    source->num_rows = count_rows(source->node->source->datagen);
    return STATUS_OK;
}

static uint64_t read_le64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static void add_stripe(struct datagen_source *source, struct stripe stripe)
{
    source->stripes = mem_realloc(source->stripes, (source->num_stripes + 1) * sizeof *source->stripes);
    source->stripes[source->num_stripes++] = stripe;
}

static void start_clock(struct datagen_source *source)
{
    int64_t rate = source->node->source->datagen->rows_per_second;
    uint64_t stride = source->num_stripes > 0 ? source->stripes[0].stride : 1;
    source->rows_per_us = (double)rate * (double)source->num_stripes / (double)stride / 1e6;
    source->chunk = (uint64_t)(source->rows_per_us * 1e6 / CHUNKS_PER_SECOND);
    if (source->chunk < 1)
        source->chunk = 1;
    if (source->chunk > BATCH_MAX_ROWS)
        source->chunk = BATCH_MAX_ROWS;
    source->opened_us = clock_monotonic_us(&source->context->process->clock);
    source->num_emitted = 0;
}

static enum status datagen_restore(struct source_reader *reader, const struct operator_state *state,
                                   bool is_restored, struct error *error)
{
    struct datagen_source *source = (struct datagen_source *)reader;
    const struct operator_context *context = source->context;
    const struct list_state *list = operator_state_find(state, stripe_state_name);
    if (!is_restored)
        add_stripe(source, (struct stripe){.seed = random_seed_system(),
                                           .stride = context->parallelism,
                                           .residue = context->subtask});
    for (size_t i = 0; is_restored && list != NULL && i < list->num_items; i++) {
        const struct buffer *item = &list->items[i];
        if (list->version != STRIPE_STATE_VERSION || item->size != STRIPE_STATE_BYTES)
            return error_set(error, STATUS_CORRUPT, "the state of %s is of version %u, known is %d",
                             source->node->name, list->version, STRIPE_STATE_VERSION);
        struct stripe stripe = {read_le64(item->data), read_le64(item->data + 8), read_le64(item->data + 16),
                                read_le64(item->data + 24)};
        if (stripe.stride == 0 || stripe.residue >= stripe.stride)
            return error_set(error, STATUS_CORRUPT, "the state of %s makes no sense", source->node->name);
        add_stripe(source, stripe);
    }
    start_clock(source);
    return STATUS_OK;
}

static uint64_t rows_left(const struct datagen_source *source, const struct stripe *stripe)
{
    if (stripe->residue >= source->num_rows)
        return 0;
    uint64_t all = (source->num_rows - stripe->residue - 1) / stripe->stride + 1;
    return all > stripe->next ? all - stripe->next : 0;
}

/* Rows that the rate allows by now. What a slow chain could not take is made up for one second at most. */
static uint64_t rows_due(struct datagen_source *source, int64_t now_us)
{
    double due = (double)source->chunk + (double)(now_us - source->opened_us) * source->rows_per_us -
                 (double)source->num_emitted;
    double most = source->rows_per_us * 1e6 + (double)source->chunk;
    if (due > most) {
        source->opened_us = now_us - 1000000;
        source->num_emitted = 0;
        due = most;
    }
    return due > 0 ? (uint64_t)due : 0;
}

/* Waits until a chunk is due, at most max_wait_ms. */
static uint64_t wait_for_rows(struct datagen_source *source, int64_t max_wait_ms)
{
    const struct clock *clock = &source->context->process->clock;
    uint64_t due = rows_due(source, clock_monotonic_us(clock));
    if (due >= source->chunk || source->num_stripes == 0) {
        if (source->num_stripes == 0)
            event_queue_pop(source->waiter, max_wait_ms);
        return due;
    }
    double wait_ms = (double)(source->chunk - due) / source->rows_per_us / 1000 + 1;
    event_queue_pop(source->waiter, wait_ms < (double)max_wait_ms ? (int64_t)wait_ms : max_wait_ms);
    due = rows_due(source, clock_monotonic_us(clock));
    return due >= source->chunk ? due : 0;
}

static struct stripe *next_stripe(struct datagen_source *source)
{
    for (size_t i = 0; i < source->num_stripes; i++) {
        struct stripe *stripe = &source->stripes[source->turn++ % source->num_stripes];
        if (rows_left(source, stripe) > 0)
            return stripe;
    }
    return NULL;
}

static enum source_result datagen_poll(struct source_reader *reader, int64_t max_wait_ms,
                                       struct record_batch **ret_batch, struct error *error)
{
    (void)error;
    struct datagen_source *source = (struct datagen_source *)reader;
    const struct datagen_config *config = source->node->source->datagen;
    struct stripe *stripe = next_stripe(source);
    if (stripe == NULL && source->num_rows != UINT64_MAX)
        return SOURCE_ENDED;
    uint64_t count = wait_for_rows(source, max_wait_ms);
    if (stripe == NULL || count == 0)
        return SOURCE_EMPTY;
    uint64_t left = rows_left(source, stripe);
    count = count < BATCH_MAX_ROWS ? count : BATCH_MAX_ROWS;
    count = count < left ? count : left;
    struct datagen_rows rows = {
        .seed = stripe->seed,
        .first = stripe->residue + stripe->next * stripe->stride,
        .stride = stripe->stride,
        .count = (uint32_t)count,
        .now_us = clock_wall_us(&source->context->process->clock),
    };
    struct record_batch *batch = record_batch_create(source->node->schema, rows.count);
    for (uint32_t i = 0; i < source->node->schema->num_fields; i++) {
        rows.field = i;
        batch->columns[i] =
            datagen_column_make(&config->fields[i], source->node->schema->fields[i].type, &rows);
    }
    stripe->next += count;
    source->num_emitted += count;
    source->run.num_rows = rows.count;
    *ret_batch = batch;
    return SOURCE_BATCH;
}

static enum status datagen_snapshot(struct source_reader *reader, uint64_t checkpoint_id,
                                    struct operator_snapshot *snapshot, struct error *error)
{
    (void)checkpoint_id;
    (void)error;
    const struct datagen_source *source = (const struct datagen_source *)reader;
    struct list_state *list =
        operator_state_add_list(&snapshot->state, stripe_state_name, LIST_STATE_SPLIT, STRIPE_STATE_VERSION);
    struct buffer item = {0};
    for (size_t i = 0; i < source->num_stripes; i++) {
        buffer_clear(&item);
        buffer_append_le64(&item, source->stripes[i].seed);
        buffer_append_le64(&item, source->stripes[i].stride);
        buffer_append_le64(&item, source->stripes[i].residue);
        buffer_append_le64(&item, source->stripes[i].next);
        list_state_append(list, item.data, item.size);
    }
    buffer_free(&item);
    return STATUS_OK;
}

/* Without stripes there is nothing to come, ever. */
static const struct source_split *datagen_splits(struct source_reader *reader, uint32_t *ret_count)
{
    static const struct source_split split = {.name = ""};
    *ret_count = ((const struct datagen_source *)reader)->num_stripes > 0 ? 1 : 0;
    return &split;
}

static const struct source_run *datagen_runs(struct source_reader *reader, uint32_t *ret_count)
{
    *ret_count = 1;
    return &((const struct datagen_source *)reader)->run;
}

static void datagen_wake(struct source_reader *reader)
{
    event_queue_wake(((struct datagen_source *)reader)->waiter);
}

static void datagen_close(struct source_reader *reader)
{
    struct datagen_source *source = (struct datagen_source *)reader;
    event_queue_free(source->waiter);
    free(source->stripes);
    free(source);
}

static const struct source_reader_ops datagen_ops = {
    .open = datagen_open,
    .restore = datagen_restore,
    .poll = datagen_poll,
    .snapshot_state = datagen_snapshot,
    .splits = datagen_splits,
    .runs = datagen_runs,
    .wake = datagen_wake,
    .close = datagen_close,
};

struct source_reader *datagen_source_create(const struct plan_node *node)
{
    CHECK(node->kind == PLAN_SOURCE && node->source->kind == PLAN_SOURCE_DATAGEN);
    CHECK(node->source->datagen->field_count == node->schema->num_fields);
    struct datagen_source *source = mem_calloc(1, sizeof *source);
    source->base.ops = &datagen_ops;
    source->node = node;
    return &source->base;
}
