#pragma once

#include "common/base/log.h"
#include "common/base/status.h"

/*
 * The folder of one taskmanager for files that it can do without after its end: working files of keyed
 * state, and copies of it for a quick restart. It is made when it is first asked for, and locked while the
 * process lives, so that what others left behind that were killed can be told apart and removed.
 */
struct working_folder;

/* parent: io.tmp.dirs. log may be NULL. */
struct working_folder *working_folder_create(const char *parent, const char *id, struct logger *log);
/* Any thread. *ret_path lives as long as the folder. */
STATUS_MUST_CHECK enum status working_folder_path(struct working_folder *folder, const char **ret_path,
                                                  struct error *error);
/* Removes what concerns the job, if the folder was made. */
void working_folder_forget_job(struct working_folder *folder, const char *job_id);
/* Removes it with everything in it. */
void working_folder_free(struct working_folder *folder);
