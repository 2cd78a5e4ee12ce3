#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What a simulation does with the seeds that it is given. */
struct simulation {
    /* False: a violation, which was printed. */
    bool (*run_seed)(uint64_t seed, bool is_verbose, void *totals);
    /* What the seeds reached, on one line. */
    void (*print_totals)(uint64_t count, const void *totals);
    void *totals;
};

/* [-v] [--mutant] SEED [COUNT]. With --mutant it succeeds when a seed finds a violation. */
int simulation_main(const struct simulation *simulation, int argc, char **argv);
