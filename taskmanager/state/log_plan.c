#include "taskmanager/state/log_plan_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>

/*
 * A chain is worth its length: a restore reads all of it, it takes up disk, and each checkpoint names its
 * files. It may grow to three times what is resident; so a row that changes is written out twice in the mean.
 * Many files that have an eighth of it together are enough too, and at last a great many.
 */
enum { MANY_FILES = 64, MANY_FILES_SHARE = 8, MAX_FILES = 512, MAX_GROWTH = 3, MIN_BYTES = 1 << 20 };
enum { MOST_NUMERATOR = 3, MOST_DENOMINATOR = 4 };

void log_plan_init(struct log_plan *plan)
{
    *plan = (struct log_plan){.next_number = 1};
    struct uuid uuid = uuid_generate();
    uuid_format(&uuid, plan->id);
}

void log_plan_forget(struct log_plan *plan)
{
    for (uint32_t i = 0; i < plan->num_files; i++)
        free((char *)(uintptr_t)plan->files[i].name);
    plan->num_files = 0;
    plan->bytes = plan->base_bytes = 0;
}

void log_plan_free(struct log_plan *plan)
{
    log_plan_forget(plan);
    free(plan->files);
    plan->files = NULL;
}

static uint64_t dirty_bytes(const struct log_extent *extent)
{
    return extent->num_rows == 0 ? 0 : extent->bytes / extent->num_rows * extent->num_dirty;
}

static bool wants_base(const struct log_plan *plan, const struct log_extent *extent)
{
    uint64_t changed_bytes = plan->bytes - plan->base_bytes + dirty_bytes(extent);
    return plan->num_files == 0 || plan->num_files == MAX_FILES ||
           (plan->num_files >= MANY_FILES && changed_bytes > extent->bytes / MANY_FILES_SHARE) ||
           extent->num_dirty * MOST_DENOMINATOR > extent->num_rows * MOST_NUMERATOR ||
           plan->base_bytes + changed_bytes > MAX_GROWTH * extent->bytes + MIN_BYTES;
}

bool log_plan_wants_file(const struct log_plan *plan, const struct log_extent *extent)
{
    return extent->num_rows > 0 && (extent->num_dirty > 0 || wants_base(plan, extent));
}

void log_plan_written(struct log_plan *plan, uint64_t bytes)
{
    plan->bytes += bytes;
    plan->base_bytes = plan->num_files == 1 ? bytes : plan->base_bytes;
}

struct row_log_file log_plan_next(struct log_plan *plan, const struct log_extent *extent)
{
    bool is_base = wants_base(plan, extent);
    if (is_base)
        log_plan_forget(plan);
    if (plan->num_files == plan->capacity) {
        plan->capacity = plan->capacity == 0 ? 8 : plan->capacity * 2;
        plan->files = mem_realloc(plan->files, plan->capacity * sizeof *plan->files);
    }
    struct buffer name = {0};
    buffer_printf(&name, "%s-%u.table", plan->id, plan->next_number);
    struct row_log_entry *entry = &plan->files[plan->num_files++];
    *entry = (struct row_log_entry){plan->next_number++, buffer_take(&name, NULL)};
    return (struct row_log_file){.name = mem_strdup(entry->name), .is_base = is_base};
}
