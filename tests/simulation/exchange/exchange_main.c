#include "tests/simulation/exchange/exchange_simulation.h"
#include "tests/simulation/seeds.h"

#include <stdio.h>

struct totals {
    uint64_t num_checkpoints, num_attempts, num_aborted;
};

static bool run_seed(uint64_t seed, bool is_verbose, void *argument)
{
    struct totals *totals = argument;
    struct exchange_world *world = exchange_world_create(seed, is_verbose);
    bool is_right = exchange_world_run(world);
    totals->num_checkpoints += world->num_checkpoints;
    totals->num_attempts += world->num_attempts;
    totals->num_aborted += world->num_aborted;
    if (!is_right)
        printf("seed %llu: %s\n", (unsigned long long)seed, world->violation);
    exchange_world_free(world);
    return is_right;
}

static void print_totals(uint64_t count, const void *argument)
{
    const struct totals *totals = argument;
    printf("%llu seeds: %llu checkpoints, %llu given up, %llu attempts\n", (unsigned long long)count,
           (unsigned long long)totals->num_checkpoints, (unsigned long long)totals->num_aborted,
           (unsigned long long)totals->num_attempts);
}

int main(int argc, char **argv)
{
    struct totals totals = {0};
    struct simulation simulation = {run_seed, print_totals, &totals};
    return simulation_main(&simulation, argc, argv);
}
