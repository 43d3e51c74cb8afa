#include "match.h"

#include "names.h"

bool
match_token(const struct step *s, const struct hf_org *org,
            const struct hf_name *number, struct hf_hash *ret)
{
    const struct hf_bytes text = {(const uint8_t *)number->s,
                                  strnlen(number->s, HF_NAME_BYTES)};

    return s->env->crypto->slow(s->env->crypto->ctx, "handoff/1 number", org,
                                text, ret);
}

static void
index_of(const struct step *s, const char *label, struct hf_bytes what,
         struct hf_hash *ret)
{
    s->env->crypto->index(s->env->crypto->ctx, label, &what, 1, ret);
}

static struct hf_hash
index_of_token(const struct step *s, const struct hf_hash *token)
{
    struct hf_hash h;

    index_of(s, "handoff/1 number", (struct hf_bytes){token->b, HF_HASH_BYTES},
             &h);
    return h;
}

bool
match_find(const struct step *s, const struct hf_hash *token,
           struct node_case *ret)
{
    const struct hf_hash index = index_of_token(s, token);
    struct hf_id at = {{0}};
    bool found = false;
    struct node_case c;

    while (match_next(s->v, &index, &at)) {
        if (!case_get(s->v, &at, &c))
            continue;
        if (!found || hf_org_eq(&c.holder, step_me(s)))
            *ret = c;
        found = true;
        if (hf_org_eq(&c.holder, step_me(s)))
            break;
    }
    return found;
}

static bool
is_set(const struct hf_hash *h)
{
    static const struct hf_hash zero;

    return !hf_hash_eq(h, &zero);
}

static void
put(struct step *s, struct node_case *c, int which, const struct hf_hash *now)
{
    if (is_set(&c->match[which]))
        match_del(s->v, &c->match[which], &c->id);
    c->match[which] = *now;
    if (is_set(now))
        match_put(s->v, now, &c->id);
}

void
match_number(struct step *s, struct node_case *c)
{
    struct hf_hash token, index = {{0}};

    if (c->number.s[0] != '\0' &&
        match_token(s, step_me(s), &c->number, &token))
        index = index_of_token(s, &token);
    put(s, c, MATCH_NUMBER, &index);
}

void
match_person(struct step *s, struct node_case *c)
{
    struct hf_hash index = {{0}};
    char plain[NAMES_BYTES];
    struct hf_bytes json;
    size_t n = 0;

    if (section_get(s->v, &c->id, CATEGORY_IDENTITY, &json))
        n = names_plain(json, plain);
    if (n > 0)
        index_of(s, "handoff/1 person",
                 (struct hf_bytes){(const uint8_t *)plain, n}, &index);
    memset(plain, 0, sizeof(plain));
    put(s, c, MATCH_PERSON, &index);
}

void
match_forget(struct step *s, struct node_case *c)
{
    static const struct hf_hash none;

    put(s, c, MATCH_NUMBER, &none);
    put(s, c, MATCH_PERSON, &none);
    pairs_del(s->v, &c->id);
}

/* The smallest case id behind @at under either hash. */
bool
match_next_other(const struct node_view *v, const struct node_case *c,
                 struct hf_id *at, unsigned *ret_by)
{
    struct hf_id best = {{0}};

    *ret_by = 0;
    for (unsigned which = 0; which < 2; which++) {
        struct hf_id id = *at;
        int order;

        if (!is_set(&c->match[which]))
            continue;
        do {
            if (!match_next(v, &c->match[which], &id))
                break;
        } while (hf_id_eq(&id, &c->id));
        if (hf_id_eq(&id, at) || hf_id_eq(&id, &c->id))
            continue;
        order = *ret_by == 0 ? -1 : memcmp(id.b, best.b, HF_ID_BYTES);
        if (order < 0) {
            best = id;
            *ret_by = 1u << which;
        } else if (order == 0) {
            *ret_by |= 1u << which;
        }
    }
    *at = best;
    return *ret_by != 0;
}

bool
match_is_open(const struct node_view *v, const struct node_case *c)
{
    struct hf_id at = {{0}};
    struct node_pair p;
    unsigned by;

    while (match_next_other(v, c, &at, &by))
        if (!pair_get(v, &c->id, &at, &p))
            return true;
    return false;
}

void
match_say(struct step *s, const struct node_case *c, const struct hf_id *object)
{
    if (match_is_open(s->v, c))
        step_alarm(s, "duplicate_found", OBJECT_TRANSFER, object, &c->from,
                   REASON_DUPLICATE);
}
