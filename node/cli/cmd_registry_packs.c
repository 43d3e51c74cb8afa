/* registry add --pack, registry remove --pack: the committee's SOP packs. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "cmd_registry_packs.h"
#include "hf_text.h"
#include "hf_words.h"
#include "shelf.h"

/* Not one that `policy check` complains of: nodes would not install it. */
static int
refuse(struct cli *c, const char *path, const struct sop_findings *f)
{
    const size_t max = sizeof(f->item) / sizeof(f->item[0]);
    const struct sop_finding *at = &f->item[0];

    for (size_t i = f->n < max ? f->n : max; i-- > 0;)
        if (f->item[i].is_error)
            at = &f->item[i];
    return cli_fail(c, EX_DATAERR, "malformed",
                    "handoff policy check FILE tells all", "%s:%u:%u: %s%s%s",
                    path, at->line, at->column, at->rule,
                    at->rule[0] != '\0' ? ": " : "", at->what);
}

static int
read_instant(struct cli *c, const char *name, uint64_t *ret)
{
    const char *text = cli_value(c, name);

    if (text == NULL || hf_time_parse(text, ret))
        return 0;
    return cli_fail(c, EX_USAGE, "usage", "such as 2027-01-01",
                    "--%s %.40s is no time", name, text);
}

/* The dates are the file's; the committee may narrow them. */
static int
read_pack(struct cli *c, const char *path, struct registry_pack *ret)
{
    struct sop_findings findings = {.n = 0};
    struct sop_pack *pack = NULL;
    struct sop_term term;
    struct hf_buf yaml;
    int status = cmd_registry_read(c, path, SHELF_PACK_MAX, &yaml);

    if (status != 0)
        return status;
    registry_pack_hash(hf_buf_bytes(&yaml), &ret->hash);
    if (sop_pack_load(hf_buf_bytes(&yaml), &findings, &pack) != HF_OK)
        status = refuse(c, path, &findings);
    hf_buf_free(&yaml);
    if (pack == NULL)
        return status;
    term = sop_pack_term(pack);
    if (!hf_name_parse(sop_pack_name(pack), &ret->name))
        status = cli_fail(c, EX_DATAERR, "malformed", "",
                          "%s: the pack's name is no word", path);
    ret->version = sop_pack_version(pack);
    ret->from_ms = term.from_ms;
    ret->until_ms = term.until_ms;
    sop_pack_free(pack);
    if (status == 0)
        status = read_instant(c, "from", &ret->from_ms);
    if (status == 0)
        status = read_instant(c, "until", &ret->until_ms);
    if (status == 0 && (ret->from_ms < term.from_ms ||
                        (term.until_ms != 0 && ret->until_ms > term.until_ms) ||
                        (ret->until_ms != 0 && ret->until_ms <= ret->from_ms)))
        status =
            cli_fail(c, EX_USAGE, "usage",
                     "give other dates, or a new version of the pack",
                     "%s: these dates are not within what the pack says", path);
    return status;
}

static int
add_one(struct cli *c, struct registry_edit *e, const char *path, json_t *items)
{
    char words[HF_WORDS_BYTES(REGISTRY_WORDS)], from[HF_TIME_TEXT_BYTES];
    char hash[HF_HEX_BYTES(HF_HASH_BYTES)];
    struct registry_pack p = {.version = 0};
    int status = read_pack(c, path, &p);
    enum hf_err err;

    if (status != 0)
        return status;
    err = registry_edit_put_pack(e, &p);
    if (err == HF_ERR_EXISTS)
        return cli_fail(c, EX_REFUSED, "other_file",
                        "a changed pack needs a higher version",
                        "%s: %s version %u is listed with another file", path,
                        p.name.s, (unsigned)p.version);
    if (err)
        return cmd_registry_failed(c, c->arg[0], err);
    (void)json_array_append_new(
        items, json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "what", "pack", "id",
                         p.name.s, "version", (int)p.version, "from",
                         hf_time_format(p.from_ms, from), "fingerprint",
                         hf_hex(p.hash.b, HF_HASH_BYTES, hash), "words",
                         hf_words(p.hash.b, REGISTRY_WORDS, words)));
    return 0;
}

int
cmd_registry_add_packs(struct cli *c, struct registry_edit *e, json_t *items)
{
    const char *path;
    size_t i = 0;
    int status = 0;

    while (status == 0 && (path = cli_next_value(c, "pack", &i)) != NULL)
        status = add_one(c, e, path, items);
    return status;
}

/* NAME:VERSION */
static bool
parse_which(const char *text, struct hf_name *ret_name, uint32_t *ret_version)
{
    const char *colon = strrchr(text, ':');
    char name[HF_NAME_BYTES] = "";
    uint64_t version;

    if (colon == NULL || (size_t)(colon - text) >= sizeof(name) ||
        !hf_parse_u64(colon + 1, 1, UINT32_MAX, &version))
        return false;
    memcpy(name, text, (size_t)(colon - text));
    *ret_version = (uint32_t)version;
    return hf_name_parse(name, ret_name);
}

int
cmd_registry_remove_packs(struct cli *c, struct registry_edit *e)
{
    const char *text;
    size_t i = 0;

    while ((text = cli_next_value(c, "pack", &i)) != NULL) {
        struct hf_name name;
        uint32_t version;
        enum hf_err err;

        if (!parse_which(text, &name, &version))
            return cli_fail(c, EX_USAGE, "usage", "such as af-national:1",
                            "--pack %.60s is no pack", text);
        err = registry_edit_drop_pack(e, &name, version);
        if (err == HF_ERR_NOT_FOUND)
            return cli_fail(c, EX_NOINPUT, "no_such_pack",
                            "registry show lists them", "%s: no pack %.60s",
                            c->arg[0], text);
        if (err)
            return cmd_registry_failed(c, c->arg[0], err);
    }
    return 0;
}

json_t *
cmd_registry_packs_json(const struct registry *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_packs; i++) {
        const struct registry_pack *p = &r->pack[i];
        char hash[HF_HEX_BYTES(HF_HASH_BYTES)], from[HF_TIME_TEXT_BYTES];
        char until[HF_TIME_TEXT_BYTES];

        (void)json_array_append_new(
            list,
            json_pack(
                "{s:s,s:i,s:s,s:s,s:s?}", "pack", p->name.s, "version",
                (int)p->version, "hash", hf_hex(p->hash.b, HF_HASH_BYTES, hash),
                "from", hf_time_format(p->from_ms, from), "until",
                p->until_ms == 0 ? NULL : hf_time_format(p->until_ms, until)));
    }
    return list;
}
