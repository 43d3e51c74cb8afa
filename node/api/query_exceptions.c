/* audit exceptions: what does not fit together, with its evidence. So far:
 * forks, as an end saw them here, or as the committee was shown them. */
#include <stdio.h>

#include "api_internal.h"

#define CURSOR_BYTES (2 * HF_ORG_BYTES + HF_HEX_BYTES(HF_ID_BYTES) + 2)

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

/* A cursor is the last one of a page: "BY/AUTHOR/OBJECT", the last in hex. */
static bool
read_cursor(struct api_call *c, struct node_fork *at)
{
    const char *text = api_arg(c, "cursor");
    char by[HF_ORG_BYTES], author[HF_ORG_BYTES], object[33], end;

    if (text == NULL ||
        (sscanf(text, "%31[^/]/%31[^/]/%32[0-9a-f]%c", by, author, object,
                &end) == 3 &&
         hf_org_parse(by, &at->by) && hf_org_parse(author, &at->author) &&
         hf_unhex(object, at->object.b, HF_ID_BYTES)))
        return true;
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                     "this cursor was not given by this list");
    return false;
}

static void
put_next(struct api_call *c, json_t *o, struct node_fork *at)
{
    char hex[HF_HEX_BYTES(HF_ID_BYTES)], next[CURSOR_BYTES];

    (void)snprintf(next, sizeof(next), "%s/%s/%s", at->by.s, at->author.s,
                   hf_hex(at->object.b, HF_ID_BYTES, hex));
    if (fork_next(c->env->view, at))
        api_put_text(o, "next", next);
}

enum api_verdict
query_exceptions(struct api_call *c)
{
    struct node_fork at;
    bool is_full = false;
    json_t *list, *o;
    size_t limit;

    memset(&at, 0, sizeof(at));
    if (!api_arg_limit(c, &limit) || !read_cursor(c, &at))
        return API_ANSWERED;
    list = json_array();
    while (!is_full && fork_next(c->env->view, &at)) {
        if (at.kind != OBJECT_NONE) /* else its entries are not here yet */
            (void)json_array_append_new(list, fork_item(c, &at));
        is_full = json_array_size(list) == limit;
    }
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    if (is_full)
        put_next(c, o, &at);
    return api_say(c, o);
}
