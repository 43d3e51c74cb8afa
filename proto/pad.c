#include "pad.h"

#include "hf_assert.h"

static unsigned
log2_floor(size_t n)
{
    unsigned e = 0;

    while (n >>= 1)
        e++;
    return e;
}

static size_t
padme(size_t n)
{
    unsigned e, s;
    size_t mask;

    if (n < 2)
        return n;
    e = log2_floor(n);
    s = log2_floor(e) + 1;
    mask = e > s ? ((size_t)1 << (e - s)) - 1 : 0;
    return (n + mask) & ~mask;
}

size_t
pad_bytes(size_t n, size_t floor)
{
    HF_ASSERT(n <= SIZE_MAX / 2);
    HF_ASSERT(padme(floor) == floor);

    return n <= floor ? floor : padme(n);
}

uint8_t
pad_size_class(size_t n)
{
    return n < 2 ? 0 : (uint8_t)(log2_floor(n - 1) + 1);
}
