/*
 * broker_map.c - chained hash of indexes.
 */
#include "broker_map.h"

#include <stdlib.h>
#include <string.h>

#include "hf_assert.h"

bool
broker_map_init(struct broker_map *m, size_t n)
{
    m->n_heads = 16;
    while (m->n_heads < n)
        m->n_heads *= 2;
    m->head = malloc(m->n_heads * sizeof(m->head[0]));
    m->next = calloc(n, sizeof(m->next[0]));
    if (m->head == NULL || m->next == NULL)
        return false;
    memset(m->head, 0xff, m->n_heads * sizeof(m->head[0]));
    return true;
}

void
broker_map_clear(struct broker_map *m)
{
    free(m->head);
    free(m->next);
    *m = (struct broker_map){0};
}

uint64_t
broker_map_mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ (x >> 32);
}

void
broker_map_add(struct broker_map *m, uint64_t hash, uint32_t i)
{
    uint32_t *head = &m->head[hash & (m->n_heads - 1)];

    m->next[i] = *head;
    *head = i;
}

void
broker_map_remove(struct broker_map *m, uint64_t hash, uint32_t i)
{
    uint32_t *at = &m->head[hash & (m->n_heads - 1)];

    while (*at != i) {
        HF_ASSERT(*at != BROKER_MAP_END);
        at = &m->next[*at];
    }
    *at = m->next[i];
}

uint32_t
broker_map_first(const struct broker_map *m, uint64_t hash)
{
    return m->head[hash & (m->n_heads - 1)];
}

uint32_t
broker_map_next(const struct broker_map *m, uint32_t i)
{
    return m->next[i];
}
