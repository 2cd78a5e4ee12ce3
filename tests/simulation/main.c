#include "tests/simulation/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct totals {
    uint64_t num_stored, num_committed, num_kills, num_savepoints, num_rescaled;
    int64_t foreign_commits;
};

static bool run_seeds(uint64_t first, uint64_t count, bool is_verbose, struct totals *totals)
{
    for (uint64_t seed = first; seed < first + count; seed++) {
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
        if (!is_right)
            return false;
    }
    return true;
}

/* A mutant may also fall over one of its own checks: that is found as well. */
static int find_mutant(uint64_t first, uint64_t count)
{
    struct totals totals = {0};
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(run_seeds(first, count, false, &totals) && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    int result = 0;
    if (child < 0 || waitpid(child, &result, 0) != child)
        return EXIT_FAILURE;
    bool is_found = !WIFEXITED(result) || WEXITSTATUS(result) != EXIT_SUCCESS;
    printf(is_found ? "the mutant is found\n" : "the mutant lives: these seeds do not test its guard\n");
    return is_found ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    bool is_verbose = false, is_mutant = false;
    uint64_t numbers[2] = {1, 1};
    int count = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            is_verbose = true;
        else if (strcmp(argv[i], "--mutant") == 0)
            is_mutant = true;
        else if (count < 2)
            numbers[count++] = strtoull(argv[i], NULL, 10);
    }
    if (is_mutant)
        return find_mutant(numbers[0], numbers[1]);
    struct totals totals = {0};
    if (!run_seeds(numbers[0], numbers[1], is_verbose, &totals))
        return EXIT_FAILURE;
    printf("%llu seeds: %llu checkpoints stored, %llu commits, %llu savepoints, %llu rescaled, %llu kills, "
           "%lld foreign commits\n",
           (unsigned long long)numbers[1], (unsigned long long)totals.num_stored,
           (unsigned long long)totals.num_committed, (unsigned long long)totals.num_savepoints,
           (unsigned long long)totals.num_rescaled, (unsigned long long)totals.num_kills,
           (long long)totals.foreign_commits);
    return EXIT_SUCCESS;
}
