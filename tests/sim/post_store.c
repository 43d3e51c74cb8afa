/* A broker's store: rows, and what is queued for the next commit. */
#include "post_internal.h"

#include <stdlib.h>

static int
compare_place(const struct post_row *h, const struct broker_who *box,
              unsigned lane, uint64_t seq)
{
    const int c = memcmp(h->box.id.s, box->id.s, HF_ORG_BYTES);

    if (c != 0)
        return c;
    if (h->box.is_broker != box->is_broker)
        return h->box.is_broker ? 1 : -1;
    if (h->lane != lane)
        return h->lane > lane ? 1 : -1;
    return (h->seq > seq) - (h->seq < seq);
}

/* The first row at or after a place. */
static size_t
find_held(const struct post *p, const struct broker_who *box, unsigned lane,
          uint64_t seq)
{
    size_t low = 0, high = p->n_held;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (compare_place(p->held[mid], box, lane, seq) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* ---- which envelopes it holds ---- */

static struct post_id **
find_id(struct post *p, const struct hf_id *id)
{
    struct post_id **at = &p->ids[(id->b[0] << 8 | id->b[1]) % POST_ID_CHAINS];

    while (*at != NULL && !hf_id_eq(&(*at)->id, id))
        at = &(*at)->next;
    return at;
}

static void
add_id(struct post *p, const struct hf_id *id)
{
    struct post_id **at = find_id(p, id);

    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        HF_ASSERT(*at != NULL);
        (*at)->id = *id;
    }
    (*at)->n++;
}

static void
drop_id(struct post *p, const struct hf_id *id)
{
    struct post_id **at = find_id(p, id), *gone = *at;

    HF_ASSERT(gone != NULL);
    if (--gone->n > 0)
        return;
    *at = gone->next;
    free(gone);
}

void
post_free_ids(struct post *p)
{
    for (size_t i = 0; i < POST_ID_CHAINS; i++)
        while (p->ids[i] != NULL) {
            struct post_id *gone = p->ids[i];

            p->ids[i] = gone->next;
            free(gone);
        }
}

bool
post_next_row(void *ctx, const struct broker_who *box, unsigned lane,
              uint64_t after, struct broker_row *ret)
{
    const struct post *p = ctx;
    const size_t i = find_held(p, box, lane, after + 1);
    const struct post_row *h = i < p->n_held ? p->held[i] : NULL;

    if (h == NULL || h->lane != lane || h->box.is_broker != box->is_broker ||
        !hf_org_eq(&h->box.id, &box->id))
        return false;
    *ret = (struct broker_row){
        .seq = h->seq, .expires_min_ms = UINT64_MAX, .n = (uint8_t)h->n};
    for (size_t j = 0; j < h->n; j++) {
        ret->envelope[j] = h->envelope[j];
        ret->bytes += (uint32_t)h->envelope[j].n;
        if (h->expires_ms[j] < ret->expires_min_ms)
            ret->expires_min_ms = h->expires_ms[j];
    }
    return true;
}

struct hf_bytes
post_keep(struct hf_bytes b)
{
    uint8_t *c = malloc(b.n == 0 ? 1 : b.n);

    HF_ASSERT(c != NULL);
    memcpy(c, b.p, b.n);
    return (struct hf_bytes){c, b.n};
}

static void
free_bytes(struct hf_bytes b)
{
    free((void *)(uintptr_t)b.p);
}

void
post_free_row(struct post_row *h)
{
    for (size_t i = 0; i < h->n; i++)
        free_bytes(h->envelope[i]);
    free(h);
}

static struct post_row *
need_held(struct post *p, const struct broker_who *box, uint8_t lane,
          uint64_t seq)
{
    const size_t at = find_held(p, box, lane, seq);
    struct post_row *h;

    if (at < p->n_held && compare_place(p->held[at], box, lane, seq) == 0)
        return p->held[at];
    h = calloc(1, sizeof(*h));
    HF_ASSERT(h != NULL);
    h->box = *box;
    h->lane = lane;
    h->seq = seq;
    if (p->n_held == p->held_max) {
        p->held_max = p->held_max == 0 ? 64 : 2 * p->held_max;
        p->held = realloc(p->held, p->held_max * sizeof(p->held[0]));
        HF_ASSERT(p->held != NULL);
    }
    memmove(p->held + at + 1, p->held + at,
            (p->n_held - at) * sizeof(p->held[0]));
    p->held[at] = h;
    p->n_held++;
    return h;
}

static struct hf_id
id_of(struct hf_bytes envelope)
{
    struct envelope_header h;

    HF_ASSERT(envelope_peek(envelope, &h) == HF_OK);
    return h.id;
}

void
post_save(struct post *p, const struct post_job *j)
{
    const uint64_t seq = ++p->last_seq;

    for (size_t i = 0; i < j->n; i++) {
        const struct broker_put *put = &j->put[i];

        for (size_t k = 0; k < put->n_boxes; k++) {
            struct post_row *h = need_held(p, &put->box[k], put->lane, seq);

            HF_ASSERT(h->n < BROKER_ROW_MAX);
            h->id[h->n] = id_of(put->envelope);
            add_id(p, &h->id[h->n]);
            h->expires_ms[h->n] = put->expires_ms;
            h->envelope[h->n++] = post_keep(put->envelope);
        }
    }
}

void
post_delete(struct post *p, const struct post_job *j)
{
    const size_t at = find_held(p, &j->box, j->lane, j->seq);
    struct post_row *h;
    size_t n = 0;

    if (at == p->n_held ||
        compare_place(p->held[at], &j->box, j->lane, j->seq) != 0)
        return;
    h = p->held[at];
    for (size_t i = 0; i < h->n; i++) {
        if ((j->keep >> i & 1) == 0) {
            drop_id(p, &h->id[i]);
            free_bytes(h->envelope[i]);
            continue;
        }
        h->expires_ms[n] = h->expires_ms[i];
        h->id[n] = h->id[i];
        h->envelope[n++] = h->envelope[i];
    }
    h->n = n;
    if (n > 0)
        return;
    free(h);
    p->n_held--;
    memmove(p->held + at, p->held + at + 1,
            (p->n_held - at) * sizeof(p->held[0]));
}

bool
post_holds(const struct post *p, const struct hf_id *envelope)
{
    return *find_id((struct post *)(uintptr_t)p, envelope) != NULL;
}

/* ---- the queue ---- */

void
post_free_job(struct post_job *j)
{
    for (size_t i = 0; i < j->n; i++)
        free_bytes(j->put[i].envelope);
    free(j);
}

struct post_job *
post_add_job(struct post *p, uint64_t ticket)
{
    struct post_job *j = calloc(1, sizeof(*j));

    HF_ASSERT(j != NULL);
    j->ticket = ticket;
    if (p->n_jobs == p->jobs_max) {
        p->jobs_max = p->jobs_max == 0 ? 64 : 2 * p->jobs_max;
        p->job = realloc(p->job, p->jobs_max * sizeof(p->job[0]));
        HF_ASSERT(p->job != NULL);
    }
    p->job[p->n_jobs++] = j;
    return j;
}
