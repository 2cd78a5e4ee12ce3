#pragma once

#include "common/base/arena.h"
#include "jobmanager/dispatcher/cluster_view.h"

struct job;

/* Takes arena, in which everything lives that view points to. */
const struct job_view *job_view_box(const struct job_view *view, struct arena *arena);
/* vertices and edges, and the numbers of tasks in the summary */
void view_build_vertices(struct job *job, struct arena *arena, struct job_view *view);
void view_build_checkpoints(struct job *job, struct arena *arena, struct checkpoints_view *view);
