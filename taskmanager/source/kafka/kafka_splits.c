#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_name = "kafka-partitions";

uint32_t kafka_split_subtask(const char *topic, int32_t partition, uint32_t parallelism)
{
    return (hash_murmur3_32(topic, strlen(topic), 0) % parallelism + (uint32_t)partition) % parallelism;
}

void kafka_split_encode(const struct kafka_split_state *split, struct buffer *buffer)
{
    buffer_append_le32(buffer, (uint32_t)split->partition);
    buffer_append_le32(buffer, (uint32_t)split->leader_epoch);
    buffer_append_le64(buffer, (uint64_t)split->start_offset);
    buffer_append_le64(buffer, (uint64_t)split->stop_offset);
    buffer_append_le64(buffer, (uint64_t)split->next_offset);
    buffer_append(buffer, split->topic, strlen(split->topic));
}

static uint64_t read_le(const uint8_t *data, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

enum status kafka_split_decode(struct bytes_view item, struct arena *arena,
                               struct kafka_split_state *ret_split, struct error *error)
{
    enum { FIXED_BYTES = 32, TOPIC_BYTES_MAX = 249 };
    if (item.size <= FIXED_BYTES || item.size > FIXED_BYTES + TOPIC_BYTES_MAX)
        return error_set(error, STATUS_CORRUPT,
                         "The checkpoint holds a Kafka partition of %zu bytes, which none can have.",
                         item.size);
    *ret_split = (struct kafka_split_state){
        .partition = (int32_t)read_le(item.data, 4),
        .leader_epoch = (int32_t)read_le(item.data + 4, 4),
        .start_offset = (int64_t)read_le(item.data + 8, 8),
        .stop_offset = (int64_t)read_le(item.data + 16, 8),
        .next_offset = (int64_t)read_le(item.data + 24, 8),
        .topic = arena_strndup(arena, (const char *)item.data + FIXED_BYTES, item.size - FIXED_BYTES),
    };
    return STATUS_OK;
}

/* The partitions of the configured topics that the state has, for any subtask. A topic that the table no
 * longer names is left out, as in Flink. */
static enum status read_state(struct kafka_source *source, const struct operator_state *state,
                              struct kafka_split_state **ret_splits, size_t *ret_count, struct error *error)
{
    const struct list_state *list = operator_state_find(state, state_name);
    if (list != NULL && list->version != KAFKA_STATE_VERSION)
        return error_set(error, STATUS_UNSUPPORTED,
                         "The checkpoint's Kafka offsets have version %u, this program reads version %d.",
                         list->version, KAFKA_STATE_VERSION);
    size_t count = list == NULL ? 0 : list->num_items;
    struct kafka_split_state *splits = arena_calloc(source->arena, count + 1, sizeof *splits);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        enum status status =
            kafka_split_decode(buffer_view(&list->items[i]), source->arena, &splits[kept], error);
        if (status != STATUS_OK)
            return status;
        for (size_t t = 0; t < source->config->topic_count; t++) {
            if (strcmp(source->config->topics[t], splits[kept].topic) == 0) {
                splits[kept++].topic = source->config->topics[t];
                break;
            }
        }
    }
    *ret_splits = splits;
    *ret_count = kept;
    return STATUS_OK;
}

static bool has_partition(const struct kafka_split_state *splits, size_t count, const char *topic,
                          int32_t partition)
{
    for (size_t i = 0; i < count; i++)
        if (splits[i].topic == topic && splits[i].partition == partition)
            return true;
    return false;
}

/* Partitions of this subtask: those of the state, then those that are there and not in it. */
struct split_plan {
    struct kafka_split_state *restored;
    size_t num_restored;
    struct kafka_split_state *fresh;
    size_t num_fresh;
};

static struct split_plan plan_splits(struct kafka_source *source, const struct kafka_split_state *known,
                                     size_t num_known, const int32_t *counts)
{
    const struct operator_context *context = source->context;
    const struct kafka_source_config *config = source->config;
    struct split_plan plan = {0};
    size_t total = 0;
    for (size_t t = 0; t < config->topic_count; t++)
        total += (size_t)counts[t];
    plan.restored = arena_calloc(source->arena, num_known + 1, sizeof *plan.restored);
    plan.fresh = arena_calloc(source->arena, total + 1, sizeof *plan.fresh);
    for (size_t i = 0; i < num_known; i++)
        if (kafka_split_subtask(known[i].topic, known[i].partition, context->parallelism) == context->subtask)
            plan.restored[plan.num_restored++] = known[i];
    for (size_t t = 0; t < config->topic_count; t++) {
        const char *topic = config->topics[t];
        for (int32_t p = 0; p < counts[t]; p++) {
            if (kafka_split_subtask(topic, p, context->parallelism) != context->subtask ||
                has_partition(known, num_known, topic, p))
                continue;
            plan.fresh[plan.num_fresh++] = (struct kafka_split_state){
                .topic = topic,
                .partition = p,
                .leader_epoch = -1,
                .start_offset = KAFKA_UNKNOWN_OFFSET,
                .stop_offset = KAFKA_UNKNOWN_OFFSET,
                .next_offset = KAFKA_UNKNOWN_OFFSET,
            };
        }
    }
    return plan;
}

/* A partition that came up since the checkpoint is read from its beginning; a bounded job leaves it out,
 * since its end was fixed at its start. */
static enum status start_late_splits(struct kafka_source *source, struct split_plan *plan,
                                     struct error *error)
{
    if (source->config->bounded_mode != KAFKA_UNBOUNDED) {
        plan->num_fresh = 0;
        return STATUS_OK;
    }
    for (size_t i = 0; i < plan->num_fresh; i++) {
        struct kafka_split_state *split = &plan->fresh[i];
        int64_t high;
        enum status status = kafka_offsets_watermarks(source->client, split->topic, split->partition,
                                                      &split->start_offset, &high, error);
        if (status != STATUS_OK)
            return status;
        split->next_offset = split->start_offset;
    }
    return STATUS_OK;
}

static enum status resolve(struct kafka_source *source, struct split_plan *plan, bool is_restored,
                           struct error *error)
{
    bool is_bounded = source->config->bounded_mode != KAFKA_UNBOUNDED;
    enum status status = is_restored ? start_late_splits(source, plan, error)
                                     : kafka_offsets_start(source, plan->fresh, plan->num_fresh, error);
    if (status == STATUS_OK && is_bounded)
        status = kafka_offsets_stop(source, plan->fresh, plan->num_fresh, error);
    for (size_t i = 0; i < plan->num_restored && status == STATUS_OK; i++) {
        if (!is_bounded)
            plan->restored[i].stop_offset = KAFKA_UNKNOWN_OFFSET;
        else if (plan->restored[i].stop_offset == KAFKA_UNKNOWN_OFFSET)
            status = kafka_offsets_stop(source, &plan->restored[i], 1, error);
    }
    return status;
}

enum status kafka_splits_restore(struct kafka_source *source, const struct operator_state *state,
                                 bool is_restored, struct error *error)
{
    const struct kafka_source_config *config = source->config;
    const char *servers = connector_property(&config->properties, "bootstrap.servers");
    struct kafka_split_state *known = NULL;
    size_t num_known = 0;
    enum status status = read_state(source, state, &known, &num_known, error);
    int32_t *counts = arena_calloc(source->arena, config->topic_count, sizeof *counts);
    for (size_t t = 0; t < config->topic_count && status == STATUS_OK; t++)
        status = kafka_client_partition_count(source->client, config->topics[t], servers,
                                              KAFKA_CONNECT_TIMEOUT_MS, &counts[t], error);
    if (status != STATUS_OK)
        return status;
    /* A checkpoint without any partition of ours is one of a source that is new in the job. */
    struct split_plan plan = plan_splits(source, known, num_known, counts);
    status = resolve(source, &plan, is_restored && num_known > 0, error);
    if (status == STATUS_OK)
        status = kafka_splits_add(source, plan.restored, plan.num_restored, error);
    if (status == STATUS_OK)
        status = kafka_splits_add(source, plan.fresh, plan.num_fresh, error);
    if (status == STATUS_OK && config->bounded_mode == KAFKA_UNBOUNDED && config->discovery_interval_ms > 0)
        kafka_discovery_start(source, counts);
    return status;
}

enum status kafka_splits_add(struct kafka_source *source, const struct kafka_split_state *states,
                             size_t count, struct error *error)
{
    source->splits = mem_realloc(source->splits, (source->num_splits + count + 1) * sizeof *source->splits);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count + 1);
    for (size_t i = 0; i < count; i++) {
        struct kafka_split *split = &source->splits[source->num_splits++];
        *split = (struct kafka_split){
            .state = states[i], .read_offset = states[i].next_offset, .has_backlog = true};
        CHECK(states[i].next_offset >= 0);
        split->is_finished =
            states[i].stop_offset != KAFKA_UNKNOWN_OFFSET && states[i].next_offset >= states[i].stop_offset;
        if (split->is_finished)
            continue;
        split->is_assigned = true;
        source->num_unfinished++;
        rd_kafka_topic_partition_list_add(list, states[i].topic, states[i].partition)->offset =
            states[i].next_offset;
        log_line(source->client->process->log, LOG_INFO, "kafka",
                 "operator=%s subtask=%u topic=%s partition=%d offset=%" PRId64 " stop=%" PRId64,
                 source->context->operator_name, source->context->subtask, states[i].topic,
                 states[i].partition, states[i].next_offset, states[i].stop_offset);
    }
    rd_kafka_error_t *failure =
        list->cnt > 0 ? rd_kafka_incremental_assign(source->client->handle, list) : NULL;
    rd_kafka_topic_partition_list_destroy(list);
    if (failure == NULL)
        return STATUS_OK;
    enum status status = error_set(error, STATUS_UNAVAILABLE, "Kafka partitions cannot be assigned: %s.",
                                   rd_kafka_error_string(failure));
    rd_kafka_error_destroy(failure);
    return status;
}

struct kafka_split *kafka_splits_find(struct kafka_source *source, rd_kafka_topic_t *handle,
                                      int32_t partition)
{
    if (source->last_split < source->num_splits) {
        struct kafka_split *last = &source->splits[source->last_split];
        if (last->handle == handle && last->state.partition == partition)
            return last;
    }
    const char *topic = rd_kafka_topic_name(handle);
    for (size_t i = 0; i < source->num_splits; i++) {
        struct kafka_split *split = &source->splits[i];
        if (split->state.partition != partition || strcmp(split->state.topic, topic) != 0)
            continue;
        split->handle = handle;
        source->last_split = i;
        return split;
    }
    return NULL;
}

void kafka_split_finish(struct kafka_source *source, struct kafka_split *split)
{
    if (split->is_finished)
        return;
    split->is_finished = true;
    split->is_assigned = false;
    source->num_unfinished--;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, split->state.topic, split->state.partition);
    rd_kafka_error_t *failure = rd_kafka_incremental_unassign(source->client->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != NULL) /* then it is fetched in vain: its messages are dropped */
        rd_kafka_error_destroy(failure);
}

const struct source_split *kafka_splits_list(struct kafka_source *source, uint32_t *ret_count)
{
    if (source->num_listed < source->num_splits)
        source->listed = mem_realloc(source->listed, source->num_splits * sizeof *source->listed);
    for (; source->num_listed < source->num_splits; source->num_listed++) {
        const struct kafka_split_state *state = &source->splits[source->num_listed].state;
        source->listed[source->num_listed] = (struct source_split){
            .name = arena_printf(source->arena, "%s-%d", state->topic, state->partition)};
    }
    for (size_t i = 0; i < source->num_splits; i++) {
        source->listed[i].is_finished = source->splits[i].is_finished;
        source->listed[i].has_backlog = source->splits[i].has_backlog;
    }
    *ret_count = (uint32_t)source->num_splits;
    return source->listed;
}

enum status kafka_splits_snapshot(struct kafka_source *source, uint64_t checkpoint_id,
                                  struct operator_snapshot *snapshot)
{
    struct list_state *list =
        operator_state_add_list(&snapshot->state, state_name, LIST_STATE_UNION, KAFKA_STATE_VERSION);
    struct buffer item = {0};
    for (size_t i = 0; i < source->num_splits; i++) {
        buffer_clear(&item);
        kafka_split_encode(&source->splits[i].state, &item);
        list_state_append(list, item.data, item.size);
    }
    buffer_free(&item);
    kafka_commit_remember(source, checkpoint_id);
    return STATUS_OK;
}
