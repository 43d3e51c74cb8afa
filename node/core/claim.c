#include "claim.h"

#include "push.h"
#include "reach.h"

#define AGED_MAX     256u /* rows that one step forgets */
#define ROOM_EFFECTS 16u  /* that a step keeps for others */

/* ---- what we say ---- */

static void
make(struct step *s, const struct hf_id *case_id, uint32_t epoch,
     enum custody_claim what)
{
    struct node_telling t;
    struct node_claim c;

    memset(&c, 0, sizeof(c));
    registry_custody_tag(case_id, epoch, &c.tag);
    c.by = *step_me(s);
    c.what = what;
    c.day = (uint32_t)(s->now / CLAIM_DAY_MS);
    c.at_ms = s->now;
    telling_get(s->v, &t);
    claim_put(s->v, ++t.made, &c);
    telling_put(s->v, &t);
}

void
claim_moved(struct step *s, const struct hf_id *case_id, uint32_t epoch,
            bool is_ours)
{
    if (is_ours) {
        make(s, case_id, epoch, CLAIM_TAKES);
        make(s, case_id, epoch + 1, CLAIM_HOLDS);
    } else {
        make(s, case_id, epoch, CLAIM_GIVES);
    }
}

/* In the order of the tags: that of writing would tell which follow each
 * other. */
static void
sort(struct content_claims *c)
{
    for (size_t i = 1; i < c->n; i++) {
        const struct content_claim x = c->item[i];
        size_t k = i;

        while (k > 0 &&
               memcmp(c->item[k - 1].tag.b, x.tag.b, HF_HASH_BYTES) > 0) {
            c->item[k] = c->item[k - 1];
            k--;
        }
        c->item[k] = x;
    }
}

/* The next ones for a member that has those up to @upto; 0: there are none,
 * else the last of them. */
static uint32_t
gather(struct step *s, uint32_t upto, struct content_claims *ret)
{
    struct node_claim c;

    while (ret->n < CONTENT_CLAIMS_MAX && claim_next(s->v, &upto, &c))
        ret->item[ret->n++] = (struct content_claim){c.tag, c.what, c.day};
    sort(ret);
    return ret->n == 0 ? 0 : upto;
}

static void
tell(struct step *s, struct node_told *told)
{
    const size_t mark = s->out->used;
    struct content *c;
    struct node_out out;
    uint32_t last;

    if (NODE_EFFECTS_MAX - s->out->n < ROOM_EFFECTS ||
        reach_of(s, &told->to) != REACH_ALL ||
        s->env->peer_until_ms(s->env->peer_ctx, &told->to) <= s->now ||
        (!hf_id_is_zero(&told->envelope) &&
         out_get(s->v, &told->envelope, &out)))
        return;
    c = step_content(s, CONTENT_CLAIMS);
    last = gather(s, told->upto, &c->u.claims);
    if (last == 0)
        s->out->used = mark;
    else
        told->envelope = push_content(s, &told->to, c, LANE_NORMAL,
                                      &(struct hf_id){{0}}, last);
}

/* Its place among those who are told; NULL: there are enough. */
static struct node_told *
place_of(struct node_telling *t, const struct hf_org *org)
{
    for (size_t i = 0; i < TELLING_MAX; i++)
        if (t->told[i].to.s[0] == '\0' || hf_org_eq(&t->told[i].to, org))
            return &t->told[i];
    return NULL;
}

/* Who has the duty no more gives its place up. */
static void
settle_places(const struct registry *r, struct node_telling *t)
{
    for (size_t i = 0; i < TELLING_MAX; i++) {
        const struct registry_org *org = registry_org(r, &t->told[i].to);

        if (org == NULL || !registry_has_duty(org, DUTY_EVIDENCE) ||
            org->status != MEMBER_ACTIVE)
            memset(&t->told[i], 0, sizeof(t->told[i]));
    }
}

static void
forget_old(struct step *s)
{
    unsigned n = 0;

    while (n < AGED_MAX && s->now > CLAIM_KEEP_MS &&
           claim_del_before(s->v, s->now - CLAIM_KEEP_MS))
        n++;
    while (n < AGED_MAX && s->now > CLAIM_KEEP_MS &&
           claim_unfile_before(s->v, s->now - CLAIM_KEEP_MS))
        n++;
}

void
claims_due(struct step *s)
{
    const struct registry *r = s->env->registry;
    struct node_telling t;
    struct node_told *told;

    forget_old(s);
    if (r == NULL)
        return;
    telling_get(s->v, &t);
    settle_places(r, &t);
    for (size_t i = 0; i < r->n_orgs; i++) {
        if (!registry_has_duty(&r->orgs[i], DUTY_EVIDENCE) ||
            r->orgs[i].status != MEMBER_ACTIVE ||
            hf_org_eq(&r->orgs[i].id, step_me(s)) ||
            (told = place_of(&t, &r->orgs[i].id)) == NULL)
            continue;
        told->to = r->orgs[i].id;
        tell(s, told);
    }
    telling_put(s->v, &t);
}

void
claims_receipted(struct step *s, const struct hf_org *from,
                 const struct node_out *out, enum delivery status)
{
    struct node_telling t;
    struct node_told *told;

    telling_get(s->v, &t);
    told = place_of(&t, from);
    if (told == NULL || !hf_org_eq(&told->to, from) ||
        !hf_id_eq(&told->envelope, &out->id))
        return;
    told->envelope = (struct hf_id){{0}};
    if (status == DELIVERY_OK) {
        told->upto = out->n;
        tell(s, told);
    }
    telling_put(s->v, &t);
}

/* ---- what the committee makes of it ---- */

/* Only one member can give a custody, one take it, one hold it; and who holds
 * it is who gives it. */
static bool
is_twice(const struct node_claim *a, const struct node_claim *b)
{
    return !hf_org_eq(&a->by, &b->by) &&
           (a->what == b->what || (a->what != CLAIM_TAKES &&
                                   b->what != CLAIM_TAKES));
}

enum claims_verdict
claims_judge(const struct registry *r, uint64_t now_ms,
             const struct node_claim *list, size_t n)
{
    bool gives = false, takes = false, is_old = false;

    if (n >= CLAIMS_OF_TAG_MAX)
        return CLAIMS_TWICE;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            if (is_twice(&list[i], &list[k]))
                return CLAIMS_TWICE;
        gives |= list[i].what == CLAIM_GIVES;
        takes |= list[i].what == CLAIM_TAKES;
        is_old |= list[i].what != CLAIM_HOLDS &&
                  list[i].at_ms + CLAIM_GAP_MS < now_ms;
    }
    if (gives == takes || !is_old ||
        (r != NULL && registry_ruling(r, &list[0].tag) != NULL))
        return CLAIMS_FIT;
    return CLAIMS_GAP;
}

size_t
claims_next_tag(const struct node_view *v, struct hf_hash *tag,
                struct node_claim list[static CLAIMS_OF_TAG_MAX])
{
    struct node_claim at;
    size_t n = 0;

    memset(&at, 0, sizeof(at));
    at.tag = *tag;
    at.what = CLAIM_END; /* behind all of that tag */
    while (n < CLAIMS_OF_TAG_MAX && filed_next(v, &at) &&
           (n == 0 || hf_hash_eq(&at.tag, &list[0].tag)))
        list[n++] = at;
    if (n > 0)
        *tag = list[0].tag;
    return n;
}

static void
warn(struct step *s, const struct node_claim *c)
{
    struct node_claim list[CLAIMS_OF_TAG_MAX];
    static const struct hf_id none;
    struct hf_hash before = c->tag;
    size_t n;

    /* the tag just before this one: its own are the next */
    for (int i = HF_HASH_BYTES - 1; i >= 0 && before.b[i]-- == 0; i--)
        ;
    n = claims_next_tag(s->v, &before, list);
    if (n > 0 && hf_hash_eq(&list[0].tag, &c->tag) &&
        claims_judge(s->env->registry, s->now, list, n) == CLAIMS_TWICE)
        step_alarm(s, "custody_twice", OBJECT_TRANSFER, &none, &c->by,
                   REASON_NONE);
}

static void
refuse(struct node_inbox *in, enum reason why)
{
    in->status = DELIVERY_REFUSED;
    in->reason = why;
}

void
claims_take(struct step *s, const struct hf_org *from,
            const struct content_claims *c, struct node_inbox *in)
{
    const struct registry_org *me =
        s->env->registry == NULL ? NULL
                                 : registry_org(s->env->registry, step_me(s));
    bool is_warned = false;
    struct node_claim row;

    if (me == NULL || !registry_has_duty(me, DUTY_EVIDENCE)) {
        refuse(in, REASON_NOT_KNOWN);
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        memset(&row, 0, sizeof(row));
        row.by = *from;
        row.tag = c->item[i].tag;
        row.what = c->item[i].what;
        row.day = c->item[i].day;
        row.at_ms = s->now;
        if (filed_has(s->v, &row))
            continue;
        if (filed_count(s->v, from) >= CLAIMS_OF_ORG_MAX) {
            refuse(in, REASON_NO_CAPACITY);
            return;
        }
        filed_put(s->v, &row);
        if (!is_warned)
            warn(s, &row);
    }
}
