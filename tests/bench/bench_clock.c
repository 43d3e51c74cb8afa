/* What every benchmark reads: a clock, and the memory of a process. */
#include <time.h>

#include "bench.h"

double
bench_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

long
bench_anonymous_kib(pid_t pid)
{
    char path[64];
    char line[256];
    long kib = -1;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "Anonymous: %ld", &kib) == 1)
            break;
    if (f != NULL)
        (void)fclose(f);
    return kib;
}
