#pragma once

#include "taskmanager/taskexecutor/operator_factory.h"
#include "taskmanager/taskexecutor/working_folder.h"

/* "rocksdb" or "hashmap"; false: neither. */
bool task_environment_find_backend(const char *name, enum state_backend_kind *ret_kind);

/* What a taskmanager gives each of its tasks. All of it outlives them and is safe for any thread. */
struct task_environment {
    const struct process_context *process;
    const struct operator_factory *factory;
    struct exchange_hub *hub; /* NULL: tasks without edges only */
    struct working_folder *working_folder;
    enum state_backend_kind state_backend; /* unless the job says otherwise */
    size_t slot_memory_bytes;              /* of keyed state in one slot, at most */
    bool recovers_locally;                 /* copies of keyed state are kept here */
};
