#include "taskmanager/taskexecutor/jobmanager_session.h"

#include "common/base/check.h"

#include <stdio.h>
#include <string.h>

enum { RETRY_FIRST_MS = 50, RETRY_MAX_MS = 500, PROBE_INTERVAL_MS = 500 };

void jobmanager_session_init(struct jobmanager_session *session, bool has_folder,
                             int64_t heartbeat_interval_ms, int64_t heartbeat_timeout_ms, int64_t now_ms)
{
    *session = (struct jobmanager_session){
        .phase = SESSION_RESOLVING,
        .has_folder = has_folder,
        .heartbeat_interval_ms = heartbeat_interval_ms,
        .heartbeat_timeout_ms = heartbeat_timeout_ms,
        .next_attempt_ms = now_ms,
    };
}

static void begin_resolving(struct jobmanager_session *session, int64_t at_ms)
{
    session->phase = SESSION_RESOLVING;
    session->next_attempt_ms = at_ms;
    session->is_under_way = false;
    session->is_probe_due = false;
    session->round++;
}

static void begin_registering(struct jobmanager_session *session, int64_t now_ms)
{
    session->phase = SESSION_REGISTERING;
    session->next_attempt_ms = now_ms;
    session->is_under_way = false;
    session->is_probe_due = false;
    session->round++;
}

static int64_t next_retry_ms(struct jobmanager_session *session, int64_t now_ms)
{
    uint32_t doublings = session->failures < 4 ? session->failures : 4;
    session->failures++;
    int64_t delay_ms = (int64_t)RETRY_FIRST_MS << doublings;
    return now_ms + (delay_ms < RETRY_MAX_MS ? delay_ms : RETRY_MAX_MS);
}

static void order_cancel(struct jobmanager_session *session, uint64_t epoch, bool is_leader_unheard)
{
    /* "All" is not narrowed by what comes after it. */
    if (session->cancel.kind == SESSION_COMMAND_CANCEL && session->cancel.epoch == 0)
        return;
    session->cancel = (struct session_command){
        .kind = SESSION_COMMAND_CANCEL, .epoch = epoch, .is_leader_unheard = is_leader_unheard};
}

static void adopt_epoch(struct jobmanager_session *session, uint64_t epoch)
{
    if (epoch == session->epoch)
        return;
    if (session->epoch != 0)
        order_cancel(session, epoch, false);
    session->epoch = epoch;
}

static struct session_command next_of_phase(struct jobmanager_session *session, int64_t now_ms)
{
    bool is_attempt_due = !session->is_under_way && now_ms >= session->next_attempt_ms;
    if (session->phase == SESSION_REGISTERED && now_ms >= session->next_heartbeat_ms) {
        session->next_heartbeat_ms = now_ms + session->heartbeat_interval_ms;
        return (struct session_command){.kind = SESSION_COMMAND_HEARTBEAT, .round = session->round};
    }
    if (session->phase == SESSION_REGISTERING && session->is_connect_due) {
        session->is_connect_due = false;
        return (struct session_command){.kind = SESSION_COMMAND_CONNECT, .address = session->address};
    }
    if (!is_attempt_due || (session->phase == SESSION_REGISTERED && !session->is_probe_due))
        return (struct session_command){.kind = SESSION_COMMAND_NONE};
    session->is_under_way = true;
    if (session->phase == SESSION_REGISTERING)
        return (struct session_command){.kind = SESSION_COMMAND_REGISTER, .round = session->round};
    return (struct session_command){.kind = SESSION_COMMAND_RESOLVE};
}

struct session_command jobmanager_session_next(struct jobmanager_session *session, int64_t now_ms)
{
    if (session->has_tasks_due && now_ms - session->heard_ms >= session->heartbeat_timeout_ms) {
        session->has_tasks_due = false;
        order_cancel(session, 0, true);
        if (session->phase == SESSION_REGISTERED)
            begin_resolving(session, now_ms);
    }
    if (session->cancel.kind != SESSION_COMMAND_NONE) {
        struct session_command command = session->cancel;
        session->cancel.kind = SESSION_COMMAND_NONE;
        return command;
    }
    return next_of_phase(session, now_ms);
}

int64_t jobmanager_session_deadline_ms(const struct jobmanager_session *session)
{
    int64_t deadline_ms = INT64_MAX;
    if (session->cancel.kind != SESSION_COMMAND_NONE ||
        (session->is_connect_due && session->phase == SESSION_REGISTERING))
        return 0;
    if (session->has_tasks_due)
        deadline_ms = session->heard_ms + session->heartbeat_timeout_ms;
    if (session->phase == SESSION_REGISTERED && session->next_heartbeat_ms < deadline_ms)
        deadline_ms = session->next_heartbeat_ms;
    bool waits_for_attempt = session->phase != SESSION_REGISTERED || session->is_probe_due;
    if (waits_for_attempt && !session->is_under_way && session->next_attempt_ms < deadline_ms)
        deadline_ms = session->next_attempt_ms;
    return deadline_ms;
}

void jobmanager_session_on_resolved(struct jobmanager_session *session, const char *address, uint64_t epoch,
                                    int64_t now_ms)
{
    session->is_under_way = false;
    if (session->phase == SESSION_REGISTERED) {
        session->is_probe_due = false;
        session->next_attempt_ms = now_ms + PROBE_INTERVAL_MS;
        if (address == NULL || epoch <= session->epoch)
            return;
    } else if (address == NULL || epoch < (session->has_folder ? session->epoch : 0)) {
        session->next_attempt_ms = next_retry_ms(session, now_ms);
        return;
    }
    /* A connection to the same address is good for the next registration too. */
    if (strcmp(session->address, address) != 0)
        session->is_connect_due = true;
    snprintf(session->address, sizeof session->address, "%s", address);
    int64_t at_ms = session->phase == SESSION_REGISTERED ? now_ms : session->next_attempt_ms;
    begin_registering(session, at_ms > now_ms ? at_ms : now_ms);
}

static void register_failed(struct jobmanager_session *session, int64_t now_ms)
{
    session->next_attempt_ms = next_retry_ms(session, now_ms);
    if (session->has_folder)
        begin_resolving(session, session->next_attempt_ms);
}

void jobmanager_session_on_register_reply(struct jobmanager_session *session, uint64_t round,
                                          enum status status, const struct rpc_register_reply *reply,
                                          int64_t now_ms)
{
    if (session->phase != SESSION_REGISTERING || round != session->round)
        return;
    session->is_under_way = false;
    bool is_stale = status == STATUS_OK && session->has_folder && reply->leader_epoch < session->epoch;
    if (status != STATUS_OK || is_stale) {
        register_failed(session, now_ms);
        return;
    }
    adopt_epoch(session, reply->leader_epoch);
    if (reply->heartbeat_interval_ms > 0 && reply->heartbeat_timeout_ms > 0) {
        session->heartbeat_interval_ms = reply->heartbeat_interval_ms;
        session->heartbeat_timeout_ms = reply->heartbeat_timeout_ms;
    }
    session->phase = SESSION_REGISTERED;
    session->failures = 0;
    session->heard_ms = now_ms;
    session->has_tasks_due = true;
    session->next_heartbeat_ms = now_ms; /* the leader learns at once which tasks there are */
    session->next_attempt_ms = now_ms + PROBE_INTERVAL_MS;
}

static void heartbeat_failed(struct jobmanager_session *session, enum status status)
{
    if (status != STATUS_OK && session->has_folder)
        session->is_probe_due = true;
}

void jobmanager_session_on_heartbeat_reply(struct jobmanager_session *session, uint64_t round,
                                           enum status status, const struct rpc_heartbeat_reply *reply,
                                           int64_t now_ms)
{
    if (session->phase != SESSION_REGISTERED || round != session->round)
        return;
    bool is_refused = status == STATUS_FENCED;
    if (status != STATUS_OK && !is_refused) {
        heartbeat_failed(session, status);
        return;
    }
    bool is_same_leader = status == STATUS_OK && reply->leader_epoch == session->epoch;
    if (is_same_leader && reply->is_known) {
        session->heard_ms = now_ms;
        return;
    }
    /* A leader that does not know us has given our tasks up: nothing they do counts any more. */
    order_cancel(session, 0, false);
    if (status == STATUS_OK && reply->leader_epoch > session->epoch)
        session->epoch = reply->leader_epoch; /* fences the one before it at once */
    session->has_tasks_due = false;
    if (session->has_folder)
        begin_resolving(session, now_ms);
    else
        begin_registering(session, now_ms);
}

void jobmanager_session_on_connection(struct jobmanager_session *session, bool is_lost, int64_t now_ms)
{
    if (session->phase != SESSION_REGISTERED)
        return;
    if (is_lost)
        heartbeat_failed(session, STATUS_UNAVAILABLE);
    else
        session->next_heartbeat_ms = now_ms;
}

void jobmanager_session_beat_now(struct jobmanager_session *session, int64_t now_ms)
{
    if (session->next_heartbeat_ms > now_ms)
        session->next_heartbeat_ms = now_ms;
}

bool jobmanager_session_admit(struct jobmanager_session *session, uint64_t epoch, int64_t now_ms)
{
    if (epoch < session->epoch || epoch == 0)
        return false;
    if (epoch > session->epoch) {
        adopt_epoch(session, epoch);
        if (session->phase == SESSION_REGISTERED)
            begin_resolving(session, now_ms);
        session->has_tasks_due = true;
        session->heard_ms = now_ms;
    }
    return true;
}

bool jobmanager_session_is_connected(const struct jobmanager_session *session, uint64_t epoch)
{
    return session->phase == SESSION_REGISTERED && session->epoch == epoch;
}
