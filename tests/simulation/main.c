#include "tests/simulation/seeds.h"
#include "tests/simulation/simulation.h"

#include <stdio.h>

struct totals {
    uint64_t num_stored, num_committed, num_kills, num_savepoints, num_rescaled;
    int64_t foreign_commits;
};

static bool run_seed(uint64_t seed, bool is_verbose, void *argument)
{
    struct totals *totals = argument;
    struct world *world = world_create(seed, is_verbose);
    bool is_right = world_run(world);
    totals->num_stored += world->num_stored;
    totals->num_committed += world->num_committed;
    totals->num_kills += world->num_kills;
    totals->num_savepoints += world->num_savepoints;
    totals->num_rescaled += world->num_rescaled;
    totals->foreign_commits += world->foreign_commits;
    if (!is_right)
        printf("seed %llu: %s\n", (unsigned long long)seed, world->violation);
    world_free(world);
    return is_right;
}

static void print_totals(uint64_t count, const void *argument)
{
    const struct totals *totals = argument;
    printf("%llu seeds: %llu checkpoints stored, %llu commits, %llu savepoints, %llu rescaled, %llu kills, "
           "%lld foreign commits\n",
           (unsigned long long)count, (unsigned long long)totals->num_stored,
           (unsigned long long)totals->num_committed, (unsigned long long)totals->num_savepoints,
           (unsigned long long)totals->num_rescaled, (unsigned long long)totals->num_kills,
           (long long)totals->foreign_commits);
}

int main(int argc, char **argv)
{
    struct totals totals = {0};
    struct simulation simulation = {run_seed, print_totals, &totals};
    return simulation_main(&simulation, argc, argv);
}
