#pragma once

/* A taskmanager that the test plays frame by frame: fixture_taskmanagers[1], with a hub of
 * fixture_taskmanagers[0] at the other side. */
#include "tests/unit/taskmanager/exchange/exchange_fixture.h"

#include "common/columnar/batch_codec.h"
#include "taskmanager/exchange/exchange_frame.h"

enum { FAKE_INBOX_FRAMES = 4096 };

struct fake_taskmanager {
    struct fixture fixture; /* hubs[1] is NULL */
    struct stream_listener *listener;
    struct stream_peer *peer; /* to hubs[0] */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct frame_head heads[FAKE_INBOX_FRAMES];
    char texts[FAKE_INBOX_FRAMES][256];
    size_t num_frames;
    size_t num_lost;
};

static inline void fake_take(void *context, uint32_t connection, struct stream_message *message)
{
    (void)connection;
    struct fake_taskmanager *fake = context;
    struct bytes_view payload;
    struct error error;
    pthread_mutex_lock(&fake->mutex);
    if (fake->num_frames < FAKE_INBOX_FRAMES &&
        exchange_frame_open(message, &fake->heads[fake->num_frames], &payload, &error) == STATUS_OK) {
        snprintf(fake->texts[fake->num_frames], sizeof fake->texts[0], "%.*s",
                 payload.size < 255 ? (int)payload.size : 255, (const char *)payload.data);
        fake->num_frames++;
        pthread_cond_broadcast(&fake->changed);
    }
    pthread_mutex_unlock(&fake->mutex);
    stream_message_free(message);
}

static inline void fake_lost(void *context, uint32_t connection)
{
    (void)connection;
    struct fake_taskmanager *fake = context;
    pthread_mutex_lock(&fake->mutex);
    fake->num_lost++;
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->mutex);
}

static inline void fake_dial(struct fake_taskmanager *fake)
{
    struct error error;
    assert_int_equal(stream_dial(fake->fixture.transport, exchange_hub_address(fake->fixture.hubs[0]), NULL,
                                 NULL, &fake->peer, &error),
                     STATUS_OK);
}

static inline void fake_listen(struct fake_taskmanager *fake)
{
    struct stream_receiver receiver = {fake_take, fake_lost, fake};
    struct error error;
    assert_int_equal(
        stream_listen(fake->fixture.transport, "tcp://127.0.0.1:0", &receiver, &fake->listener, &error),
        STATUS_OK);
}

/* One producer and one consumer; which of them the fake one runs is said by the options. */
static inline void fake_start(struct fake_taskmanager *fake, const struct fixture_options *options)
{
    memset(fake, 0, sizeof *fake);
    pthread_mutex_init(&fake->mutex, NULL);
    pthread_cond_init(&fake->changed, NULL);
    struct fixture *fixture = &fake->fixture;
    *fixture = (struct fixture){.process = {.clock = clock_system()}, .leader_epoch = 3, .attempt = 1};
    fixture->transport = nng_transport_create();
    fixture->graph = fixture_create_graph(options);
    fixture->hubs[0] = fixture_start_hub(fixture, 0, "tcp://127.0.0.1:0", options);
    fake_listen(fake);
    for (uint32_t vertex = 0; vertex < 2; vertex++) {
        bool is_fake = (vertex == 0 ? options->producer_at[0] : options->consumer_at[0]) == 1;
        fixture->locations[fixture->num_locations++] = (struct exchange_location){
            .vertex = vertex,
            .taskmanager_id = fixture_taskmanagers[is_fake],
            .address =
                is_fake ? stream_listener_address(fake->listener) : exchange_hub_address(fixture->hubs[0]),
        };
    }
    fake_dial(fake);
}

static inline void fake_stop(struct fake_taskmanager *fake)
{
    stream_peer_free(fake->peer);
    exchange_hub_free(fake->fixture.hubs[0]);
    stream_listener_free(fake->listener);
    plan_job_graph_free(fake->fixture.graph);
    transport_free(fake->fixture.transport);
}

static inline struct frame_head fake_head(const struct fake_taskmanager *fake, enum frame_kind kind,
                                          uint64_t number)
{
    struct frame_head head = {.kind = kind, .number = number};
    head.channel.leader_epoch = fake->fixture.leader_epoch;
    head.channel.attempt = fake->fixture.attempt;
    strcpy(head.channel.job_id, FIXTURE_JOB);
    strcpy(head.sender, fixture_taskmanagers[1]);
    strcpy(head.receiver, fixture_taskmanagers[0]);
    return head;
}

static inline struct stream_message *fake_frame_of_text(struct frame_head *head, const char *text)
{
    struct stream_message *message = exchange_frame_create(strlen(text));
    memcpy(stream_message_bytes(message) + FRAME_HEAD_BYTES, text, strlen(text));
    exchange_frame_seal(message, head);
    return message;
}

static inline void fake_send(struct fake_taskmanager *fake, struct frame_head head, const char *text)
{
    stream_send(fake->peer, fake_frame_of_text(&head, text), NULL, NULL);
}

static inline struct stream_message *fake_batch(struct fake_taskmanager *fake, struct frame_head *head,
                                                int64_t first, uint32_t count)
{
    struct record_batch *batch = batch_of(&fake->fixture, first, 1, count);
    struct stream_message *message = exchange_frame_create(batch_encoded_bytes(batch, 0, count));
    batch_encode(batch, 0, count, stream_message_bytes(message) + FRAME_HEAD_BYTES);
    exchange_frame_seal(message, head);
    record_batch_free(batch);
    return message;
}

/* One row, whose id is the element's number. */
static inline void fake_send_row(struct fake_taskmanager *fake, uint64_t number)
{
    struct frame_head head = fake_head(fake, FRAME_BATCH, number);
    stream_send(fake->peer, fake_batch(fake, &head, (int64_t)number, 1), NULL, NULL);
}

/* The next frame of that kind, from *at on; its index. */
static inline size_t fake_await(struct fake_taskmanager *fake, enum frame_kind kind, size_t *at)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += FIXTURE_PATIENCE_MS / 1000;
    size_t found = SIZE_MAX;
    pthread_mutex_lock(&fake->mutex);
    while (found == SIZE_MAX) {
        while (*at < fake->num_frames && found == SIZE_MAX) {
            if (fake->heads[*at].kind == kind)
                found = *at;
            (*at)++;
        }
        if (found == SIZE_MAX && pthread_cond_timedwait(&fake->changed, &fake->mutex, &deadline) != 0)
            break;
    }
    pthread_mutex_unlock(&fake->mutex);
    if (found == SIZE_MAX)
        fail_msg("no frame of kind %d came", (int)kind);
    return found;
}
