/* Jobmanagers: the shipped machines of one job, and what they say to tasks. */
#include "tests/simulation/simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEADER_TICK_MS = 25, KEEP_LEAD_MS = 1000, CHECKPOINT_INTERVAL_MS = 400, HEARTBEAT_TIMEOUT_MS = 5000 };

static void call(struct simulated_jobmanager *jobmanager, enum event_kind kind,
                 const struct execution *execution, uint32_t attempt, const struct world_event *content)
{
    struct world *world = jobmanager->world;
    struct task_key key = {
        .generation = jobmanager->generation,
        .epoch = jobmanager->epoch,
        .attempt = attempt,
        .subtask = execution->subtask,
        .taskmanager = (uint32_t)strtoul(execution->slot.taskmanager_id, NULL, 16) - 1,
    };
    bool is_lost = world_chance(world, 3);
    bool is_heard = !is_lost || world_chance(world, 50); /* the answer can be what is lost */
    uint32_t copies = !is_heard ? 0 : world_chance(world, 4) ? 2 : 1;
    for (uint32_t i = 0; i < copies; i++) {
        struct world_event *event = world_post(world, kind, world_delay(world));
        event->jobmanager = jobmanager->index;
        event->taskmanager = key.taskmanager;
        event->task = key;
        event->checkpoint_id = content->checkpoint_id;
        event->is_final = content->is_final;
        event->is_aborted = content->is_aborted;
        event->is_stop = content->is_stop;
        event->is_drain = content->is_drain;
        event->is_rescaled = content->is_rescaled;
        memcpy(event->offsets, content->offsets, sizeof event->offsets);
        event->durable_id = content->durable_id;
        event->files = path_list_copy(&content->files);
    }
    if (!is_lost)
        return;
    struct world_event *failed = world_post(world, EVENT_CALL_FAILED, 100);
    failed->jobmanager = jobmanager->index;
    failed->task = key;
    failed->call = kind;
    failed->checkpoint_id = content->checkpoint_id;
}

static const char *job_id_of(const struct simulated_jobmanager *jobmanager)
{
    return jobmanager->world->generations[jobmanager->generation].job_id;
}

static void on_request_slots(void *context, uint32_t count)
{
    ((struct simulated_jobmanager *)context)->slots_wanted = count;
}

static void on_release_slots(void *context)
{
    struct simulated_jobmanager *jobmanager = context;
    resourcemanager_release(jobmanager->resources, job_id_of(jobmanager));
    jobmanager->resources_changed = true;
}

/* Where a split is read on: each is in the state of one subtask, "epoch attempt checkpoint subtask drained
 * offset ...". */
static void gather_offsets(struct simulated_jobmanager *jobmanager,
                           const struct checkpoint_metadata *restored, int64_t offsets[NUM_SPLITS])
{
    struct world *world = jobmanager->world;
    uint32_t num_found[NUM_SPLITS] = {0};
    for (size_t i = 0; i < restored->num_states; i++) {
        long long read[NUM_SPLITS];
        unsigned is_drained;
        CHECK(sscanf((const char *)restored->states[i].state.data, "%*u %*u %*u %*u %u %lld %lld %lld %lld",
                     &is_drained, &read[0], &read[1], &read[2], &read[3]) == 1 + NUM_SPLITS);
        bool is_own = strcmp(restored->job_id, job_id_of(jobmanager)) == 0;
        if (is_drained && is_own)
            world_violate(world, "a drained job goes on from checkpoint %llu",
                          (unsigned long long)restored->checkpoint_id);
        for (uint32_t split = 0; split < NUM_SPLITS; split++) {
            if (read[split] < 0)
                continue;
            offsets[split] = read[split];
            num_found[split]++;
        }
    }
    for (uint32_t split = 0; split < NUM_SPLITS; split++)
        if (num_found[split] != 1)
            world_violate(world, "split %u is in the states of %u subtasks", split, num_found[split]);
}

static void on_deploy(void *context, const struct execution *execution, uint32_t attempt,
                      struct checkpoint_metadata *restored)
{
    struct simulated_jobmanager *jobmanager = context;
    struct task_key key = {.generation = jobmanager->generation, .subtask = execution->subtask};
    struct world_event content = {.checkpoint_id = restored == NULL ? 0 : restored->checkpoint_id};
    if (restored != NULL) {
        gather_offsets(jobmanager, restored, content.offsets);
        state_gather(jobmanager->world, restored, &key, &content);
    }
    for (uint32_t split = 0; split < NUM_SPLITS; split++)
        if (!world_reads(jobmanager->world, &key, split))
            content.offsets[split] = -1;
    world_tell(jobmanager->world, "jobmanager %u deploys job %u attempt %u subtask %u from %llu",
               jobmanager->index, jobmanager->generation, attempt, execution->subtask,
               (unsigned long long)content.checkpoint_id);
    call(jobmanager, EVENT_DEPLOY, execution, attempt, &content);
    path_list_free(&content.files);
}

static void on_cancel_task(void *context, const struct execution *execution, uint32_t attempt)
{
    struct world_event content = {0};
    call(context, EVENT_CANCEL, execution, attempt, &content);
}

static void on_trigger(void *context, const struct execution *execution, uint32_t attempt,
                       const struct coordinator_trigger *trigger)
{
    struct world_event content = {.checkpoint_id = trigger->checkpoint_id,
                                  .durable_id = trigger->durable_id,
                                  .is_final = trigger->kind == CHECKPOINT_FINAL,
                                  .is_stop = trigger->kind == CHECKPOINT_STOP,
                                  .is_drain = trigger->is_drain};
    call(context, EVENT_TRIGGER, execution, attempt, &content);
}

static void on_notify(void *context, const struct execution *execution, uint32_t attempt,
                      uint64_t checkpoint_id, bool is_aborted, bool is_final)
{
    struct world_event content = {
        .checkpoint_id = checkpoint_id, .is_final = is_final, .is_aborted = is_aborted};
    call(context, EVENT_NOTIFY, execution, attempt, &content);
}

static void on_quarantine(void *context, const char *taskmanager_id)
{
    struct simulated_jobmanager *jobmanager = context;
    struct world_event *lost = world_post(jobmanager->world, EVENT_TASKMANAGER_LOST, 1);
    lost->jobmanager = jobmanager->index;
    lost->taskmanager = (uint32_t)strtoul(taskmanager_id, NULL, 16) - 1;
}

static void on_state_changed(void *context, enum job_state from, enum job_state to)
{
    struct simulated_jobmanager *jobmanager = context;
    world_tell(jobmanager->world, "jobmanager %u job %s -> %s", jobmanager->index, job_state_name(from),
               job_state_name(to));
    /* Nobody hears it of a leader that is none any more. */
    if (to == JOB_FINISHED && jobmanager == world_leader(jobmanager->world))
        jobmanager->world->has_ended = true;
}

static void on_answered(void *context, const char *request_id, uint64_t checkpoint_id,
                        const struct error *failure)
{
    (void)checkpoint_id;
    user_take_answer(context, request_id, failure);
}

static void on_failed(void *context, const struct execution *execution, const struct error *error)
{
    (void)execution;
    struct simulated_jobmanager *jobmanager = context;
    struct world *world = jobmanager->world;
    world_tell(world, "jobmanager %u failure: %s%s", jobmanager->index, error->message,
               error->fatal ? " (fatal)" : "");
    /* Who is fenced may fail; who leads may not. */
    if (error->fatal && error->code != STATUS_FENCED && jobmanager == world_leader(world) &&
        !jobmanager->has_crashed)
        world_violate(world, "the leader's job failed for good: %s", error->message);
}

void jobmanager_operations(struct simulated_jobmanager *jobmanager, struct job_operations *operations)
{
    operations->context = jobmanager;
    operations->request_slots = on_request_slots;
    operations->release_slots = on_release_slots;
    operations->deploy = on_deploy;
    operations->cancel_task = on_cancel_task;
    operations->trigger = on_trigger;
    operations->notify = on_notify;
    operations->quarantine = on_quarantine;
    operations->state_changed = on_state_changed;
    operations->failed = on_failed;
    operations->answered = on_answered;
}

static void on_added(void *context, const struct taskmanager *taskmanager)
{
    (void)taskmanager;
    ((struct simulated_jobmanager *)context)->resources_changed = true;
}

static void on_lost(void *context, const struct taskmanager *taskmanager, const struct error *reason)
{
    struct simulated_jobmanager *jobmanager = context;
    job_master_taskmanager_lost(jobmanager->job, taskmanager->id, reason, jobmanager->world->now_ms);
}

static struct job_master *make_job(struct simulated_jobmanager *jobmanager)
{
    struct world *world = jobmanager->world;
    uint32_t parallelism = world->generations[jobmanager->generation].parallelism;
    struct scheduler_vertex vertex = {.parallelism = parallelism, .is_source = true};
    const char *const tables[NUM_TABLES] = {"a", "b"};
    const int32_t table_of_sink[NUM_TABLES] = {world->has_tables ? 0 : -1, world->has_tables ? 1 : -1};
    struct job_master_options options = {
        .scheduler = {.vertices = &vertex,
                      .num_vertices = 1,
                      .min_backoff_ms = 100,
                      .max_backoff_ms = 2000,
                      .is_recovered = jobmanager->epoch > 1,
                      .cancel_timeout_ms = 8000},
        .coordinator = {.interval_ms = CHECKPOINT_INTERVAL_MS,
                        .timeout_ms = 2500,
                        .tolerable_failures = 1000000,
                        .rewinds = world->has_tables,
                        .num_retained = world->num_retained,
                        .max_uncommitted = 3,
                        .num_tasks = parallelism,
                        .max_parallelism = MAX_PARALLELISM,
                        .name_space = "default",
                        .job_id = job_id_of(jobmanager),
                        .lineage = SIMULATED_LINEAGE,
                        .epoch = jobmanager->epoch},
        .tables = tables,
        .num_tables = world->has_tables ? NUM_TABLES : 0,
        .table_of_sink = table_of_sink,
        .num_sinks = NUM_TABLES,
        .cancel_deadline_ms = 60000,
    };
    struct job_operations operations;
    jobmanager_operations(jobmanager, &operations);
    jobmanager_io_operations(jobmanager, &operations);
    return job_master_create(&options, &operations, world->now_ms);
}

static void start_job(struct simulated_jobmanager *jobmanager)
{
    struct world *world = jobmanager->world;
    jobmanager->generation = world->generation;
    jobmanager->stopped_at[0] = '\0';
    jobmanager->slots_wanted = 0;
    for (uint32_t t = 0; t < NUM_TABLES; t++)
        jobmanager->committers[t] =
            tables_open_committer(world, t, jobmanager->io, jobmanager->generation, jobmanager->epoch);
    jobmanager->job = make_job(jobmanager);
    job_master_start(jobmanager->job, world->now_ms);
}

static void end_job(struct simulated_jobmanager *jobmanager)
{
    job_master_free(jobmanager->job);
    for (uint32_t t = 0; t < NUM_TABLES; t++)
        table_committer_free(jobmanager->committers[t]);
}

void jobmanager_start_new(struct world *world)
{
    CHECK(world->num_jobmanagers < MAX_JOBMANAGERS);
    uint32_t index = world->num_jobmanagers++;
    struct simulated_jobmanager *jobmanager = &world->jobmanagers[index];
    *jobmanager = (struct simulated_jobmanager){
        .world = world, .index = index, .is_alive = true, .epoch = index + 1, .crash_after_operations = -1};
    world_tell(world, "jobmanager %u leads", index);
    jobmanager->io = memory_file_io_view(world->io);
    memory_file_io_set_hook(jobmanager->io, jobmanager_file_hook, jobmanager);
    struct resourcemanager_callbacks callbacks = {.context = jobmanager, .added = on_added, .lost = on_lost};
    jobmanager->resources = resourcemanager_create(1, HEARTBEAT_TIMEOUT_MS, &callbacks);
    start_job(jobmanager);
    world_post(world, EVENT_LEADER_TICK, LEADER_TICK_MS)->jobmanager = index;
}

void jobmanager_kill(struct simulated_jobmanager *jobmanager)
{
    if (!jobmanager->is_alive)
        return;
    struct world *world = jobmanager->world;
    world_tell(world, "jobmanager %u dies", jobmanager->index);
    jobmanager->is_alive = false;
    world->num_kills++;
    end_job(jobmanager);
    resourcemanager_free(jobmanager->resources);
    file_io_free(jobmanager->io);
    if (world->num_jobmanagers < MAX_JOBMANAGERS - 4)
        world_post(world, EVENT_NEW_LEADER, (int64_t)random_below(&world->random, 1500));
}

static void allocate(struct simulated_jobmanager *jobmanager)
{
    struct world *world = jobmanager->world;
    if (jobmanager->resources_changed) {
        jobmanager->resources_changed = false;
        job_master_resources_changed(jobmanager->job, world->now_ms);
    }
    uint32_t count = jobmanager->slots_wanted;
    if (count == 0)
        return;
    jobmanager->slots_wanted = 0;
    struct slot_grant grants[MAX_SUBTASKS];
    struct scheduler_slot slots[MAX_SUBTASKS];
    if (!resourcemanager_allocate(jobmanager->resources, job_id_of(jobmanager), count, NULL, grants)) {
        job_master_lacks_slots(jobmanager->job, 0, 0);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        memcpy(slots[i].taskmanager_id, grants[i].taskmanager_id, sizeof slots[i].taskmanager_id);
        slots[i].slot = grants[i].slot;
    }
    job_master_slots(jobmanager->job, slots, count, world->now_ms);
}

static void take_hello(struct simulated_jobmanager *jobmanager, uint32_t index)
{
    const char *id = jobmanager->world->taskmanagers[index].id;
    char address[32];
    snprintf(address, sizeof address, "inproc://%u", index);
    struct taskmanager_registration registration = {
        .id = id,
        .address = address,
        .data_address = address,
        .host = "host",
        .protocol_version = 1,
        .build_version = "",
        .num_slots = SLOTS,
    };
    struct error error;
    CHECK(resourcemanager_register(jobmanager->resources, &registration, jobmanager->world->now_ms, &error) ==
          STATUS_OK);
}

/* What is of another epoch must have been refused. */
static void check_fenced(struct simulated_jobmanager *jobmanager, const struct world_event *event,
                         enum status status)
{
    if (event->task.epoch != jobmanager->epoch && status != STATUS_FENCED)
        world_violate(jobmanager->world, "a message of epoch %llu had an effect in epoch %llu",
                      (unsigned long long)event->task.epoch, (unsigned long long)jobmanager->epoch);
}

static enum status acknowledge(struct simulated_jobmanager *jobmanager, const struct task_identity *task,
                               const struct world_event *event, struct error *error)
{
    struct world *world = jobmanager->world;
    char text[TEXT_BYTES];
    int size = snprintf(text, sizeof text, "%llu %u %llu %u %d %lld %lld %lld %lld",
                        (unsigned long long)event->task.epoch, event->task.attempt,
                        (unsigned long long)event->checkpoint_id, event->task.subtask, event->is_drain,
                        (long long)event->offsets[0], (long long)event->offsets[1],
                        (long long)event->offsets[2], (long long)event->offsets[3]);
    struct operator_id source = jobmanager_operator(jobmanager->generation, 0);
    struct checkpoint_operator owner = operator_id_as_owner(&source);
    struct checkpoint_operator_state state = {.owner = owner,
                                              .state = {(const uint8_t *)text, (size_t)size + 1}};
    struct arena *arena = arena_create(1024);
    struct checkpoint_keyed_state keyed = {.owner = owner, .handle = state_handle(world, event, arena)};
    struct buffer bytes[NUM_TABLES] = {0};
    struct operator_id sinks[NUM_TABLES];
    struct checkpoint_committable committables[NUM_TABLES];
    struct coordinator_acknowledgement acknowledgement = {
        .checkpoint_id = event->checkpoint_id,
        .is_end_of_input = event->is_end_of_input,
        .states = &state,
        .num_states = 1,
        .keyed_states = &keyed,
        .num_keyed_states = 1,
        .committables = committables,
    };
    for (uint32_t t = 0; t < NUM_TABLES; t++) {
        tables_encode_committable(world, t, event, &bytes[t]);
        sinks[t] = jobmanager_operator(jobmanager->generation, 1 + t);
        if (bytes[t].size > 0)
            committables[acknowledgement.num_committables++] =
                (struct checkpoint_committable){.owner = operator_id_as_owner(&sinks[t]),
                                                .sink_id = (uint32_t)sinks[t].sink_id,
                                                .content = buffer_view(&bytes[t])};
    }
    enum status status =
        job_master_acknowledge(jobmanager->job, task, &acknowledgement, world->now_ms, error);
    for (uint32_t t = 0; t < NUM_TABLES; t++)
        buffer_free(&bytes[t]);
    arena_free(arena);
    return status;
}

static void take_call_failed(struct simulated_jobmanager *jobmanager, const struct task_identity *task,
                             const struct world_event *event)
{
    struct error reason, ignored;
    error_set(&reason, STATUS_UNAVAILABLE, "the call was not answered");
    enum status status = STATUS_OK;
    if (event->call == EVENT_DEPLOY)
        status = job_master_task_state(jobmanager->job, task, EXECUTION_FAILED, &reason,
                                       jobmanager->world->now_ms, &ignored);
    else if (event->call == EVENT_TRIGGER)
        status = job_master_decline(jobmanager->job, task, event->checkpoint_id, &reason,
                                    jobmanager->world->now_ms, &ignored);
    (void)status; /* may come late */
}

static void take_task_message(struct simulated_jobmanager *jobmanager, const struct world_event *event)
{
    struct task_identity task = {
        .leader_epoch = event->task.epoch,
        .attempt = event->task.attempt,
        .vertex = 0,
        .subtask = event->task.subtask,
        .taskmanager_id = jobmanager->world->taskmanagers[event->task.taskmanager].id,
    };
    int64_t now_ms = jobmanager->world->now_ms;
    struct error error, reason;
    error_set(&reason, STATUS_UNAVAILABLE, "declined");
    if (event->kind == EVENT_STATE)
        check_fenced(jobmanager, event,
                     job_master_task_state(jobmanager->job, &task, event->state, &reason, now_ms, &error));
    else if (event->kind == EVENT_ACKNOWLEDGE)
        check_fenced(jobmanager, event, acknowledge(jobmanager, &task, event, &error));
    else if (event->kind == EVENT_DECLINE)
        check_fenced(
            jobmanager, event,
            job_master_decline(jobmanager->job, &task, event->checkpoint_id, &reason, now_ms, &error));
    else
        take_call_failed(jobmanager, &task, event);
}

static void tick(struct simulated_jobmanager *jobmanager)
{
    struct world *world = jobmanager->world;
    resourcemanager_tick(jobmanager->resources, world->now_ms);
    if (job_master_next_timer_ms(jobmanager->job) <= world->now_ms)
        job_master_tick(jobmanager->job, world->now_ms);
    world_post(world, EVENT_LEADER_TICK, LEADER_TICK_MS)->jobmanager = jobmanager->index;
}

/* A leader looks at the epochs once a second; until then it does not know that it is none any more. */
static bool is_fenced(const struct simulated_jobmanager *jobmanager)
{
    const struct world *world = jobmanager->world;
    return jobmanager->index + 1 < world->num_jobmanagers && world->now_ms % KEEP_LEAD_MS < LEADER_TICK_MS;
}

/* Of a job that does not run here any more. */
static bool is_outdated(const struct simulated_jobmanager *jobmanager, const struct world_event *event)
{
    switch (event->kind) {
    case EVENT_LEADER_TICK:
    case EVENT_REGISTER:
    case EVENT_TASKMANAGER_LOST: return false;
    case EVENT_IO:
    case EVENT_IO_DONE: return event->generation != jobmanager->generation;
    default: return event->task.generation != jobmanager->generation;
    }
}

void jobmanager_take(struct simulated_jobmanager *jobmanager, struct world_event *event)
{
    if (!jobmanager->is_alive || is_outdated(jobmanager, event))
        return;
    switch (event->kind) {
    case EVENT_LEADER_TICK:
        if (is_fenced(jobmanager))
            jobmanager->has_crashed = true;
        else
            tick(jobmanager);
        break;
    case EVENT_REGISTER: take_hello(jobmanager, event->taskmanager); break;
    case EVENT_TASKMANAGER_LOST: {
        struct error reason;
        error_set(&reason, STATUS_UNAVAILABLE, "lost");
        resourcemanager_drop(jobmanager->resources, jobmanager->world->taskmanagers[event->taskmanager].id,
                             &reason);
        break;
    }
    case EVENT_IO: jobmanager_do_io(jobmanager, event); break;
    case EVENT_IO_DONE: jobmanager_take_io(jobmanager, event); break;
    default: take_task_message(jobmanager, event);
    }
    if (jobmanager->has_crashed)
        jobmanager_kill(jobmanager);
    else
        allocate(jobmanager);
}

/* What the leader has ordered, and what follows from it. */
static void do_all_io(struct world *world, const struct simulated_jobmanager *leader)
{
    for (size_t i = 0; i < world->num_events;) {
        struct world_event *event = world->events[i];
        bool is_its_io =
            (event->kind == EVENT_IO || event->kind == EVENT_IO_DONE) && event->jobmanager == leader->index;
        if (!is_its_io || !leader->is_alive) {
            i++;
            continue;
        }
        world->events[i] = world->events[--world->num_events];
        jobmanager_take(&world->jobmanagers[leader->index], event);
        world_free_event(event);
        i = 0;
    }
}

/* What it leaves behind is in order at once, unless its leader crashes over it. */
static void clean_up(struct world *world, struct simulated_jobmanager *leader)
{
    uint32_t generation = leader->generation;
    do_all_io(world, leader);
    if (leader->is_alive)
        job_master_clean_up(leader->job, world->now_ms);
    do_all_io(world, leader);
    if (leader->is_alive && world->violation[0] == '\0')
        state_check(world, generation);
}

/* A job that was drained ends whatever becomes of its savepoint: then its last checkpoint is gone on from. */
static void note_drained(struct simulated_jobmanager *leader)
{
    const struct checkpoint_metadata *latest = coordinator_latest(job_master_coordinator(leader->job));
    if (leader->stopped_at[0] != '\0' || latest == NULL || !latest->is_drained)
        return;
    char *job_folder = jobmanager_job_folder(leader->world, leader->generation);
    char *folder =
        checkpoint_folder(job_folder, (struct checkpoint_reference){latest->checkpoint_id, latest->epoch});
    snprintf(leader->stopped_at, sizeof leader->stopped_at, "%s", folder);
    free(folder);
    free(job_folder);
}

void jobmanager_end_generation(struct world *world)
{
    struct simulated_jobmanager *leader = world_leader(world);
    CHECK(leader != NULL && leader->generation == world->generation);
    world->has_ended = false;
    note_drained(leader);
    world->has_finished = leader->stopped_at[0] == '\0' || world->generation + 1 == MAX_GENERATIONS;
    if (world->has_finished) {
        leader->crash_after_operations = -1;
        if (world_has_faults(world))
            world->now_ms = FAULTS_END_MS;
        clean_up(world, leader);
        return;
    }
    struct generation *next = &world->generations[++world->generation];
    snprintf(next->restore_path, sizeof next->restore_path, "%s", leader->stopped_at);
    world->num_rescaled++;
    world_tell(world, "the user goes on from %s with parallelism %u", next->restore_path, next->parallelism);
    clean_up(world, leader);
    if (!leader->is_alive)
        return;
    end_job(leader);
    start_job(leader);
}
