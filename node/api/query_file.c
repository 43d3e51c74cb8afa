/* Attachments: begun, filled, announced; listed and read. */
#include <stdlib.h>

#include "api_internal.h"
#include "files.h"

#define PIECE_BYTES (32u * FILE_CHUNK_BYTES) /* of one answer */

/* ---- one, as JSON ---- */

static const char *
state_of(const struct node_file *f)
{
    if (f->is_ours)
        return f->n != 0 ? "sent" : "unfinished";
    if (file_is_whole(f))
        return "complete";
    return f->is_gone ? "gone" : "receiving";
}

/* The name may tell of the person: as the category, not for everybody. */
static json_t *
file_json(const struct node_file *f, bool may_read)
{
    json_t *o = json_object();

    api_put_id(o, "attachment", "HA", &f->id);
    api_put_text(o, "category", category_text(f->category));
    if (may_read)
        api_put_text(o, "name", f->name);
    api_put_text(o, "direction", f->is_ours ? "out" : "in");
    api_put_text(o, "state", state_of(f));
    api_put_u64(o, "bytes", f->bytes);
    api_put_u64(o, "held", file_held(f));
    api_put_time(o, "at", f->made_ms);
    return o;
}

void
api_put_files(struct api_call *c, json_t *j, const struct node_object *o)
{
    const uint32_t may = api_reads_object(c, o);
    json_t *list = json_array();
    struct hf_id at = {{0}};
    struct node_file f;

    while (file_next_of(c->env->view, &o->id, &at, &f))
        (void)json_array_append_new(
            list, file_json(&f, (may & CATEGORY_BIT(f.category)) != 0));
    (void)json_object_set_new(j, "attachments", list);
}

/* ---- finding ---- */

/* Of an object that has only one. */
static bool
find_only(struct api_call *c, const struct node_object *o,
          struct node_file *ret)
{
    struct hf_id at = {{0}};
    struct node_file f;
    unsigned n = 0;

    while (file_next_of(c->env->view, &o->id, &at, &f)) {
        if (n++ == 0 || (!f.is_ours && ret->is_ours))
            *ret = f;
        else if (f.is_ours != ret->is_ours)
            n--; /* what came is meant, not what we sent */
    }
    if (n == 1)
        return true;
    (void)api_refuse(c, EX_NOINPUT, n == 0 ? "not_found" : "ambiguous", NULL,
                     n == 0 ? "handoff show ID lists attachments"
                            : "give the id of one: handoff show ID",
                     n == 0 ? "nothing is attached to it"
                            : "more than one file is attached to it");
    return false;
}

/* HA-..., or what it is attached to; and whose it is. */
static bool
find_file(struct api_call *c, struct node_file *f, struct node_object *o)
{
    const char *text = c->req->part[1];
    const bool is_file = (text[0] == 'H' || text[0] == 'h') &&
                         (text[1] == 'A' || text[1] == 'a');

    if (is_file && !api_find_file(c, text, f))
        return false;
    if (is_file && !object_get(c->env->view, &f->object, o)) {
        (void)api_refuse(c, EX_NOINPUT, "not_found", NULL,
                         "handoff show ID lists attachments",
                         "no such attachment here");
        return false;
    }
    if (!is_file && (!api_find_object(c, text, o) || !find_only(c, o, f)))
        return false;
    c->req->object = o->id;
    c->req->kind = o->kind;
    return true;
}

/* ---- commands ---- */

static bool
take_u64(struct api_call *c, const char *key, uint64_t *ret)
{
    const json_t *value = json_object_get(c->req->json, key);

    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *ret = (uint64_t)json_integer_value(value);
        return true;
    }
    (void)api_bad(c, key, "must be a number");
    return false;
}

static bool
take_category(struct api_call *c)
{
    const char *text = filecheck_string(c->req->json, "category");

    if (text == NULL)
        return true;
    c->command->category = category_parse(text);
    if (c->command->category != CATEGORY_NONE)
        return true;
    (void)api_bad(c, "category", "must be a data category, such as health");
    return false;
}

/* Without a path, and cut where it is too long: at a letter's beginning. */
static bool
take_name(struct api_call *c)
{
    const char *text = filecheck_string(c->req->json, "name");
    const char *slash = text == NULL ? NULL : strrchr(text, '/');
    size_t n;

    if (text == NULL)
        return true;
    text = slash == NULL ? text : slash + 1;
    n = strlen(text);
    if (!hf_utf8_ok((const uint8_t *)text, n)) {
        (void)api_bad(c, "name", "must be UTF-8");
        return false;
    }
    if (n >= FILE_NAME_BYTES)
        n = FILE_NAME_BYTES - 1;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    memcpy(c->command->file_name, text, n);
    return true;
}

/* Who may not know what it is about, or read such data, adds none either. */
static bool
may_add(struct api_call *c, const struct node_object *o, enum category category)
{
    if (api_sees(c, o) && (category == CATEGORY_NONE ||
                           (api_reads_object(c, o) & CATEGORY_BIT(category))))
        return true;
    (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                     "its owner, or somebody whose role covers it, can",
                     "this is confidential");
    return false;
}

enum api_verdict
command_attach(struct api_call *c)
{
    const char *hash = filecheck_string(c->req->json, "hash");
    struct node_object o;

    if (!api_find_object(c, c->req->part[1], &o))
        return API_ANSWERED;
    c->req->object = o.id;
    c->req->kind = o.kind;
    c->command->type = CMD_ATTACH;
    c->command->object = o.id;
    if (!take_u64(c, "bytes", &c->command->n_bytes) || !take_category(c) ||
        !take_name(c) || !may_add(c, &o, c->command->category))
        return API_ANSWERED;
    if (hash == NULL || !hf_unhex(hash, c->command->hash.b, HF_HASH_BYTES))
        return api_bad(c, "hash", "must be the file's hash: 64 hex digits");
    return API_COMMAND;
}

enum api_verdict
command_attach_put(struct api_call *c)
{
    const char *hex = filecheck_string(c->req->json, "data");
    struct node_object o;
    struct node_file f;
    size_t n;
    uint8_t *p;

    if (!find_file(c, &f, &o) || !may_add(c, &o, f.category) ||
        !take_u64(c, "at", &c->command->offset))
        return API_ANSWERED;
    c->command->type = CMD_ATTACH_PUT;
    c->command->object = f.id;
    n = hex == NULL ? 0 : strlen(hex) / 2;
    if (n == 0 || n > FILE_PUT_BYTES)
        return api_bad(c, "data", "must be hex, at most 256 KiB of it");
    p = malloc(n);
    if (p == NULL)
        return api_refuse(c, EX_TEMPFAIL, "no_memory", NULL, "try again",
                          "no memory left now");
    c->req->data = p; /* freed with the request */
    c->req->n_data = n;
    if (!hf_unhex(hex, p, n))
        return api_bad(c, "data", "must be hex, at most 256 KiB of it");
    c->command->data = (struct hf_bytes){p, n};
    return API_COMMAND;
}

enum api_verdict
command_attach_done(struct api_call *c)
{
    struct node_object o;
    struct node_file f;

    if (!find_file(c, &f, &o) || !may_add(c, &o, f.category))
        return API_ANSWERED;
    c->command->type = CMD_ATTACH_DONE;
    c->command->object = f.id;
    return API_COMMAND;
}

/* ---- reading ---- */

static bool
is_readable(struct api_call *c, const struct node_object *o,
            const struct node_file *f)
{
    if (!api_sees(c, o) ||
        !(api_reads_object(c, o) & CATEGORY_BIT(f->category))) {
        (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                         "its owner, or somebody whose role covers it, can; "
                         "with --why where a reason is asked for",
                         "this file is confidential");
        return false;
    }
    if (file_is_whole(f))
        return true;
    (void)api_refuse(c, f->is_gone ? API_EX_REFUSED : EX_TEMPFAIL,
                     f->is_gone ? "gone" : "not_whole", NULL,
                     f->is_gone ? "ask its sender to attach it again"
                                : "try again later: handoff show ID says how "
                                  "far it has come",
                     f->is_gone ? "its sender has it no more"
                                : "not all of the file is here yet");
    return false;
}

enum api_verdict
query_file(struct api_call *c)
{
    struct node_object o;
    struct node_file f;
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)];
    json_t *j;

    if (!find_file(c, &f, &o) || !is_readable(c, &o, &f))
        return API_ANSWERED;
    j = file_json(&f, true);
    api_put_text(j, "hash", hf_hex(f.root.b, HF_HASH_BYTES, hex));
    api_put_id(j, "id", api_prefix(o.kind), &o.id);
    return api_say(c, j);
}

/* Some chunks in hex, and where to go on. Each piece is a reading: whoever asks
 * for the second one only has read, too. */
enum api_verdict
query_file_bytes(struct api_call *c)
{
    const char *at = api_arg(c, "at");
    char *hex = malloc(2 * PIECE_BYTES + 1);
    struct node_object o;
    struct node_file f;
    uint64_t from = 0;
    size_t n = 0;
    json_t *j;

    if (hex == NULL)
        return api_refuse(c, EX_TEMPFAIL, "no_memory", NULL, "try again",
                          "no memory left now");
    if (!find_file(c, &f, &o) || !is_readable(c, &o, &f)) {
        free(hex);
        return API_ANSWERED;
    }
    if (at != NULL && (!hf_parse_u64(at, 0, FILE_BYTES_MAX, &from) ||
                       from % FILE_CHUNK_BYTES != 0)) {
        free(hex);
        return api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                          "at must be where an answer said to go on");
    }
    hex[0] = '\0';
    for (uint32_t i = (uint32_t)(from / FILE_CHUNK_BYTES);
         i < file_data(&f) && n < PIECE_BYTES; i++) {
        struct hf_bytes chunk;

        if (!file_chunk(c->env->view, &f.id, i, &chunk))
            break;
        (void)hf_hex(chunk.p, chunk.n, hex + 2 * n);
        n += chunk.n;
    }
    j = json_object();
    api_put_text(j, "data", hex);
    if (from + n < f.bytes)
        api_put_u64(j, "next", from + n);
    hf_wipe(hex, 2 * n);
    free(hex);
    return api_say_read(c, j, o.kind, &o.id, CATEGORY_BIT(f.category),
                        api_is_own(c, &o));
}
