/*
 * broker_map.h - which entries of a table have this hash: chains of indexes.
 *
 * The keys stay in the table, the caller compares them. Memory is taken once.
 */
#ifndef BROKER_MAP_H
#define BROKER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BROKER_MAP_END UINT32_MAX

struct broker_map {
    uint32_t *head; /* n_heads, a power of two */
    uint32_t *next; /* one for each entry of the table */
    size_t n_heads;
};

/** broker_map_init: for a table of @n entries; false without memory. */
bool broker_map_init(struct broker_map *m, size_t n);
void broker_map_clear(struct broker_map *m);

void broker_map_add(struct broker_map *m, uint64_t hash, uint32_t i);
void broker_map_remove(struct broker_map *m, uint64_t hash, uint32_t i);

/** broker_map_first / _next: candidates, until BROKER_MAP_END. */
uint32_t broker_map_first(const struct broker_map *m, uint64_t hash);
uint32_t broker_map_next(const struct broker_map *m, uint32_t i);

/** broker_map_mix: spreads the bits of @x. */
uint64_t broker_map_mix(uint64_t x);

#endif /* BROKER_MAP_H */
