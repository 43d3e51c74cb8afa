#include "cli_chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hf_assert.h"
#include "hf_text.h"

/* One file while it is read. */
struct reader {
    struct cli_chain *chain;
    const struct registry *registry; /* NULL: unsigned */
    struct cli_chain_error *error;
    enum side side;
    size_t at; /* index of the entry that is looked at */
    struct hf_id object;
    struct hf_org author[2]; /* who writes which; empty: not known yet */
};

const char *
cli_chain_key(enum object_kind kind, enum side side)
{
    static const char *const keys[][2] = {[OBJECT_REFERRAL] = {"s", "r"},
                                          [OBJECT_TRANSFER] = {"h", "n"},
                                          [OBJECT_WITHDRAWAL] = {"g", "a"}};

    HF_ASSERT(kind > OBJECT_NONE && kind < OBJECT_END);
    return keys[kind][side];
}

__attribute__((format(printf, 3, 4))) static enum hf_err
refuse(struct reader *rd, enum hf_err err, const char *fmt, ...)
{
    va_list args;
    int n = snprintf(rd->error->what, CLI_CHAIN_WHAT_BYTES,
                     "entry %zu of %s: ", rd->at + 1,
                     cli_chain_key(rd->chain->kind, rd->side));

    va_start(args, fmt);
    (void)vsnprintf(rd->error->what + n, CLI_CHAIN_WHAT_BYTES - (size_t)n, fmt,
                    args);
    va_end(args);
    (void)snprintf(rd->error->pointer, sizeof(rd->error->pointer), "%s.%zu",
                   cli_chain_key(rd->chain->kind, rd->side), rd->at);
    return err;
}

static enum hf_err
refuse_file(struct cli_chain_error *error, const char *what)
{
    error->pointer[0] = '\0';
    (void)snprintf(error->what, sizeof(error->what), "%s", what);
    return HF_ERR_MALFORMED;
}

/* Event names are written with "_" or, as commands are, with "-". */
static enum event
event_of(const char *text)
{
    char word[HF_NAME_BYTES];

    if (text == NULL || strlen(text) >= sizeof(word))
        return EVENT_NONE;
    (void)snprintf(word, sizeof(word), "%s", text);
    for (char *p = word; *p != '\0'; p++)
        if (*p == '-')
            *p = '_';
    return event_parse(word);
}

static bool
number_of(const json_t *entry, const char *key, json_int_t min, uint32_t *ret)
{
    const json_t *v = json_object_get(entry, key);

    if (!json_is_integer(v) || json_integer_value(v) < min ||
        json_integer_value(v) > ENTRY_NUMBERS_MAX)
        return false;
    *ret = (uint32_t)json_integer_value(v);
    return true;
}

/* What stands in plain words. */
static enum hf_err
read_words(struct reader *rd, const json_t *entry, struct cli_chain_entry *ret)
{
    const char *reason = json_string_value(json_object_get(entry, "reason"));
    const json_t *reached = json_object_get(entry, "reached");

    if (!json_is_object(entry))
        return refuse(rd, HF_ERR_MALFORMED, "is no object");
    if (!number_of(entry, "n", 1, &ret->n))
        return refuse(rd, HF_ERR_MALFORMED, "n must be a number from 1 to %d",
                      ENTRY_NUMBERS_MAX);
    if (!number_of(entry, "seen", 0, &ret->item.seen))
        return refuse(rd, HF_ERR_MALFORMED,
                      "seen must be a number from 0 to %d", ENTRY_NUMBERS_MAX);
    ret->item.event =
        event_of(json_string_value(json_object_get(entry, "event")));
    if (ret->item.event == EVENT_NONE)
        return refuse(rd, HF_ERR_MALFORMED, "unknown event");
    ret->item.reason = reason != NULL ? reason_parse(reason) : REASON_NONE;
    if (ret->item.event == EVENT_CONTACT && !json_is_false(reached))
        ret->item.flags |= ENTRY_REACHED;
    return HF_OK;
}

static bool
hex_of(const json_t *entry, const char *key, uint8_t *out, size_t n)
{
    const char *text = json_string_value(json_object_get(entry, key));

    return text != NULL && strlen(text) == 2 * n && hf_unhex(text, out, n);
}

/* One object, and each chain by one author, who is the other's peer. */
static enum hf_err
check_parties(struct reader *rd, const struct entry *e)
{
    const enum side peer = side_other(rd->side);

    if (e->kind != rd->chain->kind)
        return refuse(rd, HF_ERR_MALFORMED, "is of another kind of object");
    if (hf_id_is_zero(&rd->object)) {
        rd->object = e->object;
        rd->author[rd->side] = e->author;
        rd->author[peer] = e->peer;
    }
    if (!hf_id_eq(&rd->object, &e->object))
        return refuse(rd, HF_ERR_MALFORMED, "is of another object");
    if (!hf_org_eq(&rd->author[rd->side], &e->author) ||
        !hf_org_eq(&rd->author[peer], &e->peer))
        return refuse(rd, HF_ERR_MALFORMED, "is not between the two others");
    return HF_OK;
}

static enum hf_err
check_signature(struct reader *rd, const struct entry *e,
                const uint8_t bytes[static ENTRY_BYTES],
                const uint8_t sig[static ENTRY_SIG_BYTES])
{
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    const struct registry_org *org = registry_org(rd->registry, &e->author);

    if (org == NULL)
        return refuse(rd, HF_ERR_SIGNATURE, "%s is not in the registry",
                      e->author.s);
    if ((e->flags & ENTRY_PROXIED) != 0 && org->via.s[0] != '\0')
        org = registry_org(rd->registry, &org->via); /* signed by its keeper */
    if (org == NULL)
        return refuse(rd, HF_ERR_SIGNATURE,
                      "its keeper is not in the registry");
    if (registry_op_key(org, e->at_ms) == NULL)
        return refuse(rd, HF_ERR_SIGNATURE, "%s had no valid key then",
                      e->author.s);
    if (!registry_op_verify(org, e->at_ms, ENTRY_LABEL, &span, 1, sig))
        return refuse(rd, HF_ERR_SIGNATURE, "the signature does not verify");
    return HF_OK;
}

/* The signed bytes; the words beside them must say the same. */
static enum hf_err
read_signed(struct reader *rd, const json_t *json, struct cli_chain_entry *ret)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    struct entry *e = &ret->entry;
    enum hf_err err;

    if (!hex_of(json, "entry", bytes, ENTRY_BYTES) ||
        !(hex_of(json, "sig", sig, ENTRY_SIG_BYTES) ||
          hex_of(json, "signature", sig, ENTRY_SIG_BYTES)))
        return refuse(rd, HF_ERR_MALFORMED,
                      "entry and sig must be there, in hex");
    if (entry_unpack(span, e) != HF_OK)
        return refuse(rd, HF_ERR_MALFORMED, "its bytes do not parse");
    err = check_parties(rd, e);
    if (!err)
        err = check_signature(rd, e, bytes, sig);
    if (err)
        return err;
    if (e->n != ret->n || e->seen != ret->item.seen ||
        e->event != ret->item.event)
        return refuse(rd, HF_ERR_MALFORMED,
                      "n, seen or event differ from what was signed");
    ret->item.flags = e->flags;
    ret->item.reason = e->reason;
    hf_hash(ENTRY_LABEL, &span, 1, &ret->hash);
    return HF_OK;
}

static enum hf_err
read_side(struct reader *rd, const json_t *list)
{
    struct cli_chain *chain = rd->chain;
    const size_t n = json_array_size(list);
    struct cli_chain_entry *to;

    /* Each number at most twice: two branches are proof enough. */
    if (n > 2 * ENTRY_NUMBERS_MAX)
        return refuse_file(rd->error, "too many entries");
    to = calloc(n + 1, sizeof(*to));
    if (to == NULL)
        return HF_ERR_NOMEM;
    chain->entry[rd->side] = to;
    for (rd->at = 0; rd->at < n; rd->at++) {
        const json_t *json = json_array_get(list, rd->at);
        struct cli_chain_entry *e = &to[chain->n[rd->side]];
        enum hf_err err = read_words(rd, json, e);

        if (!err && rd->registry != NULL)
            err = read_signed(rd, json, e);
        if (err)
            return err;
        chain->n[rd->side]++;
    }
    return HF_OK;
}

static int
by_number(const void *a, const void *b)
{
    const struct cli_chain_entry *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return memcmp(x->hash.b, y->hash.b, HF_HASH_BYTES);
}

/* By number; the same signed entry twice is one; a number twice is a fork. */
static void
put_in_order(struct cli_chain *chain, enum side side, bool is_signed)
{
    struct cli_chain_entry *e = chain->entry[side];
    size_t to = 0;

    qsort(e, chain->n[side], sizeof(*e), by_number);
    for (size_t i = 0; i < chain->n[side]; i++) {
        if (is_signed && to > 0 && hf_hash_eq(&e[i].hash, &e[to - 1].hash))
            continue;
        if (to > 0 && e[i].n == e[to - 1].n && chain->fork[side] == 0)
            chain->fork[side] = e[i].n;
        e[to++] = e[i];
    }
    chain->n[side] = to;
}

/* Whether an entry @n with @hash is held in @side, or none with that number
 * is held at all (then whoever names it waits). */
static bool
is_held(const struct cli_chain *chain, enum side side, uint32_t n,
        const struct hf_hash *hash)
{
    bool other = false;

    for (size_t i = 0; i < chain->n[side]; i++) {
        if (chain->entry[side][i].n != n)
            continue;
        if (hf_hash_eq(&chain->entry[side][i].hash, hash))
            return true;
        other = true;
    }
    return !other;
}

static enum hf_err
check_links(struct reader *rd)
{
    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        for (size_t i = 0; i < rd->chain->n[s]; i++) {
            const struct entry *e = &rd->chain->entry[s][i].entry;

            rd->side = s;
            rd->at = i;
            if (e->n > 1 && !is_held(rd->chain, s, e->n - 1, &e->prev))
                return refuse(rd, HF_ERR_MALFORMED,
                              "does not follow the entry before it");
            if (e->seen > 0 &&
                !is_held(rd->chain, side_other(s), e->seen, &e->seen_hash))
                return refuse(rd, HF_ERR_MALFORMED,
                              "names another entry of its peer");
        }
    }
    return HF_OK;
}

/* The opening entry fixes what the state function needs for ever. */
static void
take_signed_terms(struct cli_chain *chain)
{
    for (size_t i = 0; i < chain->n[SIDE_FIRST]; i++) {
        const struct entry *e = &chain->entry[SIDE_FIRST][i].entry;

        if (e->event != EVENT_SEND && e->event != EVENT_OFFER)
            continue;
        chain->on_send = (e->flags & ENTRY_ON_SEND) != 0;
        chain->travel_none = (e->flags & ENTRY_TRAVEL_NONE) != 0;
        return;
    }
}

static enum hf_err
read_head(const json_t *doc, struct cli_chain *ret,
          struct cli_chain_error *error)
{
    const char *kind = json_string_value(json_object_get(doc, "kind"));
    const json_t *disclose = json_object_get(doc, "disclose");
    const json_t *travel = json_object_get(doc, "travel");
    const char *word = json_string_value(disclose);

    ret->kind = kind != NULL ? object_kind_parse(kind) : OBJECT_NONE;
    if (ret->kind == OBJECT_NONE)
        return refuse_file(error,
                           "kind must be referral, transfer or withdrawal");
    if (disclose != NULL && !json_is_null(disclose) &&
        (word == NULL ||
         (strcmp(word, "on_accept") != 0 && strcmp(word, "on_send") != 0)))
        return refuse_file(error, "disclose must be on_accept or on_send");
    if (travel != NULL && !json_is_null(travel) && !json_is_boolean(travel))
        return refuse_file(error, "travel must be true or false");
    ret->on_send = word != NULL && strcmp(word, "on_send") == 0;
    ret->travel_none = json_is_false(travel);
    return HF_OK;
}

enum hf_err
cli_chain_read(const json_t *doc, const struct registry *r,
               struct cli_chain *ret, struct cli_chain_error *ret_error)
{
    struct reader rd = {.chain = ret, .registry = r, .error = ret_error};
    const json_t *list[2];
    enum hf_err err;

    if (!json_is_object(doc))
        return refuse_file(ret_error, "must be an object with two chains");
    err = read_head(doc, ret, ret_error);
    if (err)
        return err;
    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        list[s] = json_object_get(doc, cli_chain_key(ret->kind, s));
        if (list[s] != NULL && !json_is_array(list[s]))
            return refuse_file(ret_error, "each chain must be a list");
    }
    if (list[0] == NULL && list[1] == NULL)
        return refuse_file(ret_error, "no chain is there");
    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND && !err; s++) {
        rd.side = s;
        err = read_side(&rd, list[s]);
        if (!err)
            put_in_order(ret, s, r != NULL);
    }
    if (!err && r != NULL) {
        take_signed_terms(ret);
        err = check_links(&rd);
    }
    return err;
}

void
cli_chain_free(struct cli_chain *chain)
{
    free(chain->entry[0]);
    free(chain->entry[1]);
    chain->entry[0] = chain->entry[1] = NULL;
    chain->n[0] = chain->n[1] = 0;
}

/* Numbers 1, 2, ... without a gap: one item each, whichever branch. */
static uint32_t
fill_items(const struct cli_chain *chain, enum side side,
           struct chain_item *items)
{
    uint32_t n = 0;

    for (size_t i = 0; i < chain->n[side]; i++)
        if (chain->entry[side][i].n == n + 1)
            items[n++] = chain->entry[side][i].item;
    return n;
}

/* A recall in a branch of a fork still counts. */
static bool
has_forked_recall(const struct cli_chain *chain, enum side side)
{
    for (size_t i = 0; i < chain->n[side]; i++) {
        const struct cli_chain_entry *e = &chain->entry[side][i];

        if (chain->fork[side] != 0 && e->n >= chain->fork[side] &&
            e->item.event == EVENT_RECALL)
            return true;
    }
    return false;
}

static void
give_verdicts(struct cli_chain *chain, const struct chain_pair *p,
              enum side side)
{
    for (size_t i = 0; i < chain->n[side]; i++) {
        struct cli_chain_entry *e = &chain->entry[side][i];
        const bool forked = chain->fork[side] != 0 && e->n >= chain->fork[side];
        const enum chain_why why = forked ? CHAIN_FORKED
                                   : e->n <= p->n[side]
                                       ? p->item[side][e->n - 1].why
                                       : CHAIN_WAITS;

        e->item.why = why;
        e->counts = why == CHAIN_VALID;
        e->why = chain_why_text(why);
        if (forked && side == SIDE_FIRST && e->item.event == EVENT_RECALL &&
            chain->state == STATE_RECALLED) {
            e->counts = true;
            e->why = "a recall counts in either branch of a fork";
        }
    }
}

enum hf_err
cli_chain_judge(struct cli_chain *chain)
{
    struct chain_pair p = {.kind = chain->kind,
                           .on_send = chain->on_send,
                           .travel_none = chain->travel_none};
    enum hf_err err = HF_OK;

    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        p.item[s] = calloc(chain->n[s] + 1, sizeof(struct chain_item));
        p.sum[s] = calloc(chain->n[s] + 1, sizeof(struct chain_sum));
        if (p.item[s] == NULL || p.sum[s] == NULL)
            err = HF_ERR_NOMEM;
    }
    if (!err) {
        for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
            p.n[s] = fill_items(chain, s, p.item[s]);
            /* A fork behind a gap is out of reach until the gap closes. */
            p.fork[s] = chain->fork[s] <= p.n[s] ? chain->fork[s] : 0;
            p.fork_recall[s] = has_forked_recall(chain, s);
        }
        chain_judge(&p);
        chain->state = chain_state(&p);
        give_verdicts(chain, &p, SIDE_FIRST);
        give_verdicts(chain, &p, SIDE_SECOND);
    }
    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        free(p.item[s]);
        free(p.sum[s]);
    }
    return err;
}

json_t *
cli_chain_json(const struct cli_chain *chain)
{
    const char *state = state_text(chain->state);
    json_t *entries = json_array();

    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        for (size_t i = 0; i < chain->n[s]; i++) {
            const struct cli_chain_entry *e = &chain->entry[s][i];

            (void)json_array_append_new(
                entries,
                json_pack("{s:s,s:I,s:s,s:b,s:s}", "author",
                          cli_chain_key(chain->kind, s), "n", (json_int_t)e->n,
                          "event", event_text(e->item.event), "valid",
                          e->counts ? 1 : 0, "why", e->why));
        }
    }
    return json_pack(
        "{s:s,s:b,s:o}", "state", state[0] != '\0' ? state : "none", "forked",
        chain->fork[0] != 0 || chain->fork[1] != 0 ? 1 : 0, "entries", entries);
}
