#include "history.h"

#include "hf_assert.h"
#include "hf_text.h"
#include "parts.h"
#include "row.h"

static struct row_key
key_of(const struct hf_id *consent, uint32_t version)
{
    struct row_key k = row_id(consent);

    row_number(&k, version, 4);
    row_add(&k, "s", 1); /* beside the version's document */
    return k;
}

static void
pack(const struct history *h, uint8_t out[static HISTORY_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, h->consent.b, HF_ID_BYTES);
    hf_put_bytes(&p, h->case_id.b, HF_ID_BYTES);
    hf_put_u32(&p, h->version);
    hf_put_u8(&p, (uint8_t)h->action);
    hf_put_u8(&p, (uint8_t)h->role);
    hf_put_u64(&p, h->at_ms);
    hf_put_bytes(&p, h->org.s, HF_ORG_BYTES);
    hf_put_bytes(&p, h->user.s, HF_NAME_BYTES);
    hf_put_bytes(&p, h->document.b, HF_HASH_BYTES);
    hf_put_bytes(&p, h->scopes.b, HF_HASH_BYTES);
    HF_ASSERT(p == out + HISTORY_BYTES);
}

static void
unpack(const uint8_t *p, struct history *ret)
{
    memset(ret, 0, sizeof(*ret));
    hf_get_bytes(&p, ret->consent.b, HF_ID_BYTES);
    hf_get_bytes(&p, ret->case_id.b, HF_ID_BYTES);
    ret->version = hf_get_u32(&p);
    ret->action = (enum history_action)hf_get_u8(&p);
    ret->role = (enum role)hf_get_u8(&p);
    ret->at_ms = hf_get_u64(&p);
    hf_get_bytes(&p, ret->org.s, HF_ORG_BYTES);
    hf_get_bytes(&p, ret->user.s, HF_NAME_BYTES);
    hf_get_bytes(&p, ret->document.b, HF_HASH_BYTES);
    hf_get_bytes(&p, ret->scopes.b, HF_HASH_BYTES);
}

static struct hf_hash
hash_scopes(struct step *s, const struct consent *c)
{
    const size_t mark = s->out->used;
    uint8_t *packed = step_alloc(s, PARTS_CONSENT_BYTES(CONSENT_SCOPES_MAX));
    struct hf_hash h;

    step_hash(s, "handoff/1 consent scopes", packed,
              parts_consent_pack(c, packed), &h);
    s->out->used = mark;
    return h;
}

void
history_sign(struct step *s, const struct consent *c,
             enum history_action action, struct hf_bytes json)
{
    const struct row_key k = key_of(&c->id, c->version);
    const struct node_lock lock = {c->case_id, LOCK_BESIDE};
    uint8_t row[HISTORY_ROW_BYTES];
    const struct hf_bytes signed_part = {row, HISTORY_BYTES};
    struct history h = {.consent = c->id,
                        .case_id = c->case_id,
                        .version = c->version,
                        .action = action,
                        .role = step_role(s),
                        .at_ms = s->now,
                        .org = *step_me(s)};

    if (s->cmd != NULL)
        h.user = s->cmd->user;
    if (json.n > 0)
        step_hash(s, "handoff/1 consent document", json.p, json.n,
                  &h.document);
    h.scopes = hash_scopes(s, c);
    pack(&h, row);
    s->env->crypto->sign(s->env->crypto->ctx, HISTORY_LABEL, &signed_part, 1,
                         row + HISTORY_BYTES);
    s->v->put(s->v->ctx, NODE_CONSENT_DOCS, row_span(&k), &lock,
              (struct hf_bytes){row, sizeof(row)});
}

bool
history_get(const struct node_view *v, const struct hf_id *consent,
            uint32_t version, struct hf_bytes *ret_row, struct history *ret)
{
    const struct row_key k = key_of(consent, version);

    if (!v->get(v->ctx, NODE_CONSENT_DOCS, row_span(&k), ret_row) ||
        ret_row->n != HISTORY_ROW_BYTES)
        return false;
    unpack(ret_row->p, ret);
    return true;
}
