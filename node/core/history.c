#include "history.h"

#include "disclose.h"
#include "field.h"
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

/* ---- to a new holder ---- */

void
history_add(struct step *s, const struct consent *c, struct body *b)
{
    const uint32_t first = c->version < HISTORY_ROWS_MAX
                               ? 1
                               : c->version - HISTORY_ROWS_MAX + 1;
    uint8_t *rows = step_alloc(s, HISTORY_ROWS_MAX * HISTORY_ROW_BYTES);
    struct hf_bytes row;
    struct history h;
    size_t n = 0;

    for (uint32_t i = 0; i < HISTORY_ROWS_MAX && first + i <= c->version; i++)
        if (history_get(s->v, &c->id, first + i, &row, &h)) {
            memcpy(rows + n, row.p, HISTORY_ROW_BYTES);
            n += HISTORY_ROW_BYTES;
        }
    if (n > 0)
        disclose_add(b, PART_HISTORY, CATEGORY_NONE,
                     (struct hf_bytes){rows, n});
}

const struct part *
history_document(const struct body *b)
{
    for (size_t i = 0; i + 1 < b->n; i++)
        if (b->part[i].type == PART_CONSENT &&
            b->part[i + 1].type == PART_DETAILS)
            return &b->part[i + 1];
    return NULL;
}

static bool
is_form(const struct history *h)
{
    return h->action >= HISTORY_GIVEN && h->action <= HISTORY_WITHDRAWN &&
           h->role > ROLE_NONE && h->role < ROLE_END && h->at_ms != 0 &&
           field_time(h->at_ms) && field_org(&h->org) && field_name(&h->user);
}

static bool
is_of(struct step *s, const struct history *h, const struct body *b,
      const struct consent *c)
{
    const struct part *document = history_document(b);
    struct hf_hash hash;

    if (!hf_id_eq(&h->consent, &c->id) || h->version > c->version)
        return false;
    if (h->version < c->version || document == NULL ||
        field_hash_is_zero(&h->document))
        return true;
    step_hash(s, "handoff/1 consent document", document->bytes.p,
              document->bytes.n, &hash);
    return hf_hash_eq(&hash, &h->document);
}

bool
history_fits(struct step *s, const struct body *b, const struct consent *c,
             const struct hf_id *case_id)
{
    const struct part *p = body_find(b, PART_HISTORY);
    const size_t n = p == NULL ? 0 : p->bytes.n / HISTORY_ROW_BYTES;
    uint32_t last = 0;
    struct history h;

    if (p == NULL)
        return true;
    if (n == 0 || n > HISTORY_ROWS_MAX || p->bytes.n != n * HISTORY_ROW_BYTES)
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *row = p->bytes.p + i * HISTORY_ROW_BYTES;
        const struct hf_bytes bytes = {row, HISTORY_BYTES};

        unpack(row, &h);
        if (h.version <= last || !is_form(&h) || !is_of(s, &h, b, c) ||
            !hf_id_eq(&h.case_id, case_id) ||
            !s->env->is_said(s->env->registry, &h.org, h.at_ms, HISTORY_LABEL,
                             bytes, row + HISTORY_BYTES))
            return false;
        last = h.version;
    }
    return true;
}

void
history_take(struct step *s, const struct body *b, const struct consent *c)
{
    const struct node_lock lock = {c->case_id, LOCK_BESIDE};
    const struct part *p = body_find(b, PART_HISTORY);
    struct hf_bytes held;
    struct history h, was;

    if (p == NULL || !history_fits(s, b, c, &c->case_id))
        return;
    for (size_t at = 0; at < p->bytes.n; at += HISTORY_ROW_BYTES) {
        struct row_key k;

        unpack(p->bytes.p + at, &h);
        if (history_get(s->v, &c->id, h.version, &held, &was))
            continue;
        k = key_of(&c->id, h.version);
        s->v->put(s->v->ctx, NODE_CONSENT_DOCS, row_span(&k), &lock,
                  (struct hf_bytes){p->bytes.p + at, HISTORY_ROW_BYTES});
    }
}
