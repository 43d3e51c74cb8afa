#include "request.h"

#include <stdio.h>

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "registry_internal.h"

/* Members and brokers have different fields; a row serves one or both. A
 * member whose node another keeps has an identity and nothing to operate. */
enum { OF_MEMBER = 1, OF_BROKER = 2, OPTIONAL = 4, UNLESS_VIA = 8 };

static bool
read_format(struct join_request *r, const struct hf_yaml_node *v)
{
    (void)r;
    return strcmp(v->text, "1") == 0;
}

static bool
read_what(struct join_request *r, const struct hf_yaml_node *v)
{
    r->is_broker = strcmp(v->text, "broker") == 0;
    return r->is_broker || strcmp(v->text, "member") == 0;
}

static bool
read_id(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_org_parse(v->text, r->is_broker ? &r->broker.id : &r->org.id);
}

/* Text into a field of @n bytes that was zero. */
static bool
read_text(const struct hf_yaml_node *v, char *out, size_t n)
{
    if (v->text_bytes >= n)
        return false;
    memcpy(out, v->text, v->text_bytes);
    return field_padded(out, n);
}

static bool
read_name(struct join_request *r, const struct hf_yaml_node *v)
{
    return read_text(v, r->org.name, sizeof(r->org.name));
}

static bool
read_kind(struct join_request *r, const struct hf_yaml_node *v)
{
    r->org.kind = org_kind_parse(v->text);
    return r->org.kind != ORG_KIND_NONE;
}

static bool
read_country(struct join_request *r, const struct hf_yaml_node *v)
{
    return read_text(v, r->org.country, sizeof(r->org.country)) &&
           hf_country_ok(r->org.country);
}

static bool
read_level(struct join_request *r, const struct hf_yaml_node *v)
{
    return read_text(v, r->org.level, sizeof(r->org.level));
}

static bool
read_homes(struct join_request *r, const struct hf_yaml_node *v)
{
    for (const struct hf_yaml_node *c = v->first; c != NULL; c = c->next) {
        if (r->org.n_homes == REGISTRY_HOMES_MAX || c->kind != HF_YAML_SCALAR ||
            !hf_org_parse(c->text, &r->org.home[r->org.n_homes]))
            return false;
        r->org.n_homes++;
    }
    return r->org.n_homes > 0;
}

static bool
read_operated_by(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_org_parse(v->text, &r->broker.operated_by);
}

static bool
read_endpoint(struct join_request *r, const struct hf_yaml_node *v)
{
    return read_text(v, r->broker.endpoint, sizeof(r->broker.endpoint));
}

static bool
read_identity(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_unhex(v->text,
                    r->is_broker ? r->broker.identity_pk : r->org.identity_pk,
                    HF_PK_BYTES);
}

static struct registry_succession *
succession_of(struct join_request *r)
{
    return r->is_broker ? &r->broker.succession : &r->org.succession;
}

static bool
read_previous_key(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_unhex(v->text, succession_of(r)->before_pk, HF_PK_BYTES);
}

static bool
read_previous_signature(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_unhex(v->text, succession_of(r)->sig, HF_SIG_BYTES);
}

static bool
read_via(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_org_parse(v->text, &r->org.via);
}

static bool
read_operation(struct join_request *r, const struct hf_yaml_node *v)
{
    *(r->is_broker ? &r->broker.n_op : &r->org.n_op) = 1;
    return hf_unhex(v->text,
                    r->is_broker ? r->broker.op[0].pk : r->org.op[0].pk,
                    HF_PK_BYTES);
}

static bool
read_operation_from(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_time_parse(v->text, r->is_broker ? &r->broker.op[0].from_ms
                                               : &r->org.op[0].from_ms);
}

static bool
read_operation_until(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_time_parse(v->text, &r->org.op[0].until_ms);
}

static bool
read_link(struct join_request *r, const struct hf_yaml_node *v)
{
    return hf_unhex(v->text, r->is_broker ? r->broker.link_pk : r->org.link_pk,
                    HF_PK_BYTES);
}

/* A succession begins when its request was made. */
static bool
read_made(struct join_request *r, const struct hf_yaml_node *v)
{
    struct registry_succession *s = succession_of(r);

    if (!hf_time_parse(v->text, &r->made_ms))
        return false;
    if (!field_all_zero(s->before_pk, HF_PK_BYTES))
        s->at_ms = r->made_ms;
    return true;
}

/* `what` stands before the rows that depend on it; `signature` is read by
 * itself. */
static const struct row {
    const char *key;
    int of;
    bool is_list;
    bool (*read)(struct join_request *r, const struct hf_yaml_node *v);
} rows[] = {
    {"handoff-request", OF_MEMBER | OF_BROKER, false, read_format},
    {"what", OF_MEMBER | OF_BROKER, false, read_what},
    {"id", OF_MEMBER | OF_BROKER, false, read_id},
    {"name", OF_MEMBER, false, read_name},
    {"kind", OF_MEMBER, false, read_kind},
    {"country", OF_MEMBER | OPTIONAL, false, read_country},
    {"level", OF_MEMBER | OPTIONAL, false, read_level},
    {"homes", OF_MEMBER | OPTIONAL, true, read_homes},
    {"operated-by", OF_BROKER | OPTIONAL, false, read_operated_by},
    {"endpoint", OF_BROKER, false, read_endpoint},
    {"identity-key", OF_MEMBER | OF_BROKER, false, read_identity},
    {"previous-key", OF_MEMBER | OF_BROKER | OPTIONAL, false,
     read_previous_key},
    {"previous-signature", OF_MEMBER | OF_BROKER | OPTIONAL, false,
     read_previous_signature},
    {"via", OF_MEMBER | OPTIONAL, false, read_via},
    {"operation-key", OF_MEMBER | OF_BROKER | UNLESS_VIA, false,
     read_operation},
    {"operation-from", OF_MEMBER | OF_BROKER | UNLESS_VIA, false,
     read_operation_from},
    {"operation-until", OF_MEMBER | OPTIONAL, false, read_operation_until},
    {"link-key", OF_MEMBER | OF_BROKER | UNLESS_VIA, false, read_link},
    {"made", OF_MEMBER | OF_BROKER, false, read_made},
};
#define ROWS          (sizeof(rows) / sizeof(rows[0]))
#define SIGNATURE_KEY "signature"

/* Printing. */

static bool
print_quoted(struct hf_buf *out, const char *key, const char *text)
{
    bool ok = hf_buf_printf(out, "%s: \"", key);

    for (const char *c = text; ok && *c != '\0'; c++)
        ok =
            hf_buf_printf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    return ok && hf_buf_printf(out, "\"\n");
}

static bool
print_key(struct hf_buf *out, const char *key,
          const uint8_t pk[static HF_PK_BYTES])
{
    char hex[HF_HEX_BYTES(HF_PK_BYTES)];

    return hf_buf_printf(out, "%s: \"%s\"\n", key,
                         hf_hex(pk, HF_PK_BYTES, hex));
}

static bool
print_time(struct hf_buf *out, const char *key, uint64_t ms)
{
    char text[HF_TIME_TEXT_BYTES];

    return hf_buf_printf(out, "%s: \"%s\"\n", key, hf_time_format(ms, text));
}

static bool
print_identity(struct hf_buf *out, const uint8_t pk[static HF_PK_BYTES],
               const struct registry_succession *s)
{
    char hex[HF_HEX_BYTES(HF_SIG_BYTES)];

    return print_key(out, "identity-key", pk) &&
           (s->at_ms == 0 ||
            (print_key(out, "previous-key", s->before_pk) &&
             hf_buf_printf(out, "previous-signature: \"%s\"\n",
                           hf_hex(s->sig, HF_SIG_BYTES, hex))));
}

static bool
print_member(struct hf_buf *out, const struct registry_org *o)
{
    bool ok = hf_buf_printf(out, "what: member\nid: %s\n", o->id.s) &&
              print_quoted(out, "name", o->name) &&
              hf_buf_printf(out, "kind: %s\n", org_kind_text(o->kind));

    if (o->country[0] != '\0')
        ok = ok && print_quoted(out, "country", o->country);
    if (o->level[0] != '\0')
        ok = ok && hf_buf_printf(out, "level: %s\n", o->level);
    if (o->n_homes > 0) {
        ok = ok && hf_buf_printf(out, "homes: [");
        for (size_t i = 0; ok && i < o->n_homes; i++)
            ok = hf_buf_printf(out, "%s%s", i > 0 ? ", " : "", o->home[i].s);
        ok = ok && hf_buf_printf(out, "]\n");
    }
    ok = ok && print_identity(out, o->identity_pk, &o->succession);
    if (o->via.s[0] != '\0')
        return ok && hf_buf_printf(out, "via: %s\n", o->via.s);
    ok = ok && print_key(out, "operation-key", o->op[0].pk) &&
         print_time(out, "operation-from", o->op[0].from_ms);
    if (o->op[0].until_ms != 0)
        ok = ok && print_time(out, "operation-until", o->op[0].until_ms);
    return ok && print_key(out, "link-key", o->link_pk);
}

static bool
print_broker(struct hf_buf *out, const struct registry_broker *b)
{
    bool ok = hf_buf_printf(out, "what: broker\nid: %s\n", b->id.s);

    if (b->operated_by.s[0] != '\0')
        ok = ok && hf_buf_printf(out, "operated-by: %s\n", b->operated_by.s);
    return ok && print_quoted(out, "endpoint", b->endpoint) &&
           print_identity(out, b->identity_pk, &b->succession) &&
           print_key(out, "operation-key", b->op[0].pk) &&
           print_time(out, "operation-from", b->op[0].from_ms) &&
           print_key(out, "link-key", b->link_pk);
}

/* Everything above the signature: what it covers. */
static bool
print_signed_part(struct hf_buf *out, const struct join_request *r)
{
    return hf_buf_printf(out, "handoff-request: 1\n") &&
           (r->is_broker ? print_broker(out, &r->broker)
                         : print_member(out, &r->org)) &&
           print_time(out, "made", r->made_ms);
}

/* Homes may still be missing; everything else must be as it will be listed. */
static bool
form_is_good(const struct join_request *r)
{
    struct registry_org org = r->org;
    const struct registry_succession *s =
        r->is_broker ? &r->broker.succession : &r->org.succession;

    if (!field_time(r->made_ms) || s->is_vouched ||
        (s->at_ms != 0 && s->at_ms != r->made_ms))
        return false;
    if (r->is_broker)
        return r->broker.n_op == 1 && registry_check_broker(&r->broker);
    if (field_all_zero(org.identity_pk, HF_PK_BYTES) ||
        org.n_op != (org.via.s[0] == '\0' ? 1 : 0))
        return false;
    if (org.n_homes == 0 && org.n_op == 1) {
        org.n_homes = 1;
        org.home[0] = (struct hf_org){"any"};
    }
    return registry_check_member(&org);
}

/* Whose signature it bears. */
static const uint8_t *
signer_of(const struct join_request *r)
{
    return r->is_broker ? r->broker.identity_pk : r->org.identity_pk;
}

enum hf_err
request_print(const struct join_request *r, const struct hf_secret *signer,
              struct hf_buf *out)
{
    const size_t before = out->n;
    char hex[HF_HEX_BYTES(HF_SIG_BYTES)];
    uint8_t sig[HF_SIG_BYTES], pk[HF_PK_BYTES];
    struct hf_bytes span;

    hf_secret_public(signer, pk);
    HF_ASSERT(hf_equal(pk, signer_of(r), HF_PK_BYTES));
    if (!form_is_good(r))
        return HF_ERR_MALFORMED;
    if (!print_signed_part(out, r)) {
        out->n = before;
        return HF_ERR_NOMEM;
    }
    span = (struct hf_bytes){out->p + before, out->n - before};
    hf_sign(signer, REQUEST_LABEL, &span, 1, sig);
    if (!hf_buf_printf(out, "%s: \"%s\"\n", SIGNATURE_KEY,
                       hf_hex(sig, HF_SIG_BYTES, hex))) {
        out->n = before;
        return HF_ERR_NOMEM;
    }
    return HF_OK;
}

/* Parsing. */

static enum hf_err
complain(struct hf_yaml_error *e, const struct hf_yaml_node *at,
         const char *what, const char *key)
{
    e->line = at != NULL ? (at->key != NULL ? at->key_line : at->line) : 0;
    e->column =
        at != NULL ? (at->key != NULL ? at->key_column : at->column) : 0;
    (void)snprintf(e->what, sizeof(e->what), "%s%s%s", what,
                   key[0] != '\0' ? ": " : "", key);
    return HF_ERR_MALFORMED;
}

static enum hf_err
refuse_unknown_keys(const struct hf_yaml_node *root,
                    const struct join_request *r, struct hf_yaml_error *e)
{
    const int kind = r->is_broker ? OF_BROKER : OF_MEMBER;

    for (const struct hf_yaml_node *c = root->first; c != NULL; c = c->next) {
        bool known = strcmp(c->key, SIGNATURE_KEY) == 0;

        for (size_t i = 0; i < ROWS; i++)
            if ((rows[i].of & kind) && strcmp(rows[i].key, c->key) == 0)
                known = true;
        if (!known)
            return complain(e, c, "a key that has no place here", "");
    }
    return HF_OK;
}

static enum hf_err
read_rows(const struct hf_yaml_node *root, struct join_request *r,
          struct hf_yaml_error *e)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        const struct hf_yaml_node *v = hf_yaml_find(root, row->key);

        if ((row->of & (r->is_broker ? OF_BROKER : OF_MEMBER)) == 0)
            continue;
        if (v == NULL && ((row->of & OPTIONAL) ||
                          ((row->of & UNLESS_VIA) && r->org.via.s[0] != '\0')))
            continue;
        if (v == NULL)
            return complain(e, NULL, "missing", row->key);
        if (v->kind != (row->is_list ? HF_YAML_SEQ : HF_YAML_SCALAR) ||
            !row->read(r, v))
            return complain(e, v, "no such value", row->key);
    }
    return refuse_unknown_keys(root, r, e);
}

static enum hf_err
check_signature(const struct hf_yaml_node *root, const struct join_request *r,
                struct hf_yaml_error *e)
{
    const struct hf_yaml_node *v = hf_yaml_find(root, SIGNATURE_KEY);
    uint8_t sig[HF_SIG_BYTES];
    struct hf_bytes span;
    struct hf_buf text;
    enum hf_err err = HF_ERR_SIGNATURE;

    if (v == NULL)
        return complain(e, NULL, "missing", SIGNATURE_KEY);
    if (v->kind != HF_YAML_SCALAR || !hf_unhex(v->text, sig, HF_SIG_BYTES))
        return complain(e, v, "no such value", SIGNATURE_KEY);
    hf_buf_init(&text, REQUEST_BYTES_MAX);
    if (!print_signed_part(&text, r)) {
        err = HF_ERR_NOMEM;
    } else {
        span = hf_buf_bytes(&text);
        if (hf_verify(signer_of(r), REQUEST_LABEL, &span, 1, sig))
            err = HF_OK;
        else
            (void)complain(e, v, "the signature does not fit the text", "");
    }
    hf_buf_free(&text);
    return err;
}

enum hf_err
request_parse(struct hf_bytes text, struct join_request *ret,
              struct hf_yaml_error *ret_error)
{
    struct hf_yaml_node *root = NULL;
    struct join_request r = {.is_broker = false};
    enum hf_err err;

    r.org.status = MEMBER_ACTIVE;
    if (text.n > REQUEST_BYTES_MAX) {
        (void)complain(ret_error, NULL, "too long for a request", "");
        return HF_ERR_LIMIT;
    }
    err = hf_yaml_parse(text, &root, ret_error);
    if (err)
        return err;
    if (root->kind != HF_YAML_MAP)
        err = complain(ret_error, root, "not a request", "");
    if (!err)
        err = read_rows(root, &r, ret_error);
    if (!err)
        err = form_is_good(&r)
                  ? HF_OK
                  : complain(ret_error, NULL,
                             "the fields do not make a request", "");
    if (!err)
        err = check_signature(root, &r, ret_error);
    if (!err) {
        if (r.is_broker)
            r.org = (struct registry_org){.kind = ORG_KIND_NONE};
        *ret = r;
    }
    hf_yaml_free(root);
    return err;
}
