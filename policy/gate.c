#include "consent.h"
#include "hf_assert.h"

const char *
withheld_text(enum withheld_why why)
{
    switch (why) {
    case WITHHELD_NONE:
        return "";
    case WITHHELD_NOT_NEEDED:
        return "not needed for this service";
    case WITHHELD_NEVER:
        return "never sent for this service";
    case WITHHELD_NO_CONSENT:
        return "no consent";
    case WITHHELD_WITHDRAWN:
        return "consent withdrawn";
    case WITHHELD_NOT_HELD:
        return "not held here";
    case WITHHELD_NOT_TOLD:
        return "not given, or not before acceptance";
    }
    return "";
}

struct sets {
    uint32_t held, needed, never, cover, gone;
};

/* Why a category stays behind: the first that holds, from facts that no
 * consent could change to those that it could. */
static enum withheld_why
why_not(const struct sets *s, uint32_t bit)
{
    if ((s->held & bit) == 0)
        return WITHHELD_NOT_HELD;
    if ((s->never & bit) != 0)
        return WITHHELD_NEVER;
    if ((s->needed & bit) == 0)
        return WITHHELD_NOT_NEEDED;
    if ((s->cover & bit) != 0)
        return WITHHELD_NONE;
    return (s->gone & bit) != 0 ? WITHHELD_WITHDRAWN : WITHHELD_NO_CONSENT;
}

void
gate_out(const struct consent *c, const struct hf_org *to, enum purpose purpose,
         uint32_t held, uint32_t required, uint32_t allowed, uint32_t never,
         uint64_t now_ms, struct gate_out *ret)
{
    const struct sets s = {.held = held & CATEGORY_ALL,
                           .needed = required | allowed,
                           .never = never,
                           .cover = consent_cover(c, to, purpose, now_ms),
                           .gone = consent_withdrawn(c, to, purpose)};

    memset(ret, 0, sizeof(*ret));
    for (uint32_t i = 1; i < CATEGORY_END; i++) {
        const uint32_t bit = CATEGORY_BIT(i);

        ret->why[i] = why_not(&s, bit);
        if (ret->why[i] == WITHHELD_NONE)
            ret->sends |= bit;
        else if (ret->why[i] == WITHHELD_NO_CONSENT ||
                 ret->why[i] == WITHHELD_WITHDRAWN)
            ret->missing |= bit & required;
    }
    HF_ASSERT((ret->sends & ~s.cover) == 0);
    HF_ASSERT((ret->sends & never) == 0);
    HF_ASSERT((ret->sends & ret->missing) == 0);
}

static uint32_t
proof_cover(const struct proof *p, uint32_t purpose, uint64_t now_ms)
{
    const size_t n = p->n < PROOF_ITEMS_MAX ? p->n : PROOF_ITEMS_MAX;
    uint32_t cover = 0;

    for (size_t i = 0; i < n; i++) {
        const struct proof_item *item = &p->item[i];

        if ((item->purposes & purpose) != 0 &&
            (item->until_ms == 0 || now_ms < item->until_ms))
            cover |= item->categories;
    }
    return cover & CATEGORY_ALL;
}

enum reason
gate_in(const struct proof *proof, enum purpose purpose, uint32_t sections,
        uint32_t sop_categories, uint32_t withdrawn, uint64_t now_ms)
{
    const int p = (int)purpose;
    const uint32_t bit =
        p > PURPOSE_NONE && p < PURPOSE_END ? PURPOSE_BIT(p) : 0;
    const uint32_t cover = proof_cover(proof, bit, now_ms);

    /* A tombstone first: the sender must learn that consent ended, not that
     * it forgot to show it. */
    if ((sections & withdrawn) != 0)
        return REASON_CONSENT_WITHDRAWN;
    if ((sections & ~cover) != 0)
        return REASON_NO_CONSENT;
    if ((sections & ~sop_categories) != 0)
        return REASON_CHECK_FAILED;
    return REASON_NONE;
}
