#include "taskmanager/source/kafka/kafka_internal.h"

#include <inttypes.h>

/* Group offsets follow the job's checkpoints, for whoever watches the group's lag. The job never reads them
 * back, so that a commit which fails is only noted. */

enum { CLOSE_WAIT_MS = 1000 };

void kafka_commit_remember(struct kafka_source *source, uint64_t checkpoint_id)
{
    if (!source->client->commits_offsets || source->num_splits == 0)
        return;
    struct kafka_commit *place = &source->commits[0];
    for (size_t i = 1; i < KAFKA_COMMITS_KEPT && place->offsets != NULL; i++)
        if (source->commits[i].offsets == NULL || source->commits[i].checkpoint_id < place->checkpoint_id)
            place = &source->commits[i];
    if (place->offsets != NULL)
        rd_kafka_topic_partition_list_destroy(place->offsets);
    place->checkpoint_id = checkpoint_id;
    place->offsets = rd_kafka_topic_partition_list_new((int)source->num_splits);
    for (size_t i = 0; i < source->num_splits; i++) {
        const struct kafka_split_state *split = &source->splits[i].state;
        rd_kafka_topic_partition_list_add(place->offsets, split->topic, split->partition)->offset =
            split->next_offset;
    }
}

static void note_failure(const struct kafka_source *source, rd_kafka_resp_err_t code)
{
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_line(source->client->process->log, LOG_WARN, "kafka",
                 "operator=%s subtask=%u group offsets not committed: %s", source->context->operator_name,
                 source->context->subtask, rd_kafka_err2str(code));
}

/* Takes the answers that are there, waiting for the first at most so long. */
static void take_answers(struct kafka_source *source, int wait_ms)
{
    struct kafka_client *client = source->client;
    while (client->commits_under_way > 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(client->commit_queue, wait_ms);
        if (event == NULL)
            return;
        note_failure(source, rd_kafka_event_error(event));
        rd_kafka_event_destroy(event);
        client->commits_under_way--;
    }
}

static void send_commit(struct kafka_source *source, const struct kafka_commit *commit)
{
    struct kafka_client *client = source->client;
    if (client->commit_queue == NULL)
        client->commit_queue = rd_kafka_queue_new(client->handle);
    take_answers(source, 0);
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(client->handle, commit->offsets, client->commit_queue, NULL, NULL);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        client->commits_under_way++;
    note_failure(source, code);
}

void kafka_commit_complete(struct kafka_source *source, uint64_t checkpoint_id)
{
    for (size_t i = 0; i < KAFKA_COMMITS_KEPT; i++) {
        struct kafka_commit *commit = &source->commits[i];
        if (commit->offsets == NULL || commit->checkpoint_id > checkpoint_id)
            continue;
        if (commit->checkpoint_id == checkpoint_id)
            send_commit(source, commit);
        rd_kafka_topic_partition_list_destroy(commit->offsets);
        commit->offsets = NULL;
    }
}

void kafka_commit_close(struct kafka_source *source)
{
    for (size_t i = 0; i < KAFKA_COMMITS_KEPT; i++)
        if (source->commits[i].offsets != NULL)
            rd_kafka_topic_partition_list_destroy(source->commits[i].offsets);
    take_answers(source, CLOSE_WAIT_MS); /* the last checkpoint's commit is sent just before the end */
    if (source->client->commit_queue != NULL)
        rd_kafka_queue_destroy(source->client->commit_queue);
}
