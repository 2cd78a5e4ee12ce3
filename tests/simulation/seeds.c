#include "tests/simulation/seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool run_seeds(const struct simulation *simulation, uint64_t first, uint64_t count, bool is_verbose)
{
    for (uint64_t seed = first; seed < first + count; seed++)
        if (!simulation->run_seed(seed, is_verbose, simulation->totals))
            return false;
    return true;
}

/* A mutant may also fall over one of its own checks: that is found as well. */
static int find_mutant(const struct simulation *simulation, uint64_t first, uint64_t count)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(run_seeds(simulation, first, count, false) && fflush(stdout) == 0 ? EXIT_SUCCESS
                                                                                : EXIT_FAILURE);
    int result = 0;
    if (child < 0 || waitpid(child, &result, 0) != child)
        return EXIT_FAILURE;
    bool is_found = !WIFEXITED(result) || WEXITSTATUS(result) != EXIT_SUCCESS;
    printf(is_found ? "the mutant is found\n" : "the mutant lives: these seeds do not test its guard\n");
    return is_found ? EXIT_SUCCESS : EXIT_FAILURE;
}

int simulation_main(const struct simulation *simulation, int argc, char **argv)
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
        return find_mutant(simulation, numbers[0], numbers[1]);
    if (!run_seeds(simulation, numbers[0], numbers[1], is_verbose))
        return EXIT_FAILURE;
    simulation->print_totals(numbers[1], simulation->totals);
    return EXIT_SUCCESS;
}
