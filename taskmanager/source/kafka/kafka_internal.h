#pragma once

#include "common/base/arena.h"
#include "taskmanager/formats/format.h"
#include "taskmanager/source/kafka/kafka_source.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    KAFKA_CONNECT_TIMEOUT_MS = 10000,
    KAFKA_STATE_VERSION = 1,
    KAFKA_COMMITS_KEPT = 8,
    KAFKA_UNKNOWN_OFFSET = -1,
};

/* What is kept of a partition in a checkpoint. */
struct kafka_split_state {
    int32_t partition;
    int32_t leader_epoch; /* -1: librdkafka 2.0 does not tell */
    int64_t start_offset; /* where its first job began */
    int64_t stop_offset;  /* first offset that does not count; KAFKA_UNKNOWN_OFFSET: none */
    int64_t next_offset;
    const char *topic;
};

/* A partition that this subtask reads. */
struct kafka_split {
    struct kafka_split_state state; /* next_offset: behind the last batch that poll returned */
    int64_t read_offset;            /* behind the last message that was consumed */
    rd_kafka_topic_t *handle;       /* as messages carry it; not owned, only compared */
    bool is_assigned;
    bool is_finished;
    bool has_backlog; /* by the last measurement of the lag */
};

/* Positions of a checkpoint that is not yet committed. */
struct kafka_commit {
    uint64_t checkpoint_id;
    rd_kafka_topic_partition_list_t *offsets; /* NULL: a free place */
};

/* The client, and what its threads report. */
struct kafka_client {
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue; /* of the consumer; made and destroyed under mutex: kafka_client_wake reads it */
    rd_kafka_queue_t *commit_queue; /* answers to commits; NULL before the first */
    uint32_t commits_under_way;
    const struct process_context *process;
    pthread_mutex_t mutex; /* guards last_error and queue */
    char last_error[256];
    const char *user; /* SASL's, to be set again by kafka_client_kick */
    const char *password;
    bool has_failed; /* set within a poll */
    struct error failure;
    bool has_group; /* the user named one */
    bool commits_offsets;
    bool is_read_committed;
};

/* Looks for new partitions on a thread of its own, since asking a broker blocks. */
struct kafka_discovery {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    bool is_running;
    bool is_stopping;
    struct kafka_split_state *found; /* new partitions of this subtask, topic pointing into the config */
    size_t num_found;
    _Atomic bool has_found;
    int32_t *known_counts; /* partitions of each topic that were seen so far */
};

struct kafka_source {
    struct source_reader base;
    const struct plan_node *node;
    const struct kafka_source_config *config;
    const struct operator_context *context;
    struct arena *arena; /* of the subtask */
    struct kafka_client *client;
    struct kafka_discovery discovery;
    struct kafka_split *splits;
    size_t num_splits;
    size_t num_unfinished;

    struct format_decoder *decoder;
    struct schema *value_schema;   /* what the decoder makes: the columns of values */
    struct vector **value_columns; /* of the batch under way */
    struct format_message *values;
    rd_kafka_message_t **messages; /* of the batch under way */
    rd_kafka_message_t **rows;     /* those of them that parsed, when not all did */
    struct format_failures failures;

    struct record_batch *pending; /* decoded; held back since a side output was full */
    struct source_run *runs;      /* of the batch decoded last; NULL: nobody asks */
    uint32_t num_runs;
    struct source_split *listed; /* the splits as others see them */
    size_t num_listed;
    struct kafka_commit commits[KAFKA_COMMITS_KEPT];
    int64_t next_lag_ms;
    int64_t next_kick_ms;
    size_t last_split; /* where the last message belonged */
};

/* kafka_client.c */
STATUS_MUST_CHECK enum status kafka_client_open(struct kafka_client *client,
                                                const struct kafka_source_config *config,
                                                const struct operator_context *context, struct arena *arena,
                                                struct error *error);
/* Never NULL; freed by kafka_client_close. */
struct kafka_client *kafka_client_create(void);
void kafka_client_close(struct kafka_client *client);
/* Any thread: a consumer that waits returns. */
void kafka_client_wake(struct kafka_client *client);
/* The number of partitions of a topic; the topic missing or no broker there within the time is an error. */
STATUS_MUST_CHECK enum status kafka_client_partition_count(struct kafka_client *client, const char *topic,
                                                           const char *servers, int64_t timeout_ms,
                                                           int32_t *ret_count, struct error *error);
/* Makes the threads that fetch look at the queue again. */
void kafka_client_kick(struct kafka_client *client);

/* kafka_offsets.c: what the configured modes mean in offsets. */
STATUS_MUST_CHECK enum status kafka_offsets_start(struct kafka_source *source,
                                                  struct kafka_split_state *splits, size_t count,
                                                  struct error *error);
STATUS_MUST_CHECK enum status kafka_offsets_stop(struct kafka_source *source,
                                                 struct kafka_split_state *splits, size_t count,
                                                 struct error *error);
STATUS_MUST_CHECK enum status kafka_offsets_watermarks(struct kafka_client *client, const char *topic,
                                                       int32_t partition, int64_t *ret_low, int64_t *ret_high,
                                                       struct error *error);

/* kafka_splits.c */
uint32_t kafka_split_subtask(const char *topic, int32_t partition, uint32_t parallelism);
void kafka_split_encode(const struct kafka_split_state *split, struct buffer *buffer);
/* ret_split->topic points into arena. */
STATUS_MUST_CHECK enum status kafka_split_decode(struct bytes_view item, struct arena *arena,
                                                 struct kafka_split_state *ret_split, struct error *error);
STATUS_MUST_CHECK enum status kafka_splits_restore(struct kafka_source *source,
                                                   const struct operator_state *state, bool is_restored,
                                                   struct error *error);
/* Adds the partitions and starts fetching them. */
STATUS_MUST_CHECK enum status kafka_splits_add(struct kafka_source *source,
                                               const struct kafka_split_state *states, size_t count,
                                               struct error *error);
/* The split that a message belongs to, or NULL. */
struct kafka_split *kafka_splits_find(struct kafka_source *source, rd_kafka_topic_t *handle,
                                      int32_t partition);
void kafka_split_finish(struct kafka_source *source, struct kafka_split *split);
const struct source_split *kafka_splits_list(struct kafka_source *source, uint32_t *ret_count);
enum status kafka_splits_snapshot(struct kafka_source *source, uint64_t checkpoint_id,
                                  struct operator_snapshot *snapshot);

/* kafka_commit.c */
void kafka_commit_remember(struct kafka_source *source, uint64_t checkpoint_id);
void kafka_commit_complete(struct kafka_source *source, uint64_t checkpoint_id);
void kafka_commit_close(struct kafka_source *source);

/* kafka_discovery.c */
void kafka_discovery_start(struct kafka_source *source, const int32_t *partition_counts);
void kafka_discovery_stop(struct kafka_discovery *discovery);
STATUS_MUST_CHECK enum status kafka_discovery_adopt(struct kafka_source *source, struct error *error);

/* kafka_poll.c */
enum source_result kafka_poll(struct kafka_source *source, int64_t max_wait_ms,
                              struct record_batch **ret_batch, struct error *error);

/* kafka_batch.c: messages[count] have values; their good ones become a batch. */
STATUS_MUST_CHECK enum status kafka_batch_check_schema(const struct plan_node *node, struct error *error);
void kafka_batch_open(struct kafka_source *source);
void kafka_batch_close(struct kafka_source *source);
/* *ret_batch is NULL when no message is good. BLOCKED and FAILED as poll returns them; with BLOCKED the batch
 * is there too. */
enum source_result kafka_batch_decode(struct kafka_source *source, uint32_t count,
                                      struct record_batch **ret_batch, struct error *error);

/* kafka_dead_letter.c */
struct record_batch *kafka_dead_letter_batch(rd_kafka_message_t *const *messages,
                                             const struct format_failures *failures);
