#pragma once

#include "common/base/status.h"
#include "common/rpc/messages.h"
#include "common/transport/transport.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The taskmanager's side of being registered at the leading jobmanager, as a state machine without I/O, clock
 * or thread: events go in with the time, commands are taken out until there is none.
 *
 *   RESOLVING -> REGISTERING -> REGISTERED
 *
 * It registers at once and again every 50 to 500 ms, sends a heartbeat each interval, and when no answer came
 * for the timeout, has all tasks cancelled and begins anew. With a folder the leader may change: each failure
 * makes it look there again, and a leader of an older epoch than the newest seen is refused. Without one
 * there is a single address, whose process may have lost its epochs, so whoever answers there is taken.
 */
enum session_phase { SESSION_RESOLVING, SESSION_REGISTERING, SESSION_REGISTERED };

enum session_command_kind {
    SESSION_COMMAND_NONE,
    SESSION_COMMAND_RESOLVE,   /* answer: jobmanager_session_on_resolved */
    SESSION_COMMAND_CONNECT,   /* to address; drop the connection there is */
    SESSION_COMMAND_REGISTER,  /* answer: jobmanager_session_on_register_reply */
    SESSION_COMMAND_HEARTBEAT, /* answer: jobmanager_session_on_heartbeat_reply */
    SESSION_COMMAND_CANCEL,    /* the tasks of every other epoch than the one given (0: of all) */
};

struct session_command {
    enum session_command_kind kind;
    const char *address;    /* CONNECT: the session's until the next event */
    uint64_t round;         /* REGISTER, HEARTBEAT: to be handed back with the answer */
    uint64_t epoch;         /* CANCEL */
    bool is_leader_unheard; /* CANCEL: the jobmanager, should it live, is to learn of it */
};

struct jobmanager_session {
    enum session_phase phase;
    bool has_folder;
    int64_t heartbeat_interval_ms;
    int64_t heartbeat_timeout_ms;
    char address[TRANSPORT_ADDRESS_BYTES];
    uint64_t epoch; /* the newest leader's that was heard of; 0: none */
    uint64_t round; /* counts registrations: answers to what was sent before the last are void */
    uint32_t failures;
    int64_t next_attempt_ms;   /* RESOLVING, REGISTERING; in REGISTERED the next look into the folder */
    int64_t next_heartbeat_ms; /* REGISTERED */
    int64_t heard_ms;          /* when the leader was last heard */
    bool is_under_way;         /* a RESOLVE or REGISTER is not answered yet */
    bool is_connect_due;
    bool is_probe_due;             /* REGISTERED: look whether there is another leader */
    bool has_tasks_due;            /* tasks may run that depend on hearing the leader in time */
    struct session_command cancel; /* pending; kind NONE: none */
};

void jobmanager_session_init(struct jobmanager_session *session, bool has_folder,
                             int64_t heartbeat_interval_ms, int64_t heartbeat_timeout_ms, int64_t now_ms);

/* The next command that is due; kind NONE: nothing before jobmanager_session_deadline_ms or the next event.
 */
struct session_command jobmanager_session_next(struct jobmanager_session *session, int64_t now_ms);
int64_t jobmanager_session_deadline_ms(const struct jobmanager_session *session);

/* address NULL: not known yet. epoch 0: not known (there is no folder). */
void jobmanager_session_on_resolved(struct jobmanager_session *session, const char *address, uint64_t epoch,
                                    int64_t now_ms);
/* reply is read when status is OK. */
void jobmanager_session_on_register_reply(struct jobmanager_session *session, uint64_t round,
                                          enum status status, const struct rpc_register_reply *reply,
                                          int64_t now_ms);
void jobmanager_session_on_heartbeat_reply(struct jobmanager_session *session, uint64_t round,
                                           enum status status, const struct rpc_heartbeat_reply *reply,
                                           int64_t now_ms);
/* The connection went, or came back. */
void jobmanager_session_on_connection(struct jobmanager_session *session, bool is_lost, int64_t now_ms);

/* There is something to tell that should not wait for the next interval. */
void jobmanager_session_beat_now(struct jobmanager_session *session, int64_t now_ms);

/* Whether a request of that epoch is to be obeyed. A newer one is: its leader knows of us by a registration
 * whose answer is still on its way. */
bool jobmanager_session_admit(struct jobmanager_session *session, uint64_t epoch, int64_t now_ms);
/* Messages of tasks of that epoch can be delivered now. */
bool jobmanager_session_is_connected(const struct jobmanager_session *session, uint64_t epoch);
