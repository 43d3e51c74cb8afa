#include "trail.h"

#include <stddef.h>

#include "vital.h"

/* Raised when the layout changes: rows of an older one are not read. */
#define TRAIL_VERSION      1
#define TRAIL_GATE_VERSION 1

void
trail_put(const struct node_view *v, const struct hf_id *decision,
          const struct hf_id *case_id, const struct sop_trail *t)
{
    const struct hf_bytes key = {decision->b, HF_ID_BYTES};
    const struct node_lock lock = {*case_id, CATEGORY_NONE};
    uint8_t row[1 + sizeof(*t)];
    const size_t n = sop_trail_bytes(t);

    row[0] = TRAIL_VERSION;
    memcpy(row + 1, t, n);
    v->put(v->ctx, NODE_TRAILS, key, &lock, (struct hf_bytes){row, n + 1});
}

bool
trail_get(const struct node_view *v, const struct hf_id *decision,
          struct sop_trail *ret)
{
    const struct hf_bytes key = {decision->b, HF_ID_BYTES};
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_TRAILS, key, &row) || row.n < 2 ||
        row.n > sizeof(*ret) + 1 || row.p[0] != TRAIL_VERSION)
        return false;
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, row.p + 1, row.n - 1);
    return ret->n_services <= SOP_CANDIDATES_MAX &&
           sop_trail_bytes(ret) == row.n - 1;
}

/* Behind the key of the other row: nothing asks for both at once. */
static struct hf_bytes
gate_key(const struct hf_id *decision, uint8_t room[static HF_ID_BYTES + 1])
{
    memcpy(room, decision->b, HF_ID_BYTES);
    room[HF_ID_BYTES] = 1;
    return (struct hf_bytes){room, HF_ID_BYTES + 1};
}

void
trail_del(const struct node_view *v, const struct hf_id *decision)
{
    const struct hf_bytes key = {decision->b, HF_ID_BYTES};
    uint8_t room[HF_ID_BYTES + 1];

    v->del(v->ctx, NODE_TRAILS, key);
    v->del(v->ctx, NODE_TRAILS, gate_key(decision, room));
}

static size_t
gate_bytes(const struct trail_gate *g)
{
    return offsetof(struct trail_gate, consent.scope) +
           g->consent.n_scopes * sizeof(g->consent.scope[0]);
}

/* Who else may have what is no input of this gate, and does not stay. */
static bool
take_scope(const struct consent_scope *from, const struct hf_org *to,
           struct consent_scope *ret)
{
    for (size_t i = 0; i < from->n_recipients; i++) {
        if (!hf_org_eq(&from->recipient[i], to))
            continue;
        memcpy(ret, from, sizeof(*ret));
        memset(ret->recipient, 0, sizeof(ret->recipient));
        ret->recipient[0] = *to;
        ret->n_recipients = 1;
        return true;
    }
    return false;
}

void
trail_gate_take(const struct consent *c, struct trail_gate *g)
{
    memset(&g->consent, 0, sizeof(g->consent));
    g->has_consent = c != NULL;
    if (c == NULL)
        return;
    g->consent.id = c->id;
    g->consent.case_id = c->case_id;
    g->consent.version = c->version;
    g->consent.state = c->state;
    g->consent.given_ms = c->given_ms;
    for (size_t i = 0; i < c->n_scopes && i < CONSENT_SCOPES_MAX; i++)
        if (take_scope(&c->scope[i], &g->to,
                       &g->consent.scope[g->consent.n_scopes]))
            g->consent.n_scopes++;
}

void
trail_gate_put(const struct node_view *v, const struct hf_id *decision,
               const struct hf_id *case_id, const struct trail_gate *g)
{
    const struct node_lock lock = {*case_id, CATEGORY_NONE};
    uint8_t key[HF_ID_BYTES + 1], row[1 + sizeof(*g)];
    const size_t n = gate_bytes(g);

    row[0] = TRAIL_GATE_VERSION;
    memcpy(row + 1, g, n);
    v->put(v->ctx, NODE_TRAILS, gate_key(decision, key), &lock,
           (struct hf_bytes){row, n + 1});
}

bool
trail_gate_get(const struct node_view *v, const struct hf_id *decision,
               struct trail_gate *ret)
{
    const size_t least = offsetof(struct trail_gate, consent.scope);
    uint8_t key[HF_ID_BYTES + 1];
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_TRAILS, gate_key(decision, key), &row) ||
        row.n < 1 + least || row.n > 1 + sizeof(*ret) ||
        row.p[0] != TRAIL_GATE_VERSION)
        return false;
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, row.p + 1, row.n - 1);
    return ret->consent.n_scopes <= CONSENT_SCOPES_MAX &&
           gate_bytes(ret) == row.n - 1;
}

void
trail_gate_replay(const struct trail_gate *g, const struct sop_service *sv,
                  struct gate_out *ret)
{
    if (g->is_vital)
        vital_gate(sv, g->held, ret);
    else
        gate_out(g->has_consent ? &g->consent : NULL, &g->to, PURPOSE_REFERRAL,
                 g->held, sv->required, sv->allowed, sv->never, g->at_ms, ret);
}
