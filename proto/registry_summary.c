#include "registry.h"

#include "field.h"
#include "hf_text.h"
#include "registry_internal.h"

/* What people read before they sign or pin: plain lines, no colours. */

static struct hf_hash
hash_of_key(const uint8_t pk[static HF_PK_BYTES])
{
    const struct hf_bytes span = {pk, HF_PK_BYTES};
    struct hf_hash h;

    hf_hash("handoff/1 fingerprint", &span, 1, &h);
    return h;
}

const char *
registry_words(const uint8_t pk[static HF_PK_BYTES],
               char out[static REGISTRY_WORDS_BYTES])
{
    const struct hf_hash h = hash_of_key(pk);

    return hf_words(h.b, REGISTRY_WORDS, out);
}

const char *
registry_fingerprint(const uint8_t pk[static HF_PK_BYTES],
                     char out[static REGISTRY_FINGERPRINT_BYTES])
{
    const struct hf_hash h = hash_of_key(pk);
    char *p = out;

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
add_op_keys(const struct registry_key *keys, size_t n, struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];
    char from[HF_TIME_TEXT_BYTES], until[HF_TIME_TEXT_BYTES];

    for (size_t i = 0; i < n; i++) {
        const struct registry_key *k = &keys[i];

        if (!hf_buf_printf(out, "  operation key %s%s\n",
                           registry_fingerprint(k->pk, fp),
                           k->revoked ? ", REVOKED" : "") ||
            !hf_buf_printf(
                out, "    %s\n    from %s%s%s\n", registry_words(k->pk, words),
                hf_time_format(k->from_ms, from), k->until_ms ? " until " : "",
                k->until_ms ? hf_time_format(k->until_ms, until) : ""))
            return false;
    }
    return true;
}

static bool
add_link(const uint8_t pk[static HF_PK_BYTES], struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];

    return hf_buf_printf(out, "  link key      %s\n    %s\n",
                         registry_fingerprint(pk, fp),
                         registry_words(pk, words));
}

static bool
add_old_link(const uint8_t pk[static HF_PK_BYTES], uint64_t until_ms,
             struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], until[HF_TIME_TEXT_BYTES];

    return until_ms == 0 || hf_buf_printf(out, "  old link key  %s, until %s\n",
                                          registry_fingerprint(pk, fp),
                                          hf_time_format(until_ms, until));
}

bool
registry_summary_succession(const struct hf_org *id,
                            const struct registry_succession *s,
                            const uint8_t pk[static HF_PK_BYTES],
                            struct hf_buf *out)
{
    char words[REGISTRY_WORDS_BYTES], at[HF_TIME_TEXT_BYTES];

    if (s->at_ms == 0)
        return true;
    return hf_buf_printf(
        out, "  new since %s; the identity key before was\n    %s\n  %s\n",
        hf_time_format(s->at_ms, at), registry_words(s->before_pk, words),
        s->is_vouched ? "VOUCHED by who signs this list: that key signed "
                        "nothing"
        : registry_succeeds(id, s, pk)
            ? "that key signed for this one"
            : "that key's signature DOES NOT FIT: do not sign");
}

bool
registry_summary_broker(const struct registry_broker *b, struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];

    return hf_buf_printf(out,
                         "broker %s at %s, operated by %s%s\n"
                         "  in words: %s\n"
                         "  identity key  %s\n",
                         b->id.s, b->endpoint,
                         b->operated_by.s[0] ? b->operated_by.s
                                             : "nobody named",
                         b->is_suspended ? ", SUSPENDED" : "",
                         registry_words(b->identity_pk, words),
                         registry_fingerprint(b->identity_pk, fp)) &&
           registry_summary_succession(&b->id, &b->succession, b->identity_pk,
                                       out) &&
           add_op_keys(b->op, b->n_op, out) && add_link(b->link_pk, out) &&
           add_old_link(b->old_link_pk, b->old_link_until_ms, out);
}

static bool
add_flow(const struct registry *r, const char *what,
         const struct registry_flow *f, struct hf_buf *out)
{
    bool ok;

    if (!f->is_limited)
        return true;
    ok = hf_buf_printf(
        out, "  %s:%s%s%s%s", what,
        f->objects & REGISTRY_OBJECT_BIT(OBJECT_REFERRAL) ? " referrals" : "",
        f->objects & REGISTRY_OBJECT_BIT(OBJECT_TRANSFER) ? " transfers" : "",
        f->objects == 0 ? " nothing but withdrawals" : "",
        f->families == UINT64_MAX ? "" : ", only");
    for (size_t i = 0; ok && f->families != UINT64_MAX && i < r->n_families;
         i++)
        if (f->families >> i & 1)
            ok = hf_buf_printf(out, " %s", r->family[i].s);
    return ok && hf_buf_printf(out, "\n");
}

static bool
add_roles(const struct registry *r, const struct registry_org *o,
          struct hf_buf *out)
{
    char on[HF_TIME_TEXT_BYTES];
    bool ok = o->duties == 0 || hf_buf_printf(out, "  duties:");

    for (int d = DUTY_NONE + 1; ok && d < DUTY_END; d++)
        if (registry_has_duty(o, (enum duty)d))
            ok = hf_buf_printf(out, " %s", duty_text((enum duty)d));
    ok = ok && (o->duties == 0 || hf_buf_printf(out, "\n")) &&
         add_flow(r, "may send", &o->may_send, out) &&
         add_flow(r, "may receive", &o->may_receive, out);
    if (o->vetted_ms == 0)
        return ok;
    return ok && hf_buf_printf(out, "  vetted %s: %s\n",
                               hf_time_format(o->vetted_ms, on), o->vetting);
}

bool
registry_summary_org(const struct registry *r, const struct registry_org *o,
                     struct hf_buf *out)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];
    bool ok = hf_buf_printf(
        out, "member %s: %s (%s%s%s%s%s), %s\n", o->id.s, o->name,
        org_kind_text(o->kind), o->country[0] ? ", " : "", o->country,
        o->level[0] ? ", " : "", o->level, member_status_text(o->status));

    ok = ok && add_roles(r, o, out);
    if (!field_all_zero(o->identity_pk, HF_PK_BYTES))
        ok = ok &&
             hf_buf_printf(out, "  in words: %s\n  identity key  %s\n",
                           registry_words(o->identity_pk, words),
                           registry_fingerprint(o->identity_pk, fp)) &&
             registry_summary_succession(&o->id, &o->succession, o->identity_pk,
                                         out);
    if (o->via.s[0] != '\0')
        return ok && hf_buf_printf(out, "  its node is kept by %s\n", o->via.s);
    ok = ok && add_op_keys(o->op, o->n_op, out) && add_link(o->link_pk, out) &&
         add_old_link(o->old_link_pk, o->old_link_until_ms, out) &&
         hf_buf_printf(out, "  home brokers ");
    for (size_t i = 0; ok && i < o->n_homes; i++)
        ok = hf_buf_printf(out, " %s", o->home[i].s);
    return ok && hf_buf_printf(out, "\n");
}

bool
registry_summary_ruling(const struct registry_ruling *ruling,
                        struct hf_buf *out)
{
    char tag[HF_HEX_BYTES(HF_HASH_BYTES)], at[HF_TIME_TEXT_BYTES];

    return hf_buf_printf(out,
                         "ruling of %s: %s holds the case from epoch %u on\n"
                         "  case and epoch before: %s\n",
                         hf_time_format(ruling->at_ms, at), ruling->holder.s,
                         (unsigned)ruling->epoch,
                         hf_hex(ruling->tag.b, HF_HASH_BYTES, tag));
}

bool
registry_summary_pack(const struct registry_pack *p, struct hf_buf *out)
{
    char from[HF_TIME_TEXT_BYTES], until[HF_TIME_TEXT_BYTES] = "further notice";
    char words[REGISTRY_WORDS_BYTES], hash[HF_HEX_BYTES(HF_HASH_BYTES)];

    if (p->until_ms != 0)
        (void)hf_time_format(p->until_ms, until);
    return hf_buf_printf(out,
                         "SOP pack %s, version %u\n"
                         "  decides from %s until %s\n"
                         "  in words: %s\n"
                         "  hash: %s\n",
                         p->name.s, (unsigned)p->version,
                         hf_time_format(p->from_ms, from), until,
                         hf_words(p->hash.b, REGISTRY_WORDS, words),
                         hf_hex(p->hash.b, HF_HASH_BYTES, hash));
}

bool
registry_summary_attest(const struct registry *r, struct hf_buf *out)
{
    return hf_buf_printf(out, "life at risk: attested by professionals%s\n",
                         r->may_managers_attest
                             ? "; by case manager and supervisor, too"
                             : " only");
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
                      (unsigned long long)r->figures_period_ms / 1000) &&
        registry_summary_attest(r, out);

    for (size_t i = 0; ok && i < r->n_brokers; i++)
        ok = registry_summary_broker(&r->broker[i], out);
    for (size_t i = 0; ok && i < r->n_orgs; i++)
        ok = registry_summary_org(r, &r->orgs[i], out);
    for (size_t i = 0; ok && i < r->n_rulings; i++)
        ok = registry_summary_ruling(&r->rulings[i], out);
    for (size_t i = 0; ok && i < r->n_packs; i++)
        ok = registry_summary_pack(&r->pack[i], out);
    return ok;
}
