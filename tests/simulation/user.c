/* The user: asks for checkpoints and savepoints, and stops the job to go on with another parallelism. */
#include "tests/simulation/simulation.h"

#include "common/base/check.h"
#include "jobmanager/checkpoint/checkpoint_finder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVEPOINTS "memory:///savepoints"

void user_act(struct world *world)
{
    world_post(world, EVENT_USER, 300 + (int64_t)random_below(&world->random, 4000));
    struct simulated_jobmanager *leader = world_leader(world);
    if (leader == NULL || world->num_requests == MAX_REQUESTS || !world_has_faults(world))
        return;
    static const enum checkpoint_kind kinds[] = {CHECKPOINT_PERIODIC, CHECKPOINT_SAVEPOINT, CHECKPOINT_STOP,
                                                 CHECKPOINT_STOP};
    uint32_t number = world->num_requests++;
    struct user_request *request = &world->requests[number];
    bool may_stop = world->generation + 1 < MAX_GENERATIONS;
    *request = (struct user_request){.kind = kinds[random_below(&world->random, may_stop ? 4 : 2)]};
    snprintf(request->folder, sizeof request->folder, SAVEPOINTS "/savepoint-%u", number);
    char id[COORDINATOR_REQUEST_ID_BYTES];
    snprintf(id, sizeof id, "%032x", number);
    struct coordinator_request asked = {
        .id = id,
        .kind = request->kind,
        .is_drain = request->kind == CHECKPOINT_STOP && random_below(&world->random, 5) == 0,
        .folder = request->kind == CHECKPOINT_PERIODIC ? NULL : request->folder,
    };
    world_tell(world, "the user asks for %u, kind %d", number, (int)request->kind);
    job_master_ask(leader->job, &asked, world->now_ms);
}

void user_take_answer(struct simulated_jobmanager *jobmanager, const char *request_id,
                      const struct error *failure)
{
    struct world *world = jobmanager->world;
    struct user_request *request = &world->requests[strtoul(request_id, NULL, 16)];
    world_tell(world, "jobmanager %u answers %s: %s", jobmanager->index, request_id + 28,
               failure == NULL ? "done" : failure->message);
    if (failure != NULL)
        return;
    request->is_done = true;
    world->num_savepoints += request->kind != CHECKPOINT_PERIODIC;
    if (request->kind == CHECKPOINT_STOP)
        snprintf(jobmanager->stopped_at, sizeof jobmanager->stopped_at, "%s", request->folder);
}

static void check_savepoint(struct world *world, const char *folder)
{
    struct checkpoint_search search = {.io = world->io, .restore_path = folder};
    struct found_checkpoints found;
    struct error error;
    if (checkpoint_find(&search, &found, &error) != STATUS_OK) {
        world_violate(world, "in the end a savepoint cannot be read: %s", error.message);
        return;
    }
    for (size_t i = 0; i < found.latest->num_keyed_states; i++) {
        const struct keyed_state_handle *handle = found.latest->keyed_states[i].handle;
        for (size_t f = 0; f < handle->num_files; f++) {
            struct buffer path = {0};
            bool exists = false;
            buffer_printf(&path, "%s/%s", folder, handle->files[f].path);
            CHECK(file_io_exists(world->io, buffer_text(&path), &exists, &error) == STATUS_OK);
            if (!exists)
                world_violate(world, "in the end the savepoint %s has lost %s", folder,
                              handle->files[f].path);
            buffer_free(&path);
        }
    }
    found_checkpoints_free(&found);
}

void user_check(struct world *world)
{
    for (uint32_t i = 0; i < world->num_requests; i++)
        if (world->requests[i].is_done && world->requests[i].kind != CHECKPOINT_PERIODIC)
            check_savepoint(world, world->requests[i].folder);
}
