/* Members of a command's body. What is wrong with an option is a usage error
 * (64); what is wrong in a file that the body carries is bad input (65). */
#include <stdlib.h>

#include "api_internal.h"
#include "hf_crypto.h"

#define WORDS_BYTES_MAX 4000
#define JSON_BYTES_MAX (100u * 1024u)

static json_t *
member(const struct api_call *c, const char *key)
{
    json_t *value = json_object_get(c->req->json, key);

    return json_is_null(value) ? NULL : value;
}

enum api_verdict
api_bad(struct api_call *c, const char *pointer, const char *what)
{
    char message[256];

    (void)snprintf(message, sizeof(message), "%s %s", pointer, what);
    return api_refuse(c, EX_USAGE, "usage", pointer, "", message);
}

bool
api_need(struct api_call *c, const char *key)
{
    if (member(c, key) != NULL)
        return true;
    (void)api_bad(c, key, "is missing");
    return false;
}

bool
api_body_org(struct api_call *c, const char *key, struct hf_org *ret)
{
    json_t *value = member(c, key);

    if (value == NULL)
        return true;
    if (json_is_string(value) && hf_org_parse(json_string_value(value), ret))
        return true;
    (void)api_refuse(c, EX_NOINPUT, "no_such_org", key,
                     "an organisation's id is made of small letters, digits "
                     "and -",
                     "no organisation can have this id");
    return false;
}

bool
api_body_name(struct api_call *c, const char *key, struct hf_name *ret)
{
    json_t *value = member(c, key);

    if (value == NULL)
        return true;
    if (json_is_string(value) && hf_name_parse(json_string_value(value), ret))
        return true;
    (void)api_bad(c, key,
                  "must be one word of letters, digits and _ - . @, "
                  "at most 31");
    return false;
}

bool
api_body_time(struct api_call *c, const char *key, uint64_t *ret_ms)
{
    json_t *value = member(c, key);

    if (value == NULL)
        return true;
    if (json_is_string(value) &&
        hf_time_parse(json_string_value(value), ret_ms))
        return true;
    (void)api_bad(c, key,
                  "must be a date such as 2026-11-02 or a time such "
                  "as 2026-11-02T18:00:00Z");
    return false;
}

bool
api_body_bool(struct api_call *c, const char *key, bool *ret)
{
    json_t *value = member(c, key);

    if (value == NULL)
        return true;
    if (json_is_boolean(value)) {
        *ret = json_is_true(value);
        return true;
    }
    (void)api_bad(c, key, "must be true or false");
    return false;
}

bool
api_body_text(struct api_call *c, const char *key, struct hf_bytes *ret)
{
    json_t *value = member(c, key);

    if (value == NULL)
        return true;
    if (json_is_string(value) && json_string_length(value) <= WORDS_BYTES_MAX &&
        hf_utf8_ok((const uint8_t *)json_string_value(value),
                   json_string_length(value))) {
        *ret = (struct hf_bytes){(const uint8_t *)json_string_value(value),
                                 json_string_length(value)};
        return true;
    }
    (void)api_bad(c, key, "must be text of at most 4000 bytes");
    return false;
}

bool
api_body_language(struct api_call *c, const char *key, char *out,
                  size_t out_bytes)
{
    json_t *value = member(c, key);

    if (value == NULL)
        return true;
    if (json_is_string(value) &&
        filecheck_language_ok(json_string_value(value))) {
        filecheck_language_copy(json_string_value(value), out, out_bytes);
        return true;
    }
    (void)api_bad(c, key, "must be a language tag of BCP 47, such as prs");
    return false;
}

/* What the command is about, and its answer. */
static bool
take_case(struct api_call *c, const char *text, struct node_case *ret)
{
    if (!api_find_case(c, text, ret))
        return false;
    c->req->case_id = ret->id;
    c->command->case_id = ret->id;
    return true;
}

bool
api_path_case(struct api_call *c, struct node_case *ret)
{
    return take_case(c, c->req->part[1], ret);
}

bool
api_body_case(struct api_call *c, struct node_case *ret)
{
    json_t *value = member(c, "case");

    if (value == NULL)
        return api_need(c, "case");
    if (!json_is_string(value)) {
        (void)api_bad(c, "case", "must be a case's id");
        return false;
    }
    return take_case(c, json_string_value(value), ret);
}

bool
api_keep_json(struct api_call *c, json_t *json, struct hf_bytes *ret)
{
    struct api_request *req = c->req;
    char *text = NULL;

    if (req->n_kept < API_KEPT_MAX)
        text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) {
        (void)api_refuse(c, EX_SOFTWARE, "internal", NULL, "", "out of memory");
        return false;
    }
    if (strlen(text) > JSON_BYTES_MAX) {
        hf_wipe(text, strlen(text));
        free(text);
        (void)api_refuse(c, EX_DATAERR, "too_long", NULL, "shorten it",
                         "a part of this is longer than 100 KiB");
        return false;
    }
    req->kept[req->n_kept++] = text;
    *ret = (struct hf_bytes){(const uint8_t *)text, strlen(text)};
    return true;
}

bool
api_body_later(struct api_call *c)
{
    static const struct {
        const char *word;
        uint16_t bit;
    } means[] = {{"phone", ENTRY_PHONE},
                 {"paper", ENTRY_PAPER},
                 {"in_person", ENTRY_IN_PERSON}};
    struct node_command *m = c->command;
    json_t *by = member(c, "by");
    uint16_t bit = 0;

    for (size_t i = 0; i < sizeof(means) / sizeof(*means); i++)
        if (json_is_string(by) &&
            strcmp(json_string_value(by), means[i].word) == 0)
            bit = means[i].bit;
    if (by != NULL && bit == 0) {
        (void)api_bad(c, "by", "must be phone, paper or in_person");
        return false;
    }
    m->flags |= bit;
    return api_body_org(c, "on_behalf", &m->on_behalf) &&
           api_body_time(c, "happened_at", &m->happened_ms);
}

bool
api_body_later_of_sender(struct api_call *c)
{
    json_t *spoke_to = member(c, "spoke_to"), *later;
    bool ok;

    if (!api_body_later(c))
        return false;
    if (c->command->on_behalf.s[0] != '\0') {
        (void)api_bad(c, "on_behalf",
                      "is for what the receiving organisation does: who holds "
                      "the case refers it and hands it over");
        return false;
    }
    if (spoke_to == NULL)
        return true;
    later = json_pack("{s:O}", "spoke_to", spoke_to);
    ok = api_keep_json(c, later, &c->command->later);
    json_decref(later);
    return ok;
}
