#include "bare.h"

#include "hf_assert.h"

static uint8_t
bit(uint32_t n)
{
    HF_ASSERT(n >= 1);
    HF_ASSERT(n <= ENTRY_NUMBERS_MAX);
    return (uint8_t)(1u << ((n - 1) % 8));
}

void
bare_set(struct node_object *o, enum side side, uint32_t n)
{
    o->bare[side][(n - 1) / 8] |= bit(n);
}

void
bare_clear(struct node_object *o, enum side side, uint32_t n)
{
    o->bare[side][(n - 1) / 8] &= (uint8_t)~bit(n);
}

bool
bare_has(const struct node_object *o, enum side side, uint32_t n)
{
    return (o->bare[side][(n - 1) / 8] & bit(n)) != 0;
}

uint32_t
bare_next(const struct node_object *o, enum side side, uint32_t n)
{
    while (++n <= ENTRY_NUMBERS_MAX)
        if (bare_has(o, side, n))
            return n;
    return 0;
}

void
bare_clear_to(struct node_object *o, enum side side, uint32_t n)
{
    for (; n > 0; n--)
        bare_clear(o, side, n);
}

void
bare_forget(struct node_object *o, enum side side)
{
    memset(o->bare[side], 0, sizeof(o->bare[side]));
}
