/* Who held a case, as both signed it: hand_over and take_over of each epoch,
 * with body, signature and key, to be checked by anybody offline. */
#include "api_internal.h"
#include "hf_crypto.h"

/* A body that is nothing but the tag of a custody; false for another. */
static bool
custody_body(const struct node_view *v, const struct node_object *o,
             enum side side, uint32_t n, struct body *ret,
             uint8_t tag[static HF_HASH_BYTES])
{
    struct part p;

    memset(ret, 0, sizeof(*ret));
    if (!body_part_get(v, &o->id, side, n, BODY_PART_HEAD, &p) ||
        p.bytes.n != BODY_SALT_BYTES + 1 || p.bytes.p[BODY_SALT_BYTES] != 1)
        return false;
    memcpy(ret->salt, p.bytes.p, BODY_SALT_BYTES);
    if (!body_part_get(v, &o->id, side, n, 0, &p) || p.type != PART_CUSTODY ||
        p.bytes.n != HF_HASH_BYTES)
        return false;
    memcpy(tag, p.bytes.p, HF_HASH_BYTES);
    ret->part[ret->n++] =
        (struct part){PART_CUSTODY, CATEGORY_NONE, {tag, HF_HASH_BYTES}};
    return true;
}

/* The newest entry of that event on that side; NULL when there is none. */
static json_t *
signed_entry(struct api_call *c, const struct node_object *o, enum side side,
             enum event event, uint8_t tag[static HF_HASH_BYTES])
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES], packed[128];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    const struct registry_org *author;
    const uint8_t *key;
    struct entry e;
    struct body b;
    json_t *j;

    for (uint32_t n = o->n[side]; n > 0; n--) {
        if (!chain_get(c->env->view, &o->id, side, n, 0, bytes, sig) ||
            entry_unpack(span, &e) != HF_OK || e.event != event ||
            !custody_body(c->env->view, o, side, n, &b, tag) ||
            body_bytes(&b) > sizeof(packed))
            continue;
        body_pack(&b, packed);
        j = json_object();
        api_put_text(j, "author", e.author.s);
        api_put_u64(j, "n", e.n);
        api_put_time(j, "at", e.at_ms);
        api_put_hex(j, "entry", bytes, ENTRY_BYTES);
        api_put_hex(j, "sig", sig, ENTRY_SIG_BYTES);
        api_put_hex(j, "body", packed, body_bytes(&b));
        author = c->env->registry == NULL
                     ? NULL
                     : registry_org(c->env->registry, &e.author);
        key = author == NULL ? NULL : registry_op_key(author, e.at_ms);
        if (key != NULL)
            api_put_hex(j, "key", key, HF_KEY_BYTES);
        return j;
    }
    return NULL;
}

static uint32_t
epoch_of(const struct node_case *row, const uint8_t tag[static HF_HASH_BYTES])
{
    struct hf_hash h;

    for (uint32_t epoch = 1; epoch <= row->epoch; epoch++) {
        registry_custody_tag(&row->id, epoch, &h);
        if (memcmp(h.b, tag, HF_HASH_BYTES) == 0)
            return epoch;
    }
    return 0;
}

static void
add_proof(struct api_call *c, json_t *list, const struct node_case *row,
          const struct node_object *o)
{
    uint8_t gives[HF_HASH_BYTES], takes[HF_HASH_BYTES];
    json_t *hand = signed_entry(c, o, SIDE_FIRST, EVENT_HAND_OVER, gives);
    json_t *take = signed_entry(c, o, SIDE_SECOND, EVENT_TAKE_OVER, takes);
    json_t *j;

    if (hand == NULL || take == NULL) {
        json_decref(hand);
        json_decref(take);
        return;
    }
    j = json_object();
    api_put_id(j, "transfer", "HT", &o->id);
    api_put_id(j, "case", "HC", &row->id);
    api_put_u64(j, "epoch", epoch_of(row, takes));
    api_put_hex(j, "tag", takes, HF_HASH_BYTES);
    (void)json_object_set_new(j, "hand_over", hand);
    (void)json_object_set_new(j, "take_over", take);
    (void)json_array_append_new(list, j);
}

void
api_put_custody(struct api_call *c, json_t *o, const struct node_case *row)
{
    json_t *list = json_array();
    struct hf_id at = {{0}};
    struct node_object x;

    while (object_next_of_case(c->env->view, &row->id, &at, &x))
        if (x.kind == OBJECT_TRANSFER)
            add_proof(c, list, row, &x);
    (void)json_object_set_new(o, "proof", list);
}
