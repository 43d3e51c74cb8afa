#include "hf_guard.h"

#include <sodium.h>
#include <string.h>

void *
hf_guard_alloc(size_t n)
{
    void *p = sodium_malloc(n);

    if (p != NULL)
        memset(p, 0, n);
    return p;
}

void
hf_guard_free(void *p)
{
    sodium_free(p); /* wipes; NULL is fine */
}
