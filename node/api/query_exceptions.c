/* audit exceptions: what does not fit together, with its evidence: forks, as an
 * end saw them here, or as the committee was shown them; then custodies that
 * two members claim, or that one end says nothing of; then reviewers that said
 * both yes and no. */
#include <stdio.h>

#include "api_internal.h"
#include "claim.h"
#include "reviewer.h"

#define CURSOR_BYTES (2 * HF_ORG_BYTES + HF_HEX_BYTES(HF_HASH_BYTES) + 2)
#define TAGS_MAX     2000u /* looked at for one page */

/* Where a page ends: behind a fork, behind the claims of a tag, or behind the
 * verdicts on a referral. */
struct place {
    struct node_fork fork;
    bool is_of_claims;
    struct hf_hash tag;
    bool is_of_reviews;
    struct hf_id referral;
};

/* What of it is asked for: by the instant of the evidence. */
struct span {
    uint64_t from_ms, to_ms;
};

static bool
is_in(const struct span *span, uint64_t at_ms)
{
    return at_ms >= span->from_ms && at_ms <= span->to_ms;
}

/* An organisation's id as the cursor holds it: "%31[...]" reads 31 bytes. */
_Static_assert(HF_ORG_BYTES == 32, "read_cursor() reads as many");
_Static_assert(HF_ID_BYTES == 16, "and 32 digits");

static json_t *
entry_item(struct api_call *c, const uint8_t bytes[static ENTRY_BYTES],
           const uint8_t sig[static ENTRY_SIG_BYTES])
{
    const struct node_crypto *crypto = c->env->crypto;
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    json_t *o = json_object();
    struct hf_hash hash;
    struct entry e;

    if (entry_unpack(span, &e) == HF_OK) {
        api_put_text(o, "event", event_text(e.event));
        api_put_time(o, "at", e.at_ms);
    }
    crypto->hash(crypto->ctx, ENTRY_LABEL, &span, 1, &hash);
    api_put_hex(o, "hash", hash.b, HF_HASH_BYTES);
    api_put_hex(o, "entry", bytes, ENTRY_BYTES);
    api_put_hex(o, "sig", sig, ENTRY_SIG_BYTES);
    return o;
}

static json_t *
fork_item(struct api_call *c, const struct node_fork *f)
{
    json_t *o = json_object(), *between = json_array(), *list = json_array();
    json_t *evidence = json_object();

    api_put_text(o, "finding", "chain_forked");
    (void)json_array_append_new(between, json_string(f->author.s));
    (void)json_array_append_new(between, json_string(f->peer.s));
    (void)json_object_set_new(o, "between", between);
    api_put_id(evidence, "id", api_prefix(f->kind), &f->object);
    api_put_text(evidence, "author", f->author.s);
    api_put_u64(evidence, "n", f->n);
    api_put_text(evidence, "by", f->by.s);
    api_put_time(evidence, "at", f->at_ms);
    for (int i = 0; i < 2; i++)
        (void)json_array_append_new(list,
                                    entry_item(c, f->entry[i], f->sig[i]));
    (void)json_object_set_new(evidence, "entries", list);
    (void)json_object_set_new(o, "evidence", evidence);
    return o;
}

/* ---- custody ---- */

static json_t *
claim_item(enum claims_verdict verdict, const struct node_claim *list,
           size_t n)
{
    static const char *const words[CLAIM_END] = {"", "gives", "takes",
                                                 "holds"};
    json_t *o = json_object(), *between = json_array();
    json_t *evidence = json_object(), *claims = json_array(), *one;
    char day[HF_TIME_TEXT_BYTES];

    api_put_text(o, "finding",
                 verdict == CLAIMS_TWICE ? "custody_twice" : "custody_gap");
    for (size_t i = 0; i < n; i++) {
        one = json_object();
        (void)json_array_append_new(between, json_string(list[i].by.s));
        api_put_text(one, "by", list[i].by.s);
        api_put_text(one, "claim", words[list[i].what]);
        (void)hf_time_format(list[i].day * CLAIM_DAY_MS, day);
        day[10] = '\0'; /* the date */
        api_put_text(one, "day", day);
        (void)json_array_append_new(claims, one);
    }
    (void)json_object_set_new(o, "between", between);
    api_put_hex(evidence, "tag", list[0].tag.b, HF_HASH_BYTES);
    api_put_time(evidence, "at", list[n - 1].at_ms);
    (void)json_object_set_new(evidence, "claims", claims);
    (void)json_object_set_new(o, "evidence", evidence);
    return o;
}

/* True: there may be more. */
static bool
add_claims(struct api_call *c, json_t *list, size_t limit,
           const struct span *span, struct hf_hash *tag)
{
    struct node_claim claims[CLAIMS_OF_TAG_MAX];
    enum claims_verdict verdict;
    size_t n;

    for (unsigned looked = 0; looked < TAGS_MAX; looked++) {
        if (json_array_size(list) == limit)
            return true;
        n = claims_next_tag(c->env->view, tag, claims);
        if (n == 0)
            return false;
        verdict = claims_judge(c->env->registry, c->now_ms, claims, n);
        if (verdict != CLAIMS_FIT && is_in(span, claims[n - 1].at_ms))
            (void)json_array_append_new(list,
                                        claim_item(verdict, claims, n));
    }
    return true;
}

/* ---- reviews ---- */

static json_t *
verdict_item(const struct review_verdict *v,
             const uint8_t sig[static REVIEW_SIG_BYTES])
{
    uint8_t doc[REVIEW_VERDICT_BYTES];
    json_t *o = json_object();

    review_verdict_pack(v, doc);
    api_put_bool(o, "upheld", v->is_upheld);
    api_put_time(o, "at", v->at_ms);
    api_put_hex(o, "verdict", doc, sizeof(doc));
    api_put_hex(o, "sig", sig, REVIEW_SIG_BYTES);
    return o;
}

static json_t *
review_item(const struct node_asked *t)
{
    json_t *o = json_object(), *between = json_array(), *list = json_array();
    json_t *evidence = json_object();

    api_put_text(o, "finding", "review_conflict");
    (void)json_array_append_new(between, json_string(t->verdict.from.s));
    (void)json_array_append_new(between, json_string(t->reviewer.s));
    (void)json_object_set_new(o, "between", between);
    api_put_id(evidence, "id", "HR", &t->object);
    api_put_text(evidence, "author", t->reviewer.s);
    api_put_time(evidence, "at", t->other.at_ms);
    (void)json_array_append_new(list, verdict_item(&t->verdict, t->sig));
    (void)json_array_append_new(list, verdict_item(&t->other, t->other_sig));
    (void)json_object_set_new(evidence, "verdicts", list);
    (void)json_object_set_new(o, "evidence", evidence);
    return o;
}

/* True: the page is full, and @at where it ends. */
static bool
add_reviews(struct api_call *c, json_t *list, size_t limit,
            const struct span *span, struct hf_id *at)
{
    struct hf_id next = *at;
    struct node_asked t;

    while (told_next_odd(c->env->view, &next)) {
        if (json_array_size(list) == limit)
            return true;
        *at = next;
        if (told_get(c->env->view, at, &t) && is_in(span, t.other.at_ms))
            (void)json_array_append_new(list, review_item(&t));
    }
    return false;
}

/* ---- pages ---- */

/* A cursor is the last one of a page: "BY/AUTHOR/OBJECT", the last in hex, or
 * "custody/TAG" or "review/REFERRAL". */
static bool
parse_cursor(const char *text, struct place *at)
{
    char by[HF_ORG_BYTES], author[HF_ORG_BYTES], object[33], end;
    static const char custody[] = "custody/", review[] = "review/";

    if (strncmp(text, custody, sizeof(custody) - 1) == 0) {
        at->is_of_claims = true;
        return hf_unhex(text + sizeof(custody) - 1, at->tag.b, HF_HASH_BYTES);
    }
    if (strncmp(text, review, sizeof(review) - 1) == 0) {
        at->is_of_reviews = true;
        return hf_unhex(text + sizeof(review) - 1, at->referral.b, HF_ID_BYTES);
    }
    return sscanf(text, "%31[^/]/%31[^/]/%32[0-9a-f]%c", by, author, object,
                  &end) == 3 &&
           hf_org_parse(by, &at->fork.by) &&
           hf_org_parse(author, &at->fork.author) &&
           hf_unhex(object, at->fork.object.b, HF_ID_BYTES);
}

static bool
read_cursor(struct api_call *c, struct place *at)
{
    const char *text = api_arg(c, "cursor");

    if (text == NULL || parse_cursor(text, at))
        return true;
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                     "this cursor was not given by this list");
    return false;
}

static void
put_next(json_t *o, const struct place *at)
{
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)], next[CURSOR_BYTES];

    if (at->is_of_reviews)
        (void)snprintf(next, sizeof(next), "review/%s",
                       hf_hex(at->referral.b, HF_ID_BYTES, hex));
    else if (at->is_of_claims)
        (void)snprintf(next, sizeof(next), "custody/%s",
                       hf_hex(at->tag.b, HF_HASH_BYTES, hex));
    else
        (void)snprintf(next, sizeof(next), "%s/%s/%s", at->fork.by.s,
                       at->fork.author.s,
                       hf_hex(at->fork.object.b, HF_ID_BYTES, hex));
    api_put_text(o, "next", next);
}

/* True: the page is full, and @at where it ends. */
static bool
add_forks(struct api_call *c, json_t *list, size_t limit,
          const struct span *span, struct node_fork *at)
{
    struct node_fork next = *at;

    while (fork_next(c->env->view, &next)) {
        if (json_array_size(list) == limit)
            return true;
        *at = next;
        if (at->kind != OBJECT_NONE && /* else its entries are not here yet */
            is_in(span, at->at_ms))
            (void)json_array_append_new(list, fork_item(c, at));
    }
    return false;
}

enum api_verdict
query_exceptions(struct api_call *c)
{
    struct span span = {0, UINT64_MAX};
    struct place at;
    bool is_full;
    json_t *list, *o;
    size_t limit;

    memset(&at, 0, sizeof(at));
    if (!api_arg_time(c, "from", &span.from_ms) ||
        !api_arg_time(c, "to", &span.to_ms) || !api_arg_limit(c, &limit) ||
        !read_cursor(c, &at))
        return API_ANSWERED;
    list = json_array();
    is_full = !at.is_of_claims && !at.is_of_reviews &&
              add_forks(c, list, limit, &span, &at.fork);
    if (!is_full && !at.is_of_reviews) {
        at.is_of_claims = true;
        is_full = add_claims(c, list, limit, &span, &at.tag);
    }
    if (!is_full) {
        at.is_of_reviews = true;
        is_full = add_reviews(c, list, limit, &span, &at.referral);
    }
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    if (is_full)
        put_next(o, &at);
    return api_say(c, o);
}
