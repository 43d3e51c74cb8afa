/* chain custody: who gave a case to whom, as both signed it; offline. Reads
 * what `case show CASE --custody --json` prints. */
#include <string.h>

#include "body.h"
#include "cli.h"
#include "cli_out.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "cmd_chain.h"
#include "entry.h"
#include "hf_crypto.h"
#include "hf_text.h"

struct signed_one {
    struct entry e;
    uint8_t tag[HF_HASH_BYTES];
};

static bool
hex_of(const json_t *j, const char *key, uint8_t *out, size_t n)
{
    const char *text = cli_out_text(j, key);

    return strlen(text) == 2 * n && hf_unhex(text, out, n);
}

/* The tag out of a body that the entry's hash covers. */
static const char *
read_tag(const json_t *j, const struct entry *e, uint8_t tag[HF_HASH_BYTES])
{
    uint8_t packed[128];
    const char *text = cli_out_text(j, "body");
    const size_t n = strlen(text) / 2;
    const struct hf_bytes span = {packed, n};
    struct hf_hash hash;
    struct body b;

    if (n > sizeof(packed) || !hf_unhex(text, packed, n) ||
        body_unpack(span, &b) != HF_OK || b.n != 1 ||
        b.part[0].type != PART_CUSTODY || b.part[0].bytes.n != HF_HASH_BYTES)
        return "its body is no custody";
    hf_hash(BODY_LABEL, &span, 1, &hash);
    if (!hf_hash_eq(&hash, &e->body))
        return "its body is not what was signed";
    memcpy(tag, b.part[0].bytes.p, HF_HASH_BYTES);
    return NULL;
}

static const char *
read_one(const json_t *j, enum event event, const struct registry *r,
         struct signed_one *ret)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    const struct registry_org *org;

    if (!hex_of(j, "entry", bytes, ENTRY_BYTES) ||
        !hex_of(j, "sig", sig, ENTRY_SIG_BYTES) ||
        entry_unpack(span, &ret->e) != HF_OK)
        return "entry and sig must be there, in hex";
    if (ret->e.event != event || ret->e.kind != OBJECT_TRANSFER)
        return "is another event";
    org = registry_org(r, &ret->e.author);
    if (org == NULL)
        return "its author is not in the registry";
    if (!registry_op_verify(org, ret->e.at_ms, ENTRY_LABEL, &span, 1, sig))
        return "the signature does not verify";
    return read_tag(j, &ret->e, ret->tag);
}

/* NULL: both sign that this custody of this case went from one to the other. */
static const char *
check(const json_t *proof, const struct registry *r, struct signed_one *hand,
      struct signed_one *take)
{
    const json_int_t epoch =
        json_integer_value(json_object_get(proof, "epoch"));
    struct hf_id case_id;
    struct hf_hash tag;
    const char *why =
        read_one(json_object_get(proof, "hand_over"), EVENT_HAND_OVER, r, hand);

    if (why == NULL)
        why = read_one(json_object_get(proof, "take_over"), EVENT_TAKE_OVER, r,
                       take);
    if (why != NULL)
        return why;
    if (!hf_id_eq(&hand->e.object, &take->e.object) ||
        !hf_org_eq(&hand->e.author, &take->e.peer) ||
        !hf_org_eq(&hand->e.peer, &take->e.author))
        return "the two are not of one transfer";
    if (take->e.seen < hand->e.n)
        return "it was taken over before it was handed over";
    if (!hf_id_parse("HC", cli_out_text(proof, "case"), &case_id) ||
        epoch < 1 || epoch > UINT32_MAX)
        return "case and epoch must be there";
    registry_custody_tag(&case_id, (uint32_t)epoch, &tag);
    if (memcmp(tag.b, hand->tag, HF_HASH_BYTES) != 0 ||
        memcmp(tag.b, take->tag, HF_HASH_BYTES) != 0)
        return "this case and epoch are not what they signed";
    return NULL;
}

/* Custody of one epoch ends once. */
static bool
is_twice(const json_t *proofs, size_t i)
{
    const json_t *mine = json_array_get(proofs, i);

    for (size_t k = 0; k < json_array_size(proofs); k++) {
        const json_t *other = json_array_get(proofs, k);

        if (k != i &&
            json_equal(json_object_get(mine, "epoch"),
                       json_object_get(other, "epoch")) &&
            strcmp(cli_out_text(mine, "case"), cli_out_text(other, "case")) ==
                0)
            return true;
    }
    return false;
}

static json_t *
judge(const json_t *proofs, size_t i, const struct registry *r, bool *ret_ok)
{
    const json_t *proof = json_array_get(proofs, i);
    struct signed_one hand, take;
    const char *why = check(proof, r, &hand, &take);
    json_t *j;

    if (why == NULL && is_twice(proofs, i))
        why = "this epoch was given away twice";
    *ret_ok &= why == NULL;
    j = json_pack("{s:s,s:O?,s:b}", "transfer", cli_out_text(proof, "transfer"),
                  "epoch", json_object_get(proof, "epoch"), "ok", why == NULL);
    if (why == NULL)
        (void)json_object_update_new(j, json_pack("{s:s,s:s}", "from",
                                                  hand.e.author.s, "to",
                                                  take.e.author.s));
    else
        (void)json_object_set_new(j, "why", json_string(why));
    return j;
}

static void
print(FILE *out, const json_t *items)
{
    json_t *j;
    size_t i;

    json_array_foreach(items, i, j)
    {
        if (cli_out_true(j, "ok"))
            fprintf(out, "epoch %lld  %s -> %s  signed by both\n",
                    (long long)json_integer_value(json_object_get(j, "epoch")),
                    cli_out_text(j, "from"), cli_out_text(j, "to"));
        else
            fprintf(out, "%s  NOT PROVED: %s\n", cli_out_text(j, "transfer"),
                    cli_out_text(j, "why"));
    }
}

static int
judge_all(struct cli *c, const struct cli_file *file, const struct registry *r)
{
    const json_t *proofs = json_object_get(file->json, "proof");
    json_t *items, *all;
    bool ok = true;

    if (!json_is_array(proofs))
        return cli_fail(c, EX_DATAERR, "malformed",
                        "handoff case show CASE --custody --json > F",
                        "%s:1: no proof of custody in it", file->path);
    items = json_array();
    for (size_t i = 0; i < json_array_size(proofs); i++)
        (void)json_array_append_new(items, judge(proofs, i, r, &ok));
    all = json_pack("{s:b,s:O}", "ok", ok, "items", items);
    if (!cli_say(c, all))
        print(c->out, items);
    if (!ok)
        fprintf(c->err, "handoff: %s: custody is not proved\n", file->path);
    json_decref(all);
    json_decref(items);
    return ok ? 0 : EX_DATAERR;
}

int
cmd_chain_custody(struct cli *c)
{
    struct cli_file file = {.json = NULL};
    struct registry *r = NULL;
    int status = cli_file_load(c, c->arg[0], &file);

    if (status == 0)
        status = cmd_chain_registry(c, &r);
    if (status == 0)
        status = judge_all(c, &file, r);
    registry_free(r);
    cli_file_free(&file);
    return status;
}
