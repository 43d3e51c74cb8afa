#include "registry.h"

#include "hf_text.h"

/* What people read before they sign or pin: plain lines, no colours. */

const char *
registry_fingerprint(const uint8_t pk[static HF_PK_BYTES],
                     char out[static REGISTRY_FINGERPRINT_BYTES])
{
    const struct hf_bytes span = {pk, HF_PK_BYTES};
    struct hf_hash h;
    char *p = out;

    hf_hash("handoff/1 fingerprint", &span, 1, &h);
    for (size_t i = 0; i < 16; i += 2) {
        if (i > 0)
            *p++ = ' ';
        hf_hex(h.b + i, 2, p);
        p += 4;
    }
    return out;
}

static bool
add_document(const struct registry *r, enum registry_role role,
             const char *name, struct hf_buf *out)
{
    char until[HF_TIME_TEXT_BYTES];

    if (r->version[role] == 0)
        return true;
    return hf_buf_printf(out, "%s: version %u, until %s\n", name,
                         (unsigned)r->version[role],
                         hf_time_format(r->expires_ms[role], until));
}

static bool
add_broker(const struct registry_broker *b, struct hf_buf *out)
{
    char op[REGISTRY_FINGERPRINT_BYTES], link[REGISTRY_FINGERPRINT_BYTES];

    return hf_buf_printf(out,
                         "broker %s at %s, operated by %s\n"
                         "  operation key %s\n"
                         "  link key      %s\n",
                         b->id.s, b->endpoint,
                         b->operated_by.s[0] ? b->operated_by.s
                                             : "nobody named",
                         registry_fingerprint(b->op_pk, op),
                         registry_fingerprint(b->link_pk, link));
}

static bool
add_op_keys(const struct registry_org *o, struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], until[HF_TIME_TEXT_BYTES];

    for (size_t i = 0; i < o->n_op; i++) {
        const struct registry_key *k = &o->op[i];

        if (!hf_buf_printf(
                out, "  operation key %s%s%s%s\n",
                registry_fingerprint(k->pk, fp), k->until_ms ? ", until " : "",
                k->until_ms ? hf_time_format(k->until_ms, until) : "",
                k->revoked ? ", REVOKED" : ""))
            return false;
    }
    return true;
}

static bool
add_org(const struct registry_org *o, struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES];
    bool ok = hf_buf_printf(
        out, "member %s: %s (%s%s%s%s%s), %s%s\n", o->id.s, o->name,
        org_kind_text(o->kind), o->country[0] ? ", " : "", o->country,
        o->level[0] ? ", " : "", o->level, member_status_text(o->status),
        registry_has_duty(o, DUTY_FIGURES) ? ", committee" : "");

    if (o->via.s[0] != '\0')
        return ok && hf_buf_printf(out, "  its node is kept by %s\n", o->via.s);
    ok = ok &&
         hf_buf_printf(out, "  identity key  %s\n",
                       registry_fingerprint(o->identity_pk, fp)) &&
         add_op_keys(o, out) &&
         hf_buf_printf(out, "  link key      %s\n  home brokers ",
                       registry_fingerprint(o->link_pk, fp));
    for (size_t i = 0; ok && i < o->n_homes; i++)
        ok = hf_buf_printf(out, " %s", o->home[i].s);
    return ok && hf_buf_printf(out, "\n");
}

bool
registry_summary(const struct registry *r, struct hf_buf *out)
{
    char hash[HF_HEX_BYTES(HF_HASH_BYTES)];
    bool ok =
        add_document(r, REGISTRY_ROOT, "root", out) &&
        hf_buf_printf(out, "root hash: %s\n",
                      hf_hex(r->root_hash.b, HF_HASH_BYTES, hash)) &&
        add_document(r, REGISTRY_ORGS, "orgs", out) &&
        add_document(r, REGISTRY_SUSPEND, "suspend", out) &&
        add_document(r, REGISTRY_TIMESTAMP, "timestamp", out) &&
        hf_buf_printf(out, "figures: cells below %u are merged, every %llu s\n",
                      (unsigned)r->figures_threshold,
                      (unsigned long long)r->figures_period_ms / 1000);

    for (size_t i = 0; ok && i < r->n_brokers; i++)
        ok = add_broker(&r->broker[i], out);
    for (size_t i = 0; ok && i < r->n_orgs; i++)
        ok = add_org(&r->orgs[i], out);
    return ok;
}
