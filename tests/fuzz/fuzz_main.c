/* A plain runner for fuzz targets where there is no libFuzzer: every seed of a
 * folder as it is, then mutations of them from a fixed generator, so that two
 * runs do the same. usage: fuzz_NAME CORPUS [ROUNDS] | fuzz_NAME FILE */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define SEEDS_MAX      256
#define SEED_BYTES_MAX (1u << 20)

struct seed {
    uint8_t *p;
    size_t n;
};

static struct seed seeds[SEEDS_MAX];
static size_t n_seeds;
static uint64_t state = 1;

/* splitmix64 */
static uint64_t
next_random(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int
read_seed(const char *path)
{
    struct seed *s = &seeds[n_seeds];
    FILE *f = fopen(path, "rb");

    if (f == NULL || n_seeds == SEEDS_MAX) {
        fprintf(stderr, "%s: cannot be read, or too many seeds\n", path);
        return 1;
    }
    s->p = malloc(SEED_BYTES_MAX);
    if (s->p == NULL)
        abort();
    s->n = fread(s->p, 1, SEED_BYTES_MAX, f);
    fclose(f);
    n_seeds++;
    return 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_folder(const char *dir)
{
    struct dirent **list = NULL;
    const int n = scandir(dir, &list, NULL, by_name);
    int failed = n < 0;

    for (int i = 0; i < n; i++) {
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
        if (list[i]->d_name[0] != '.')
            failed |= read_seed(path);
        free(list[i]);
    }
    free(list);
    return failed;
}

/* A copy of exactly its length, so that a sanitizer sees the first byte too
 * many. */
static void
run(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, p, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

/* Flip, overwrite, cut, repeat a piece, or take the tail of another seed. */
static size_t
mutate_once(uint8_t *p, size_t n)
{
    const uint64_t r = next_random();
    const size_t at = n > 0 ? (size_t)(r >> 16) % n : 0;
    const size_t len = n > 0 ? (size_t)(r >> 40) % (n - at) : 0;
    const struct seed *other = &seeds[(r >> 8) % n_seeds];

    switch (r % 6) {
    case 0:
    case 1:
        if (n > 0)
            p[at] ^= (uint8_t)(1u << ((r >> 8) % 8));
        return n;
    case 2:
        if (n > 0)
            p[at] = (uint8_t)(r >> 8);
        return n;
    case 3:
        return at;
    case 4:
        if (n + len > SEED_BYTES_MAX)
            return n;
        memmove(p + at + len, p + at, n - at);
        return n + len;
    default:
        if (other->n > at)
            memcpy(p + at, other->p + at, other->n - at);
        return other->n > at ? other->n : n;
    }
}

static void
run_mutations(unsigned long rounds)
{
    uint8_t *p = malloc(2 * SEED_BYTES_MAX);

    if (p == NULL)
        abort();
    for (unsigned long i = 0; i < rounds; i++) {
        const struct seed *s = &seeds[next_random() % n_seeds];
        size_t n = s->n;

        memcpy(p, s->p, n);
        for (uint64_t left = 1 + next_random() % 4; left > 0; left--)
            n = mutate_once(p, n);
        run(p, n);
    }
    free(p);
}

int
main(int argc, char **argv)
{
    struct stat st;
    const unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;

    if (argc < 2 || stat(argv[1], &st) != 0) {
        fprintf(stderr, "usage: %s CORPUS [ROUNDS] | %s FILE\n", argv[0],
                argv[0]);
        return 64;
    }
    if (S_ISDIR(st.st_mode) ? read_folder(argv[1]) : read_seed(argv[1]))
        return 66;
    for (size_t i = 0; i < n_seeds; i++)
        run(seeds[i].p, seeds[i].n);
    if (S_ISDIR(st.st_mode) && n_seeds > 0)
        run_mutations(rounds);
    printf("%zu seeds, %lu mutations: nothing found\n", n_seeds,
           S_ISDIR(st.st_mode) ? rounds : 0);
    for (size_t i = 0; i < n_seeds; i++)
        free(seeds[i].p);
    return n_seeds > 0 ? 0 : 66;
}
