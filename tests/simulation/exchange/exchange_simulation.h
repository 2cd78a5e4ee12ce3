#pragma once

#include "common/base/mutant.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "taskmanager/exchange/barrier_aligner.h"
#include "taskmanager/exchange/channel_credits.h"
#include "taskmanager/exchange/channel_key.h"

#include <stddef.h>

/*
 * A world of one edge: producers that send numbered rows, consumers that keep them, channels between all of
 * them over a network, and a coordinator that is right by itself: it triggers checkpoints and starts the
 * tasks anew from the last complete one when one of them fails. All in one thread, an event at a time; the
 * seed decides everything. Time is in milliseconds.
 */
enum {
    MAX_PRODUCERS = 3,
    MAX_CONSUMERS = 3,
    MAX_ROWS = 400, /* of one producer */
    NUM_HOSTS = 3,
    MAX_TASKS = 64, /* old attempts included */
    WINDOW = 4,
    MAX_PENDING = 3,
    FAULTS_END_MS = 20000,
    GIVE_UP_MS = 120000,
};

enum sim_element_kind { SIM_ROW, SIM_BARRIER, SIM_END };
struct sim_element {
    enum sim_element_kind kind;
    uint64_t value; /* the row; the checkpoint */
};

enum sim_event_kind {
    /* Frames, from host to host. */
    EVENT_ELEMENT,
    EVENT_ANNOUNCEMENT,
    EVENT_CREDIT,
    /* From the coordinator to a task. */
    EVENT_TRIGGER,
    EVENT_ABORTED,
    EVENT_CANCEL,
    /* From a task to the coordinator. */
    EVENT_ACKNOWLEDGE,
    EVENT_DECLINE,
    EVENT_FAILED,
    /* Of the world. */
    EVENT_DEPLOY,
    EVENT_TASK_TICK,
    EVENT_COORDINATOR_TICK,
    EVENT_FAULT,
};

/* The rows of all producers that a consumer has, each counted. */
struct sim_rows {
    uint8_t counts[MAX_PRODUCERS][MAX_ROWS];
    uint32_t num_ended; /* channels */
};

struct sim_event {
    int64_t time_ms;
    uint64_t order;
    enum sim_event_kind kind;
    uint32_t from_host, to_host; /* frames */
    struct channel_key key;      /* frames */
    uint64_t number;             /* frames */
    struct sim_element element;  /* ELEMENT */
    uint32_t task;               /* to a task: its slot */
    bool is_producer;            /* from or to a task: which one */
    uint32_t index;
    uint32_t attempt;
    uint64_t checkpoint_id;
    uint64_t offset;       /* ACKNOWLEDGE of a producer */
    struct sim_rows *rows; /* ACKNOWLEDGE of a consumer, owned */
};

struct sim_producer_channel {
    struct channel_producer credits;
    struct sim_element pending[MAX_PENDING];
    uint32_t num_pending;
};

struct sim_consumer_channel {
    struct channel_consumer credits;
    struct sim_element queue[2 * WINDOW]; /* a mutant may send more than the window */
    uint32_t num_queued;
};

struct sim_task {
    bool is_used;
    bool is_producer;
    bool has_failed;
    uint32_t index, attempt, host;
    int64_t last_tick_ms, last_announcement_ms;
    /* A producer: */
    uint64_t offset;
    bool has_ended;
    uint64_t trigger_id; /* that waits until nothing is pending; 0: none */
    struct sim_producer_channel outputs[MAX_CONSUMERS];
    /* A consumer: */
    struct barrier_aligner aligner;
    struct sim_consumer_channel inputs[MAX_PRODUCERS];
    struct sim_rows rows;
};

/* One for all producers and consumers, in this order. */
struct sim_checkpoint {
    uint64_t id; /* 0: none */
    uint64_t offsets[MAX_PRODUCERS];
    struct sim_rows rows[MAX_CONSUMERS];
    bool has_acknowledged[MAX_PRODUCERS + MAX_CONSUMERS];
};

struct sim_coordinator {
    uint32_t attempt;
    bool is_restarting;
    uint32_t num_running;
    uint64_t next_id;
    int64_t last_trigger_ms, interval_ms;
    struct sim_checkpoint pending, complete;
};

struct exchange_world {
    uint64_t seed;
    struct random random;
    bool is_verbose;
    int64_t now_ms;
    struct sim_event **events;
    size_t num_events, max_events;
    uint64_t next_order;
    uint32_t num_producers, num_consumers;
    uint64_t num_rows;
    uint32_t loss_permille; /* of frames; as many are doubled, as many overtake */
    int64_t stopped_until_ms[NUM_HOSTS];
    int64_t last_arrival_ms[NUM_HOSTS][NUM_HOSTS]; /* a connection keeps the order */
    struct sim_task tasks[MAX_TASKS];
    struct sim_coordinator coordinator;
    bool has_finished;
    char violation[256]; /* "" while there is none */
    /* What a run reached. */
    uint64_t num_checkpoints, num_attempts, num_aborted;
};

/* exchange_world.c */
struct exchange_world *exchange_world_create(uint64_t seed, bool is_verbose);
void exchange_world_free(struct exchange_world *world);
/* False: a violation, which is named. */
bool exchange_world_run(struct exchange_world *world);
struct sim_event *sim_post(struct exchange_world *world, enum sim_event_kind kind, int64_t delay_ms);
/* A frame about a channel; it may be lost, doubled or late. */
void sim_send(struct exchange_world *world, const struct sim_task *task, const struct channel_key *key,
              enum sim_event_kind kind, uint64_t number, const struct sim_element *element);
void sim_violate(struct exchange_world *world, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_tell(struct exchange_world *world, const char *format, ...) PRINTF_LIKE(2, 3);
bool sim_has_faults(const struct exchange_world *world);
uint64_t sim_below(struct exchange_world *world, uint64_t bound);
/* Never once the faults have ended. */
bool sim_chance(struct exchange_world *world, uint32_t permille);
/* Where a task of an attempt runs. */
uint32_t sim_host(const struct exchange_world *world, uint32_t attempt, bool is_producer, uint32_t index);
/* To which consumer a row goes. */
uint32_t sim_target(const struct exchange_world *world, uint32_t producer, uint64_t row);

/* exchange_tasks.c */
void sim_task_start(struct exchange_world *world, const struct sim_event *deploy);
void sim_task_end(struct sim_task *task);
void sim_task_take(struct exchange_world *world, struct sim_task *task, const struct sim_event *event);
/* Takes a frame if it is of a channel of the task. */
bool sim_task_take_frame(struct exchange_world *world, struct sim_task *task, const struct sim_event *event);
/* A connection between the hosts is lost, with what was under way. */
void sim_task_lose_connection(struct exchange_world *world, struct sim_task *task, uint32_t host);

/* exchange_coordinator.c */
void sim_coordinator_start(struct exchange_world *world);
void sim_coordinator_take(struct exchange_world *world, const struct sim_event *event);
