#include "taskmanager/source/kafka/kafka_source.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <stdlib.h>

static struct kafka_source *source_of(struct source_reader *reader)
{
    return (struct kafka_source *)reader;
}

static enum status kafka_open(struct source_reader *reader, const struct operator_context *context,
                              struct error *error)
{
    struct kafka_source *source = source_of(reader);
    source->context = context;
    enum status status = kafka_batch_check_schema(source->node, error);
    if (status == STATUS_OK)
        status = kafka_client_open(source->client, source->config, context, source->arena, error);
    if (status == STATUS_OK)
        kafka_batch_open(source);
    return status;
}

static enum status kafka_restore(struct source_reader *reader, const struct operator_state *state,
                                 bool is_restored, struct error *error)
{
    return kafka_splits_restore(source_of(reader), state, is_restored, error);
}

static enum source_result kafka_poll_reader(struct source_reader *reader, int64_t max_wait_ms,
                                            struct record_batch **ret_batch, struct error *error)
{
    return kafka_poll(source_of(reader), max_wait_ms, ret_batch, error);
}

static enum status kafka_snapshot_state(struct source_reader *reader, uint64_t checkpoint_id,
                                        struct operator_snapshot *snapshot, struct error *error)
{
    (void)error;
    return kafka_splits_snapshot(source_of(reader), checkpoint_id, snapshot);
}

static void kafka_notify_complete(struct source_reader *reader, uint64_t checkpoint_id)
{
    kafka_commit_complete(source_of(reader), checkpoint_id);
}

static const struct source_split *kafka_list_splits(struct source_reader *reader, uint32_t *ret_count)
{
    return kafka_splits_list(source_of(reader), ret_count);
}

static const struct source_run *kafka_list_runs(struct source_reader *reader, uint32_t *ret_count)
{
    *ret_count = source_of(reader)->num_runs;
    return source_of(reader)->runs;
}

static void kafka_wake(struct source_reader *reader)
{
    kafka_client_wake(source_of(reader)->client);
}

static void kafka_close(struct source_reader *reader)
{
    struct kafka_source *source = source_of(reader);
    kafka_discovery_stop(&source->discovery);
    kafka_commit_close(source);
    record_batch_free(source->pending);
    kafka_batch_close(source);
    kafka_client_close(source->client);
    free(source->splits);
    free(source->listed);
    arena_free(source->arena);
    free(source);
}

static const struct source_reader_ops kafka_source_ops = {
    .open = kafka_open,
    .restore = kafka_restore,
    .poll = kafka_poll_reader,
    .snapshot_state = kafka_snapshot_state,
    .notify_complete = kafka_notify_complete,
    .splits = kafka_list_splits,
    .runs = kafka_list_runs,
    .wake = kafka_wake,
    .close = kafka_close,
};

struct source_reader *kafka_source_create(const struct plan_node *node)
{
    CHECK(node->kind == PLAN_SOURCE && node->source->kind == PLAN_SOURCE_KAFKA);
    enum { ARENA_BLOCK_BYTES = 4096 };
    struct kafka_source *source = mem_calloc(1, sizeof *source);
    source->base.ops = &kafka_source_ops;
    source->node = node;
    source->config = node->source->kafka;
    source->arena = arena_create(ARENA_BLOCK_BYTES);
    source->client = kafka_client_create();
    return &source->base;
}
