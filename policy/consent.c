#include "consent.h"

#include "hf_assert.h"

_Static_assert(CATEGORY_END - 1 <= PROOF_ITEMS_MAX,
               "a proof has room for one scope a category");
_Static_assert(CATEGORY_END <= 32, "a category set is 32 bits");
_Static_assert(PURPOSE_END <= 32, "a purpose set is 32 bits");

#define PURPOSE_ALL (((UINT32_C(1) << PURPOSE_END) - 1) & ~UINT32_C(1))

/* A purpose may come from a file or a peer: out of range is no purpose. */
static uint32_t
purpose_bit(enum purpose p)
{
    const int n = (int)p;

    return n > PURPOSE_NONE && n < PURPOSE_END ? PURPOSE_BIT(n) : 0;
}

static size_t
n_scopes(const struct consent *c)
{
    return c->n_scopes < CONSENT_SCOPES_MAX ? c->n_scopes : CONSENT_SCOPES_MAX;
}

static bool
is_recipient(const struct consent_scope *s, const struct hf_org *to)
{
    size_t n = s->n_recipients;

    if (to->s[0] == '\0')
        return false;
    if (n > CONSENT_RECIPIENTS_MAX)
        n = CONSENT_RECIPIENTS_MAX;
    for (size_t i = 0; i < n; i++)
        if (hf_org_eq(&s->recipient[i], to))
            return true;
    return false;
}

/* The categories a scope may ever cover: never a sensitive one for recipients
 * given by kind, even if such a scope got past consent_check(). */
static uint32_t
scope_categories(const struct consent_scope *s)
{
    const uint32_t set = s->categories & CATEGORY_ALL;

    return s->by_kind ? set & ~CATEGORY_SENSITIVE : set;
}

/* Whether @s is in force for @to, @purpose at @now_ms. */
static bool
scope_holds(const struct consent_scope *s, const struct hf_org *to,
            uint32_t purpose, uint64_t now_ms)
{
    if (s->withdrawn || (s->purposes & purpose) == 0)
        return false;
    if (now_ms < s->from_ms || (s->until_ms != 0 && now_ms >= s->until_ms))
        return false;
    return is_recipient(s, to);
}

static const char *
check_recipients(const struct consent_scope *s)
{
    if (s->n_recipients == 0)
        return "a scope names no recipient";
    if (s->n_recipients > CONSENT_RECIPIENTS_MAX)
        return "a scope names more than 16 recipients";
    for (size_t i = 0; i < s->n_recipients; i++)
        if (s->recipient[i].s[0] == '\0')
            return "a scope has a recipient without a name";
    return NULL;
}

static const char *
check_scope(const struct consent_scope *s)
{
    if (s->id.s[0] == '\0')
        return "a scope has no id";
    if (s->categories == 0)
        return "a scope names no data category";
    if ((s->categories & ~CATEGORY_ALL) != 0)
        return "a scope names an unknown data category";
    if (s->purposes == 0)
        return "a scope names no purpose";
    if ((s->purposes & ~PURPOSE_ALL) != 0)
        return "a scope names an unknown purpose";
    if (s->until_ms != 0 && s->until_ms <= s->from_ms)
        return "a scope ends before it begins";
    if (s->by_kind && (s->categories & CATEGORY_SENSITIVE) != 0)
        return "health, mhpss, protection and vulnerability may only go to "
               "organisations given by name, not by kind";
    return check_recipients(s);
}

static bool
is_named(const struct hf_org *list, size_t n, const struct hf_org *org)
{
    for (size_t i = 0; i < n && i < GRANTS_MAX; i++)
        if (hf_org_eq(&list[i], org))
            return true;
    return false;
}

size_t
consent_onward(const struct consent *c, struct hf_org ret[static GRANTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < n_scopes(c); i++) {
        const struct consent_scope *s = &c->scope[i];

        if (s->withdrawn || (s->purposes & PURPOSE_BIT(PURPOSE_ONWARD)) == 0)
            continue;
        for (size_t r = 0;
             r < s->n_recipients && r < CONSENT_RECIPIENTS_MAX; r++) {
            if (is_named(ret, n, &s->recipient[r]))
                continue;
            if (n < GRANTS_MAX)
                ret[n] = s->recipient[r];
            n++;
        }
    }
    return n;
}

const char *
consent_check(const struct consent *c)
{
    struct hf_org onward[GRANTS_MAX];

    if (c->state != CONSENT_GIVEN && c->state != CONSENT_REFUSED &&
        c->state != CONSENT_WITHDRAWN)
        return "a consent is given, refused or withdrawn";
    if (c->version == 0)
        return "a consent's version begins with 1";
    if (c->n_scopes > CONSENT_SCOPES_MAX)
        return "a consent has more than 64 scopes";
    if (c->state == CONSENT_GIVEN && c->n_scopes == 0)
        return "a consent that is given has at least one scope";
    for (size_t i = 0; i < c->n_scopes; i++) {
        const char *wrong = check_scope(&c->scope[i]);

        if (wrong != NULL)
            return wrong;
        for (size_t j = 0; j < i; j++)
            if (hf_name_eq(&c->scope[i].id, &c->scope[j].id))
                return "two scopes have the same id";
    }
    if (consent_onward(c, onward) > GRANTS_MAX)
        return "more than 8 organisations may get something onward; name the "
               "few that the person means";
    return NULL;
}

uint32_t
consent_cover(const struct consent *c, const struct hf_org *to,
              enum purpose purpose, uint64_t now_ms)
{
    const uint32_t bit = purpose_bit(purpose);
    uint32_t cover = 0;

    if (c == NULL || c->state != CONSENT_GIVEN)
        return 0;
    for (size_t i = 0; i < n_scopes(c); i++)
        if (scope_holds(&c->scope[i], to, bit, now_ms))
            cover |= scope_categories(&c->scope[i]);
    HF_ASSERT((cover & ~CATEGORY_ALL) == 0);
    return cover;
}

uint32_t
consent_withdrawn(const struct consent *c, const struct hf_org *to,
                  enum purpose purpose)
{
    const uint32_t bit = purpose_bit(purpose);
    uint32_t gone = 0;

    if (c == NULL || c->state == CONSENT_REFUSED)
        return 0;
    for (size_t i = 0; i < n_scopes(c); i++) {
        const struct consent_scope *s = &c->scope[i];

        if ((s->withdrawn || c->state == CONSENT_WITHDRAWN) &&
            (s->purposes & bit) != 0 && is_recipient(s, to))
            gone |= scope_categories(s);
    }
    return gone;
}

/* Lasts longer: 0 is for ever. */
static bool
lasts_longer(uint64_t a_ms, uint64_t b_ms)
{
    return b_ms != 0 && (a_ms == 0 || a_ms > b_ms);
}

/* The scope that adds something to the proof and lasts longest; the first of
 * equals; NULL when no scope adds anything. */
static const struct consent_scope *
next_scope(const struct consent *c, const struct hf_org *to, uint32_t purpose,
           uint32_t open, uint64_t now_ms)
{
    const struct consent_scope *best = NULL;

    for (size_t i = 0; i < n_scopes(c); i++) {
        const struct consent_scope *s = &c->scope[i];

        if (!scope_holds(s, to, purpose, now_ms) ||
            (scope_categories(s) & open) == 0)
            continue;
        if (best == NULL || lasts_longer(s->until_ms, best->until_ms))
            best = s;
    }
    return best;
}

void
consent_proof(const struct consent *c, const struct hf_org *to,
              enum purpose purpose, uint32_t categories, uint64_t now_ms,
              struct proof *ret)
{
    const uint32_t bit = purpose_bit(purpose);
    const uint32_t feedback = PURPOSE_BIT(PURPOSE_FEEDBACK);
    uint32_t open = categories & CATEGORY_ALL, back = open;
    const struct consent_scope *s;

    memset(ret, 0, sizeof(*ret));
    if (c == NULL || c->state != CONSENT_GIVEN)
        return;
    ret->consent = c->id;
    ret->version = c->version;
    /* Each item closes at least one category, so it ends within the room. */
    while ((s = next_scope(c, to, bit, open, now_ms)) != NULL) {
        struct proof_item *item = &ret->item[ret->n];

        HF_ASSERT(ret->n < PROOF_ITEMS_MAX);
        item->scope = s->id;
        item->categories = scope_categories(s) & categories;
        item->purposes = s->purposes & (bit | feedback);
        item->until_ms = s->until_ms;
        open &= ~item->categories;
        if ((s->purposes & feedback) != 0)
            back &= ~item->categories;
        ret->n++;
    }
    while (ret->n < PROOF_ITEMS_MAX &&
           (s = next_scope(c, to, feedback, back, now_ms)) != NULL) {
        ret->item[ret->n++] =
            (struct proof_item){.scope = s->id,
                                .categories = scope_categories(s) & categories,
                                .purposes = feedback,
                                .until_ms = s->until_ms};
        back &= ~scope_categories(s);
    }
}
