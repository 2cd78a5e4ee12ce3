#pragma once

#include "taskmanager/taskexecutor/operator_factory.h"

/* What a taskmanager gives each of its tasks. All of it outlives them and is safe for any thread. */
struct task_environment {
    const struct process_context *process;
    const struct operator_factory *factory;
    struct exchange_hub *hub; /* NULL: tasks without edges only */
};
