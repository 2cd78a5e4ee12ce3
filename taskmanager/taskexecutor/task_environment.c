#include "taskmanager/taskexecutor/task_environment.h"

#include <string.h>

bool task_environment_find_backend(const char *name, enum state_backend_kind *ret_kind)
{
    bool is_rocksdb = strcmp(name, "rocksdb") == 0;
    if (!is_rocksdb && strcmp(name, "hashmap") != 0)
        return false;
    *ret_kind = is_rocksdb ? STATE_BACKEND_ROCKSDB : STATE_BACKEND_HASHMAP;
    return true;
}
