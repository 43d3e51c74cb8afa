/* services import, export, confirm: the service map as Open Referral HSDS 3.
 *
 * In HSDS everything has an id, units and taxonomy terms are objects, and what
 * only we say stands in attributes whose taxonomy is called "handoff:...". */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "hf_file.h"
#include "hf_text.h"

#define OURS "handoff:"
#define HSDS_BYTES_MAX (64u * 1024 * 1024)

/* ---- ids: the same for the same thing, whoever exports it ---- */

static json_t *
derived_id(const char *owner, const char *what, size_t i)
{
    uint64_t half[2] = {UINT64_C(0xcbf29ce484222325),
                        UINT64_C(0x84222325cbf29ce4)};
    uint8_t b[16];
    char text[160];

    (void)snprintf(text, sizeof(text), "%.60s/%.60s/%zu", owner, what, i);
    for (size_t h = 0; h < 2; h++)
        for (const char *p = text; *p != '\0'; p++)
            half[h] = (half[h] ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    for (size_t k = 0; k < 16; k++)
        b[k] = (uint8_t)(half[k / 8] >> (8 * (k % 8)));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x80); /* version 8 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    return json_sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                        "%02x%02x%02x%02x%02x%02x",
                        b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
                        b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void
give_id(json_t *item, const char *owner, const char *what, size_t i)
{
    if (json_is_object(item) && json_object_get(item, "id") == NULL)
        (void)json_object_set_new(item, "id", derived_id(owner, what, i));
}

/* ---- export ---- */

/* A word where HSDS has an object: {"id", @key: word}. */
static json_t *
as_object(json_t *value, const char *key)
{
    return json_is_object(value) ? json_deep_copy(value)
                                 : json_pack("{s:O}", key, value);
}

static void
list_of(json_t *to, const json_t *from, const char *name, const char *key,
        const char *owner)
{
    const json_t *list = json_object_get(from, name);
    json_t *out = json_array();

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = as_object(json_array_get(list, i), key);

        give_id(item, owner, name, i);
        (void)json_array_append_new(out, item);
    }
    if (json_array_size(out) > 0)
        (void)json_object_set(to, name, out);
    json_decref(out);
}

/* A capacity has a unit and says when it was counted. */
static void
finish_capacities(json_t *to, const char *owner, const char *assured)
{
    json_t *list = json_object_get(to, "capacities"), *item, *unit;
    size_t i;

    json_array_foreach(list, i, item)
    {
        unit = json_object_get(item, "unit");
        unit = unit == NULL ? json_pack("{s:s}", "name", "places")
                            : as_object(unit, "name");
        give_id(unit, owner, "unit", i);
        (void)json_object_set_new(item, "unit", unit);
        if (json_object_get(item, "updated") == NULL)
            (void)json_object_set_new(item, "updated", json_string(assured));
        if (json_object_get(item, "available") == NULL)
            (void)json_object_set_new(item, "available", json_integer(0));
    }
}

static void
add_attribute(json_t *list, const char *owner, const char *taxonomy,
              const char *code)
{
    const size_t i = json_array_size(list);
    json_t *term = json_pack("{s:s,s:s,s:s,s:s}", "code", code, "name", code,
                             "description", "a word of the handoff network",
                             "taxonomy", taxonomy);
    json_t *item = json_pack("{s:s,s:s,s:O}", "link_id", owner, "link_entity",
                             "service", "taxonomy_term", term);

    give_id(term, taxonomy, code, 0);
    give_id(item, owner, "attribute", i);
    (void)json_array_append_new(list, item);
    json_decref(term);
}

static void
add_ours(json_t *to, const json_t *from, const char *owner)
{
    json_t *list = json_deep_copy(json_object_get(from, "attributes"));
    json_t *practitioners = json_object_get(from, "practitioners"), *item;
    const char *sex = cli_out_text(from, "only_sex");
    size_t i;

    if (list == NULL)
        list = json_array();
    json_array_foreach(list, i, item) give_id(item, owner, "attribute", i);
    if (cli_out_text(from, "code")[0] != '\0')
        add_attribute(list, owner, OURS "service", cli_out_text(from, "code"));
    json_array_foreach(practitioners, i, item) add_attribute(
        list, owner, OURS "practitioner", json_string_value(item));
    if (sex[0] != '\0')
        add_attribute(list, owner, OURS "only_sex", sex);
    if (json_is_false(json_object_get(from, "accepting")))
        add_attribute(list, owner, OURS "accepting", "false");
    if (json_is_true(json_object_get(from, "confidential")))
        add_attribute(list, owner, OURS "confidential", "true");
    if (json_is_string(json_object_get(from, "accessibility")))
        add_attribute(list, owner, OURS "accessibility",
                      cli_out_text(from, "accessibility"));
    (void)json_object_set_new(to, "attributes", list);
}

static void
copy_known(json_t *to, const json_t *from)
{
    static const char *const keys[] = {"name",
                                       "alternate_name",
                                       "description",
                                       "url",
                                       "email",
                                       "interpretation_services",
                                       "application_process",
                                       "fees_description",
                                       "accreditations",
                                       "eligibility_description",
                                       "minimum_age",
                                       "maximum_age",
                                       "assured_date",
                                       "assurer_email",
                                       "licenses",
                                       "alert",
                                       "last_modified"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        json_t *v = json_object_get(from, keys[i]);

        if (v != NULL)
            (void)json_object_set(to, keys[i], v);
    }
}

static json_t *
service_out(const json_t *from, const char *org, const json_t *about)
{
    const char *id = cli_out_text(from, "id");
    const char *status = cli_out_text(from, "status");
    char assured[11];
    json_t *to = json_object();

    copy_known(to, from);
    (void)json_object_set_new(to, "id", json_string(id));
    (void)json_object_set_new(
        to, "status", json_string(status[0] != '\0' ? status : "active"));
    (void)snprintf(assured, sizeof(assured), "%.10s",
                   cli_out_text(from, "assured_date")[0] != '\0'
                       ? cli_out_text(from, "assured_date")
                       : "1970-01-01");
    if (cli_out_text(from, "assured_date")[0] != '\0')
        (void)json_object_set_new(to, "assured_date", json_string(assured));
    (void)json_object_set_new(
        to, "organization",
        json_pack(
            "{s:o,s:s,s:s}", "id", derived_id(org, "organization", 0), "name",
            cli_out_text(about, "name")[0] != '\0' ? cli_out_text(about, "name")
                                                   : org,
            "description", org));
    list_of(to, from, "languages", "code", id);
    list_of(to, from, "service_areas", "name", id);
    list_of(to, from, "capacities", "available", id);
    finish_capacities(to, id, assured);
    list_of(to, from, "cost_options", "amount", id);
    list_of(to, from, "schedules", "description", id);
    list_of(to, from, "phones", "number", id);
    if (!json_is_true(json_object_get(from, "confidential")))
        list_of(to, from, "service_at_locations", "description", id);
    add_ours(to, from, id);
    return to;
}

static json_t *
export_all(const json_t *answer)
{
    json_t *contents = json_array(), *item, *service;
    size_t i, k;

    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const json_t *document = json_object_get(item, "document");
        const json_t *list = json_is_array(document)
                                 ? document
                                 : json_object_get(document, "services");

        json_array_foreach((json_t *)list, k, service)(void)
            json_array_append_new(
                contents,
                service_out(service, cli_out_text(item, "organization"),
                            json_object_get(document, "organization")));
    }
    return contents;
}

int
cmd_services_export(struct cli *c)
{
    const char *path = cli_value(c, "hsds");
    json_t *answer = NULL, *contents, *page;
    size_t n;
    char *text;
    struct hf_buf buf;
    struct cli_path p;
    int status;

    cli_path_begin(&p, "/services/documents");
    if (cli_has(c, "own"))
        cli_path_query(&p, "own", "yes");
    status = cli_get_list(c, p.text, &answer);

    if (status != 0)
        return status;
    contents = export_all(answer);
    json_decref(answer);
    n = json_array_size(contents);
    page = json_pack("{s:I,s:i,s:i,s:I,s:b,s:b,s:b,s:o}", "total_items",
                     (json_int_t)n, "total_pages", 1, "page_number", 1, "size",
                     (json_int_t)n, "first_page", 1, "last_page", 1, "empty",
                     n == 0 ? 1 : 0, "contents", contents);
    text = json_dumps(page, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(page);
    hf_buf_init(&buf, HSDS_BYTES_MAX);
    status = text == NULL || !hf_buf_add(&buf, text, strlen(text))
                 ? cli_cannot_write(c, path, "", HF_ERR_NOMEM)
                 : cli_write_new(c, "hsds", path, &buf);
    hf_buf_free(&buf);
    free(text);
    if (status != 0)
        return status;
    answer = json_pack("{s:I,s:s}", "services", (json_int_t)n, "file", path);
    if (!cli_say(c, answer))
        fprintf(c->out, "%zu service%s in %s.\n", n, n == 1 ? " is" : "s are",
                path);
    json_decref(answer);
    return 0;
}

/* ---- import ---- */

/* What stands in an attribute of ours goes back to where it came from. */
static void
take_attribute(json_t *service, const json_t *attribute)
{
    const json_t *term = json_object_get(attribute, "taxonomy_term");
    const char *taxonomy = cli_out_text(term, "taxonomy");
    const char *code = cli_out_text(term, "code");
    json_t *list;

    if (strncmp(taxonomy, OURS, strlen(OURS)) != 0)
        return;
    taxonomy += strlen(OURS);
    if (strcmp(taxonomy, "service") == 0) {
        (void)json_object_set_new(service, "code", json_string(code));
    } else if (strcmp(taxonomy, "accepting") == 0 ||
               strcmp(taxonomy, "confidential") == 0) {
        (void)json_object_set_new(service, taxonomy,
                                  json_boolean(strcmp(code, "true") == 0));
    } else if (strcmp(taxonomy, "practitioner") == 0) {
        list = json_object_get(service, "practitioners");
        if (list == NULL) {
            (void)json_object_set_new(service, "practitioners", json_array());
            list = json_object_get(service, "practitioners");
        }
        (void)json_array_append_new(list, json_string(code));
    } else if (strcmp(taxonomy, "only_sex") == 0 ||
               strcmp(taxonomy, "accessibility") == 0) {
        (void)json_object_set_new(service, taxonomy, json_string(code));
    }
}

static json_t *
service_in(const json_t *from)
{
    json_t *service = json_deep_copy(from);
    json_t *attributes = json_object_get(from, "attributes"), *rest, *item;
    size_t i;

    rest = json_array();
    json_array_foreach(attributes, i, item)
    {
        const json_t *term = json_object_get(item, "taxonomy_term");

        take_attribute(service, item);
        if (strncmp(cli_out_text(term, "taxonomy"), OURS, strlen(OURS)) != 0)
            (void)json_array_append(rest, item);
    }
    (void)json_object_del(service, "attributes");
    if (json_array_size(rest) > 0)
        (void)json_object_set(service, "attributes", rest);
    (void)json_object_del(service, "organization");
    json_decref(rest);
    return service;
}

/* A page of the HSDS API, our own file, a list of services, or one. */
static const json_t *
services_of(const json_t *root)
{
    static const char *const keys[] = {"contents", "services", "items"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (json_is_array(json_object_get(root, keys[i])))
            return json_object_get(root, keys[i]);
    return json_is_array(root) ? root : NULL;
}

static json_t *
import_all(const json_t *root)
{
    const json_t *list = services_of(root);
    json_t *out = json_array(), *item;
    size_t i;

    if (list == NULL)
        (void)json_array_append_new(out, service_in(root));
    json_array_foreach((json_t *)list, i, item)(void)
        json_array_append_new(out, service_in(item));
    item = json_pack("{s:o}", "services", out);
    if (json_is_object(json_object_get(root, "organization")))
        (void)json_object_set(item, "organization",
                              json_object_get(root, "organization"));
    return item;
}

/* A whole service map is not ours to publish. */
static bool
is_of_one(const json_t *root)
{
    const json_t *list = services_of(root);
    const char *first = NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = cli_out_text(
            json_object_get(json_array_get(list, i), "organization"), "id");

        if (first != NULL && strcmp(first, id) != 0)
            return false;
        first = id;
    }
    return true;
}

static int
publish(struct cli *c, json_t *document, const char *say)
{
    json_t *answer = NULL;
    int status = cli_post(c, "/services", document, &answer);

    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s\n", say);
    json_decref(answer);
    return status;
}

int
cmd_services_import(struct cli *c)
{
    const char *path = cli_value(c, "hsds");
    json_error_t error;
    struct hf_buf text;
    json_t *root, *document;
    enum hf_err err;
    int status;

    hf_buf_init(&text, 4u * 1024 * 1024);
    err = hf_file_read(path, &text);
    if (err) {
        hf_buf_free(&text);
        return cli_fail(c, EX_NOINPUT, "no_such_file", "check its name",
                        "%s: %s", path, hf_err_text(err));
    }
    root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES,
                      &error);
    hf_buf_free(&text);
    if (root == NULL)
        return cli_fail(c, EX_DATAERR, "malformed", "HSDS is JSON", "%s:%d: %s",
                        path, error.line, error.text);
    if (!is_of_one(root)) {
        json_decref(root);
        return cli_fail(c, EX_DATAERR, "not_ours",
                        "leave only our own in it; services export --own "
                        "writes those",
                        "%s: services of several organisations", path);
    }
    document = import_all(root);
    json_decref(root);
    status = publish(c, document, "Imported and published to all members.");
    json_decref(document);
    return status;
}

/* ---- confirm ---- */

int
cmd_services_confirm(struct cli *c)
{
    const char *which = c->n_args > 0 ? c->arg[0] : NULL;
    json_t *answer = NULL, *document, *service;
    size_t i, n = 0;
    struct cli_path p;
    int status;

    cli_path_begin(&p, "/services/documents");
    cli_path_query(&p, "own", "yes");
    status = cli_get_list(c, p.text, &answer);
    if (status != 0)
        return status;
    document = json_object_get(
        json_array_get(json_object_get(answer, "items"), 0), "document");
    json_array_foreach(json_object_get(document, "services"), i, service)
    {
        const char *id = cli_out_text(service, "id");

        if (which != NULL &&
            strcmp(cli_out_text(service, "code"), which) != 0 &&
            (strlen(which) < 4 || strncasecmp(id, which, strlen(which)) != 0))
            continue;
        (void)json_object_del(service, "assured_date"); /* then it is now */
        n++;
    }
    if (n == 0)
        status = cli_fail(c, EX_NOINPUT, "no_such_service",
                          "handoff services set --file F publishes some",
                          "no service of ours%s%.60s", which ? ": " : "",
                          which ? which : "");
    else
        status = publish(c, document, "Confirmed as of today, and published.");
    json_decref(answer);
    return status;
}
