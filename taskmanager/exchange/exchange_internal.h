#pragma once

#include "common/transport/stream_transport.h"
#include "taskmanager/exchange/channel_credits.h"
#include "taskmanager/exchange/channel_map.h"
#include "taskmanager/exchange/exchange_element.h"
#include "taskmanager/exchange/exchange_frame.h"
#include "taskmanager/exchange/exchange_hub.h"
#include "taskmanager/exchange/input_gate.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Threads: a subtask's own thread polls its gate and runs its writers. The transport's threads, one for each
 * connection, bring frames, those of one peer in order, and tell of connections. The hub's timer sends
 * heartbeats and looks for peers that are silent.
 *
 * Locks, taken in this order: the hub's mutex (peers and maps of channels; frames are dealt with under it,
 * and ends come and go under it), then that of a gate or a writer. wake is called under any of them.
 */

/* Another taskmanager that this one has channels with, or had lately. */
struct exchange_peer {
    struct exchange_hub *hub;
    struct exchange_peer *next;
    char taskmanager_id[EXCHANGE_ID_BYTES];
    char address[TRANSPORT_ADDRESS_BYTES];
    struct stream_peer *stream;
    atomic_uint under_way; /* frames of the timer that wait for the connection: no more are added */
    /* Under the hub's mutex: */
    uint32_t num_channels; /* ends of this process whose other ends are there */
    uint32_t connection;   /* that its frames come by; 0: none came yet */
    int64_t heard_us;      /* the last frame, on the monotonic clock */
    int64_t needed_us;     /* when it or this process last had channels with the other */
    bool is_due;           /* of the timer: the connection took what it sent the last time */
};

struct exchange_hub {
    struct exchange_hub_options options;
    char taskmanager_id[EXCHANGE_ID_BYTES];
    char address[TRANSPORT_ADDRESS_BYTES];
    struct stream_listener *listener;
    pthread_t timer;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under mutex: */
    bool is_closing;
    struct exchange_peer *peers;
    struct channel_map producers; /* of struct writer_channel */
    struct channel_map consumers; /* of struct gate_channel */
};

/* hub_peers.c, under the hub's mutex. */

/* The peer for one more channel. */
STATUS_MUST_CHECK enum status hub_acquire_peer(struct exchange_hub *hub, const char *taskmanager_id,
                                               const char *address, struct exchange_peer **ret_peer,
                                               struct error *error);
void hub_release_peer(struct exchange_peer *peer); /* NULL: nothing */
struct exchange_peer *hub_find_peer(struct exchange_hub *hub, const char *taskmanager_id);
/* One that is not known yet and has channels with this process; NULL: they are too many. */
struct exchange_peer *hub_meet_peer(struct exchange_hub *hub, const char *taskmanager_id,
                                    const char *address);
void *hub_timer_main(void *hub); /* takes the mutex itself */

/* hub_failures.c, under the hub's mutex. */

enum failure_scope {
    FAILURE_OF_ALL,
    FAILURE_OF_USED, /* channels on which something was under way */
};
/* Fails one end, once; tells: the other end is told. */
void hub_fail_consumer(struct exchange_hub *hub, struct channel_end *end, const struct error *error,
                       bool tells);
void hub_fail_producer(struct exchange_hub *hub, struct channel_end *end, const struct error *error,
                       bool tells);
/* Fails the ends whose other ends are at a peer, and tells it. */
void hub_fail_peer(struct exchange_hub *hub, struct exchange_peer *peer, enum failure_scope scope,
                   const struct error *error);

/* hub_frames.c */

/* A head for a frame to peer, of a channel (NULL: none). */
struct frame_head hub_frame_head(const struct exchange_hub *hub, const struct exchange_peer *peer,
                                 const struct channel_key *channel);
/* A frame whose payload is a text. */
struct stream_message *hub_frame_of_text(struct frame_head *head, const char *text);
extern const struct stream_receiver hub_receiver; /* its context is to be the hub */
void hub_peer_changed(void *peer, bool is_connected);

/* exchange_hub.c */

/* Where a subtask runs: a peer for one more channel, or NULL, in this process. Under the hub's mutex. */
STATUS_MUST_CHECK enum status hub_locate(struct exchange_hub *hub, const struct exchange_end *end,
                                         uint32_t vertex, uint32_t subtask, struct exchange_peer **ret_peer,
                                         struct error *error);
struct channel_key exchange_end_key(const struct exchange_end *end, uint32_t edge, uint32_t from,
                                    uint32_t to);
/* The subtasks at the other side of an edge that a subtask of vertex has a channel with. */
void exchange_edge_range(const struct plan_job_graph *graph, const struct plan_edge *edge, uint32_t vertex,
                         uint32_t subtask, uint32_t *ret_first, uint32_t *ret_count);

/* gate_channel.c: what other threads than the gate's do with its channels. */

struct gate_channel;

/* Whom to call when there is room again. */
struct exchange_waker {
    void (*wake)(void *context);
    void *context;
};

struct gate_channel *gate_channel_of(struct channel_end *end);
/* A reference of the gate, for a producer in this process. */
void gate_channel_join(struct gate_channel *channel);
/* Gives it back; the waker is not called after this. */
void gate_channel_leave(struct gate_channel *channel);
bool gate_channel_has_room(struct gate_channel *channel);
/* That producer's thread: moves the element in. False: there is no room; waker is called when there is. */
bool gate_channel_offer(struct gate_channel *channel, struct exchange_element *element,
                        const struct exchange_waker *waker);
/* A frame with an element came; takes *message, and makes it NULL, when it is to be kept. */
STATUS_MUST_CHECK enum status gate_channel_receive(struct gate_channel *channel,
                                                   const struct frame_head *head, struct bytes_view payload,
                                                   struct stream_message **message, struct error *error);
/* The producer has sent so many elements; it is told its credits. */
STATUS_MUST_CHECK enum status gate_channel_announced(struct gate_channel *channel, uint64_t sent,
                                                     struct error *error);
void gate_channel_fail(struct gate_channel *channel, const struct error *error);
bool gate_channel_is_used(struct gate_channel *channel);

/* writer_channel.c: what other threads than the writer's do with its channels. */

struct writer_channel;

struct writer_channel *writer_channel_of(struct channel_end *end);
/* The consumer is in this process and is there. */
void writer_channel_connect(struct writer_channel *channel, struct gate_channel *consumer);
void writer_channel_grant(struct writer_channel *channel, uint64_t limit);
/* Sends an announcement when one is due; then sent is called back, once. */
bool writer_channel_announce(struct writer_channel *channel, stream_sent_callback *sent, void *context);
void writer_channel_fail(struct writer_channel *channel, const struct error *error);
bool writer_channel_is_used(struct writer_channel *channel);
