#pragma once

#include "common/base/mutant.h"
#include "common/base/random.h"
#include "common/filesystem/memory_file_io.h"
#include "common/iceberg/catalogs/table_ensure.h"
#include "jobmanager/committer/table_committer.h"
#include "jobmanager/dispatcher/job_master.h"
#include "jobmanager/dispatcher/operator_ids.h"
#include "jobmanager/resourcemanager/resourcemanager.h"

/*
 * A world of one job: jobmanagers, taskmanagers, two tables and a network, all in one thread. What happens is
 * an event at a time; the seed decides everything. A user stops the job now and then with a savepoint, and
 * goes on from it with another parallelism: the next generation.
 */
enum {
    MAX_JOBMANAGERS = 64,
    MAX_TASKMANAGERS = 64,
    MAX_TASKS = 8, /* of one taskmanager, dead ones included */
    MAX_SUBTASKS = 4,
    NUM_SPLITS = 4, /* of the source; split s is read by subtask s modulo parallelism */
    MAX_PARALLELISM = 128,
    MAX_GENERATIONS = 4,
    MAX_REQUESTS = 64,     /* of the user */
    MAX_STATE_FILES = 6,   /* of one subtask, at one time */
    KNOWN_CHECKPOINTS = 4, /* of which a task remembers the files */
    NUM_TABLES = 2,
    SLOTS = 2,
    TEXT_BYTES = 160,
    FAULTS_END_MS = 20000,
    GIVE_UP_MS = 200000,
};

#define SIMULATED_LINEAGE "11111111-1111-4111-8111-111111111111"

enum event_kind {
    /* jobmanager to task */
    EVENT_DEPLOY,
    EVENT_CANCEL,
    EVENT_TRIGGER,
    EVENT_NOTIFY,
    EVENT_CALL_FAILED, /* the answer to one of these is an error */
    /* task to jobmanager */
    EVENT_STATE,
    EVENT_ACKNOWLEDGE,
    EVENT_DECLINE,
    EVENT_REGISTER,
    EVENT_TASKMANAGER_LOST,
    /* of a jobmanager */
    EVENT_IO,
    EVENT_IO_DONE,
    EVENT_LEADER_TICK,
    /* of a taskmanager */
    EVENT_TASKMANAGER_TICK,
    /* of the world */
    EVENT_NEW_LEADER,
    EVENT_NEW_TASKMANAGER,
    EVENT_FAULT,
    EVENT_USER,
};

enum io_kind {
    IO_CLAIM,
    IO_READ_LAST,
    IO_COMMIT,
    IO_STORE,
    IO_FIND,
    IO_RECORD,
    IO_RESERVE,
    IO_DISCARD,
    IO_SCRAP,
    IO_SWEEP,
    IO_COPY
};

struct task_key {
    uint32_t generation;
    uint64_t epoch;
    uint32_t attempt;
    uint32_t subtask;
    uint32_t taskmanager;
};

struct world_event {
    int64_t time_ms;
    uint64_t order;
    enum event_kind kind;
    uint32_t jobmanager;
    uint32_t taskmanager;
    struct task_key task;
    enum event_kind call; /* of CALL_FAILED */
    enum execution_state state;
    uint64_t checkpoint_id;
    uint64_t durable_id;
    bool is_final, is_aborted, is_end_of_input, is_stop, is_drain;
    /* What a task snapshots, and what it restores: -1 for splits of others. */
    int64_t offsets[NUM_SPLITS], previous[NUM_SPLITS];
    bool is_rescaled;    /* files are restored from another job: none is shared */
    uint32_t generation; /* of I/O */
    /* I/O */
    enum io_kind io;
    uint32_t table;
    int64_t number;
    struct checkpoint_metadata *metadata;
    struct checkpoint_reference reference;
    struct found_checkpoints found;
    struct path_list files;
    struct checkpoint_reference *references; /* owned */
    size_t num_references;
    struct table_commit_result result;
    uint64_t size_bytes;
    enum status status;
    struct error error;
};

/* A file of keyed state, as the store of one subtask has it: where it was uploaded to, and for which of the
 * last checkpoints. */
struct simulated_file {
    bool is_used;
    char path[TEXT_BYTES];
    uint64_t uploaded_for; /* 0: nowhere yet */
    uint64_t in_checkpoint[KNOWN_CHECKPOINTS];
};

struct simulated_task {
    struct simulated_file files[MAX_STATE_FILES];
    bool is_used;
    uint64_t stop_id; /* reads nothing after that checkpoint; 0: none */
    struct task_key key;
    uint32_t jobmanager;
    enum execution_state state;
    int64_t ready_ms;
    int64_t offsets[NUM_SPLITS];
    int64_t barrier_offsets[NUM_SPLITS];
    uint64_t last_checkpoint_id;
};

struct simulated_taskmanager {
    bool is_alive;
    int64_t stopped_until_ms;
    char id[TASKMANAGER_ID_BYTES];
    struct simulated_task tasks[MAX_TASKS];
};

struct world;

struct simulated_jobmanager {
    struct world *world;
    uint32_t index;
    bool is_alive;
    int64_t stopped_until_ms;
    uint64_t epoch;
    uint32_t generation; /* of its job */
    struct job_master *job;
    char stopped_at[TEXT_BYTES]; /* the savepoint that its job ends with; "": none */
    struct resourcemanager *resources;
    struct file_io *io;
    struct table_committer *committers[NUM_TABLES];
    uint32_t slots_wanted;
    bool resources_changed;
    int64_t crash_after_operations; /* -1: does not */
    bool has_crashed;
    bool is_in_hook;
};

/* What the user asked for. */
struct user_request {
    enum checkpoint_kind kind;
    char folder[TEXT_BYTES];
    bool is_done;
};

/* The job under one id, as the job store has it. */
struct generation {
    uint32_t parallelism;
    char job_id[33];
    char restore_path[TEXT_BYTES]; /* "": none */
    struct continue_record continued[MAX_JOBMANAGERS];
    size_t num_continued;
    uint64_t reserved_until;
};

struct world {
    uint64_t seed;
    struct random random;
    bool is_verbose;
    int64_t now_ms;
    struct process_context process;
    struct world_event **events;
    size_t num_events, max_events;
    uint64_t next_order;
    struct file_io *io;
    uint32_t num_retained;
    bool has_tables; /* else the job commits nothing, and goes on after a checkpoint that failed */
    int64_t rows_per_split;
    struct generation generations[MAX_GENERATIONS];
    uint32_t generation; /* the present one */
    bool has_ended;      /* the job of this generation, for all to see */
    bool has_finished;   /* and there is no next one */
    struct user_request requests[MAX_REQUESTS];
    uint32_t num_requests;
    struct simulated_jobmanager jobmanagers[MAX_JOBMANAGERS];
    uint32_t num_jobmanagers;
    struct simulated_taskmanager taskmanagers[MAX_TASKMANAGERS];
    uint32_t num_taskmanagers;
    char table_uuids[NUM_TABLES][UUID_TEXT_BYTES];
    struct table_committer *foreign[NUM_TABLES];
    int64_t foreign_commits;
    char violation[512]; /* "" while there is none */
    /* What a run reached. */
    uint64_t num_stored, num_committed, num_kills, num_savepoints, num_rescaled;
    uint64_t next_file;
};

/* world.c */
struct world *world_create(uint64_t seed, bool is_verbose);
void world_free(struct world *world);
/* False: a violation, which is named. */
bool world_run(struct world *world);
struct world_event *world_post(struct world *world, enum event_kind kind, int64_t delay_ms);
void world_free_event(struct world_event *event);
void world_violate(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
void world_tell(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
bool world_chance(struct world *world, uint32_t percent); /* never once the faults have ended */
int64_t world_delay(struct world *world);
bool world_has_faults(const struct world *world);
/* The jobmanager of the highest epoch; NULL when it is dead. */
struct simulated_jobmanager *world_leader(struct world *world);
/* The splits that a subtask reads. */
bool world_reads(const struct world *world, const struct task_key *task, uint32_t split);

/* jobmanagers.c */
void jobmanager_start_new(struct world *world);
void jobmanager_kill(struct simulated_jobmanager *jobmanager);
void jobmanager_take(struct simulated_jobmanager *jobmanager, struct world_event *event);
void jobmanager_operations(struct simulated_jobmanager *jobmanager, struct job_operations *operations);

/* jobmanager_io.c */
char *jobmanager_job_folder(const struct world *world, uint32_t generation); /* of checkpoints */
/* The operators of the job: a source and two sinks, under other numbers in each generation. */
struct operator_id jobmanager_operator(uint32_t generation, uint32_t number);
void jobmanager_io_operations(struct simulated_jobmanager *jobmanager, struct job_operations *operations);
void jobmanager_do_io(struct simulated_jobmanager *jobmanager, struct world_event *event);
void jobmanager_take_io(struct simulated_jobmanager *jobmanager, struct world_event *event);
/* The job has ended: what it has ordered is done, its folder swept, and the next generation begins, or the
 * world is at its end. */
void jobmanager_end_generation(struct world *world);
enum file_fault jobmanager_file_hook(void *context, enum file_operation operation, const char *path);

/* taskmanagers.c */
void taskmanager_start_new(struct world *world);
void taskmanager_take(struct world *world, struct world_event *event);
void taskmanager_kill(struct world *world, uint32_t index);

/* user.c */
void user_act(struct world *world);
void user_take_answer(struct simulated_jobmanager *jobmanager, const char *request_id,
                      const struct error *failure);
/* Every savepoint that was answered is whole. */
void user_check(struct world *world);

/* state.c: keyed state of the tasks, as files under the folder of the job's checkpoints */
#define SIMULATED_CHECKPOINTS "memory:///checkpoints"
/* What a task restores must be there. */
void state_restore(struct world *world, struct simulated_task *task, const struct world_event *deploy);
/* Uploads what checkpoint_id needs beyond what it may share with the durable one. */
void state_snapshot(struct world *world, struct simulated_task *task, uint64_t checkpoint_id,
                    uint64_t durable_id, struct path_list *paths);
void state_change(struct world *world, struct simulated_task *task);
/* The handle of a subtask, in arena. */
struct keyed_state_handle *state_handle(const struct world *world, const struct world_event *acknowledge,
                                        struct arena *arena);
/* What the subtask of a deployment takes of the handles; each of its key groups must be there once. */
void state_gather(struct world *world, const struct checkpoint_metadata *restored,
                  const struct task_key *task, struct world_event *deploy);
/* The job has ended: what its last checkpoints need is there, and nothing else. */
void state_check(struct world *world, uint32_t generation);

/* tables.c */
void tables_create(struct world *world);
void tables_free(struct world *world);
/* What a subtask writes into both tables before it acknowledges. */
void tables_write_files(struct world *world, const struct world_event *acknowledge);
void tables_encode_committable(struct world *world, uint32_t table, const struct world_event *acknowledge,
                               struct buffer *bytes);
void tables_foreign_commit(struct world *world);
/* Every offset of every subtask is in each table once. */
void tables_check(struct world *world);
struct table_committer *tables_open_committer(struct world *world, uint32_t table, struct file_io *io,
                                              uint32_t generation, uint64_t epoch);
/* The rows that belong into a table begin at this offset: the second one stays empty for long. */
int64_t tables_first_offset(const struct world *world, uint32_t table);
