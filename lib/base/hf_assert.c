#include "hf_assert.h"

#include <stdio.h>
#include <stdlib.h>

void
hf_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "bug: %s:%d: %s\n", file, line, what);
    abort();
}
