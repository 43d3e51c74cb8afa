/* Reviews of disclosures without consent: whom an end told, and what a reviewer
 * was told. One table; the first byte of a key says which. */
#include "reviewer.h"
#include "row.h"

#define TOLD   't' /* referral: struct node_asked */
#define OPEN   'o' /* referral: it has no verdict yet */
#define ODD    'd' /* referral: it has two that differ */
#define REVIEW 'n' /* referral, member: struct node_review */
#define ITS_ID 'x' /* its id: referral, member */
#define COUNT  'c' /* member: how many of its have no verdict */
#define WORDS  'w' /* its id: why */

static struct row_key
key_of(char kind, const struct hf_id *id)
{
    struct row_key k = {.n = 0};

    row_add(&k, &kind, 1);
    row_add(&k, id->b, HF_ID_BYTES);
    return k;
}

static void
mark(const struct node_view *v, char kind, const struct hf_id *id, bool is_set)
{
    const struct row_key k = key_of(kind, id);
    const uint8_t one = 1;

    if (is_set)
        v->put(v->ctx, NODE_REVIEWS, row_span(&k), NULL,
               (struct hf_bytes){&one, 1});
    else
        v->del(v->ctx, NODE_REVIEWS, row_span(&k));
}

static bool
next_marked(const struct node_view *v, char kind, struct hf_id *id)
{
    const struct row_key prefix = {.b = {(uint8_t)kind}, .n = 1};
    struct row_key k = key_of(kind, id);
    struct hf_bytes key, row;

    row_add(&k, "", 1); /* just behind it */
    if (!v->seek(v->ctx, NODE_REVIEWS, row_span(&k), &key, &row) ||
        !row_begins(key, &prefix) || key.n != 1 + HF_ID_BYTES)
        return false;
    memcpy(id->b, key.p + 1, HF_ID_BYTES);
    return true;
}

/* ---- an end ---- */

bool
told_get(const struct node_view *v, const struct hf_id *object,
         struct node_asked *ret)
{
    const struct row_key k = key_of(TOLD, object);

    return row_get(v, NODE_REVIEWS, &k, ret, sizeof(*ret));
}

void
told_put(const struct node_view *v, const struct node_asked *t)
{
    const struct row_key k = key_of(TOLD, &t->object);

    row_put(v, NODE_REVIEWS, &k, NULL, t, sizeof(*t));
    mark(v, OPEN, &t->object, t->is_open != 0);
    if (t->other.at_ms != 0)
        mark(v, ODD, &t->object, true);
}

bool
told_next_open(const struct node_view *v, struct hf_id *object)
{
    return next_marked(v, OPEN, object);
}

bool
told_next_odd(const struct node_view *v, struct hf_id *object)
{
    return next_marked(v, ODD, object);
}

/* ---- the reviewer ---- */

static struct row_key
review_key(const struct hf_id *referral, const struct hf_org *from)
{
    struct row_key k = key_of(REVIEW, referral);

    row_add(&k, from->s, HF_ORG_BYTES);
    return k;
}

bool
review_of(const struct node_view *v, const struct hf_org *from,
          const struct hf_id *referral, struct node_review *ret)
{
    const struct row_key k = review_key(referral, from);

    return row_get(v, NODE_REVIEWS, &k, ret, sizeof(*ret));
}

bool
review_get(const struct node_view *v, const struct hf_id *id,
           struct node_review *ret)
{
    const struct row_key k = key_of(ITS_ID, id);
    struct row_key main = {.b = {REVIEW}, .n = 1};
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_REVIEWS, row_span(&k), &row) ||
        row.n != HF_ID_BYTES + HF_ORG_BYTES)
        return false;
    row_add(&main, row.p, row.n);
    return row_get(v, NODE_REVIEWS, &main, ret, sizeof(*ret));
}

bool
review_next(const struct node_view *v, struct node_review *at)
{
    const struct row_key prefix = {.b = {REVIEW}, .n = 1};
    struct row_key k = review_key(&at->notice.referral, &at->notice.from);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    return v->seek(v->ctx, NODE_REVIEWS, row_span(&k), &key, &row) &&
           row_begins(key, &prefix) && row_unwrap(row, at, sizeof(*at));
}

static struct row_key
count_key(const struct hf_org *from)
{
    struct row_key k = {.b = {COUNT}, .n = 1};

    row_add(&k, from->s, HF_ORG_BYTES);
    return k;
}

uint32_t
review_open_of(const struct node_view *v, const struct hf_org *from)
{
    const struct row_key k = count_key(from);
    uint32_t n;

    return row_get(v, NODE_REVIEWS, &k, &n, sizeof(n)) ? n : 0;
}

void
review_put(const struct node_view *v, const struct node_review *r,
           const struct node_review *was)
{
    const struct row_key main =
        review_key(&r->notice.referral, &r->notice.from);
    const struct row_key its_id = key_of(ITS_ID, &r->id);
    const struct row_key count = count_key(&r->notice.from);
    const bool was_open = was != NULL && was->verdict.at_ms == 0;
    const bool is_open = r->verdict.at_ms == 0;
    uint32_t n = review_open_of(v, &r->notice.from);

    row_put(v, NODE_REVIEWS, &main, NULL, r, sizeof(*r));
    if (was == NULL)
        v->put(v->ctx, NODE_REVIEWS, row_span(&its_id), NULL,
               (struct hf_bytes){main.b + 1, main.n - 1});
    if (was_open == is_open)
        return;
    n += is_open ? 1u : 0u;
    n -= was_open && n > 0 ? 1u : 0u;
    row_put(v, NODE_REVIEWS, &count, NULL, &n, sizeof(n));
}

bool
review_words(const struct node_view *v, const struct hf_id *id,
             struct hf_bytes *ret_text)
{
    const struct row_key k = key_of(WORDS, id);

    return v->get(v->ctx, NODE_REVIEWS, row_span(&k), ret_text);
}

void
review_words_put(const struct node_view *v, const struct hf_id *id,
                 struct hf_bytes text)
{
    const struct node_lock lock = {*id, CATEGORY_NONE};
    const struct row_key k = key_of(WORDS, id);

    v->put(v->ctx, NODE_REVIEWS, row_span(&k), &lock, text);
}
