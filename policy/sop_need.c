#include "sop_internal.h"

struct need {
    const char *word, *what;
};

static const struct need needs[] = {
#include "sop_need_table.h"
};

static const struct need signs[] = {
#include "sop_need_signs.h"
};

#define N_NEEDS (sizeof(needs) / sizeof(needs[0]))

_Static_assert(N_NEEDS <= SOP_NEEDS_MAX, "a rule has a bit for every need");

size_t
sop_need_index(const char *need)
{
    for (size_t i = 0; i < N_NEEDS; i++)
        if (strcmp(needs[i].word, need) == 0)
            return i;
    return SOP_NEEDS_MAX;
}

bool
sop_need_known(const char *need)
{
    return sop_need_index(need) < N_NEEDS;
}

const char *
sop_need_at(size_t i)
{
    return i < N_NEEDS ? needs[i].word : NULL;
}

const char *
sop_need_text(const char *need)
{
    const size_t i = sop_need_index(need);

    return i < N_NEEDS ? needs[i].what : "";
}

const char *
sop_need_sign(const char *need, size_t i)
{
    for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++)
        if (strcmp(signs[k].word, need) == 0 && i-- == 0)
            return signs[k].what;
    return NULL;
}
