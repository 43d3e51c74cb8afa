#include "cli_yaml.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "hf_buf.h"
#include "hf_file.h"

/* Text, whatever it looks like: 0471 is a case number, 7531 an ISCO code. */
static const char *const text_keys[] = {"number", "id",   "isco",
                                        "icd",    "code", "phone"};

static bool
is_text_key(const char *key)
{
    for (size_t i = 0; key != NULL && i < sizeof(text_keys) / sizeof(char *);
         i++)
        if (strcmp(key, text_keys[i]) == 0)
            return true;
    return false;
}

/* The numbers of JSON: -1, 0.5, 2e6; not 007 and +43. */
static bool
is_json_number(const char *s, bool *ret_is_real)
{
    *ret_is_real = false;
    s += *s == '-';
    if (*s == '0')
        s++;
    else if (isdigit((unsigned char)*s))
        s += strspn(s, "0123456789");
    else
        return false;
    if (*s == '.') {
        *ret_is_real = true;
        if (!isdigit((unsigned char)*++s))
            return false;
        s += strspn(s, "0123456789");
    }
    if (*s == 'e' || *s == 'E') {
        *ret_is_real = true;
        s++;
        s += *s == '-' || *s == '+';
        if (!isdigit((unsigned char)*s))
            return false;
        s += strspn(s, "0123456789");
    }
    return *s == '\0';
}

static json_t *
plain_scalar(const struct hf_yaml_node *node)
{
    bool is_real;

    if (hf_yaml_is_null(node))
        return json_null();
    if (strcmp(node->text, "true") == 0)
        return json_true();
    if (strcmp(node->text, "false") == 0)
        return json_false();
    if (!is_text_key(node->key) && is_json_number(node->text, &is_real)) {
        errno = 0;
        if (is_real) {
            const double v = strtod(node->text, NULL);

            if (errno == 0)
                return json_real(v);
        } else {
            const long long v = strtoll(node->text, NULL, 10);

            if (errno == 0)
                return json_integer(v);
        }
    }
    return json_stringn(node->text, node->text_bytes);
}

json_t *
cli_yaml_json(const struct hf_yaml_node *node)
{
    json_t *json;

    if (node->kind == HF_YAML_SCALAR)
        return node->is_quoted ? json_stringn(node->text, node->text_bytes)
                               : plain_scalar(node);
    json = node->kind == HF_YAML_MAP ? json_object() : json_array();
    for (const struct hf_yaml_node *n = node->first; n != NULL && json != NULL;
         n = n->next) {
        json_t *child = cli_yaml_json(n);
        const int bad = node->kind == HF_YAML_MAP
                            ? json_object_set_new(json, n->key, child)
                            : json_array_append_new(json, child);

        if (bad != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

/* The part of @pointer that begins at *at: up to a dot, slash or bracket. */
static size_t
next_part(const char **at)
{
    *at += strspn(*at, "./[]");
    return strcspn(*at, "./[]");
}

static const struct hf_yaml_node *
child(const struct hf_yaml_node *node, const char *name, size_t n)
{
    size_t i = 0;

    if (node->kind == HF_YAML_SCALAR)
        return NULL;
    for (const struct hf_yaml_node *k = node->first; k != NULL; k = k->next) {
        if (node->kind == HF_YAML_MAP && strlen(k->key) == n &&
            strncmp(k->key, name, n) == 0)
            return k;
        if (node->kind == HF_YAML_SEQ && isdigit((unsigned char)name[0]) &&
            strtoull(name, NULL, 10) == i)
            return k;
        i++;
    }
    return NULL;
}

unsigned
cli_file_line(const struct cli_file *f, const char *pointer)
{
    const struct hf_yaml_node *node = f->root;
    size_t n;

    if (node == NULL)
        return 0;
    /* Under these names a file travels inside of a request. */
    if (strncmp(pointer, "sections", 8) == 0 ||
        strncmp(pointer, "report", 6) == 0)
        if (child(node, pointer, strcspn(pointer, "./[]")) == NULL)
            pointer += next_part(&pointer);
    while ((n = next_part(&pointer)) > 0) {
        const struct hf_yaml_node *next = child(node, pointer, n);

        if (next == NULL)
            break;
        node = next;
        pointer += n;
    }
    return node->key != NULL ? node->key_line : node->line;
}

static int
load_json(struct cli *c, const char *path, struct cli_file *ret)
{
    struct hf_yaml_error ignored;
    struct hf_yaml_node *root = NULL;
    struct hf_buf buf;
    json_error_t error;
    json_t *json;
    enum hf_err err;

    hf_buf_init(&buf, HF_YAML_BYTES_MAX);
    err = hf_file_read(path, &buf);
    if (err) {
        hf_buf_free(&buf);
        return cli_fail(c, err == HF_ERR_FULL ? EX_DATAERR : EX_NOINPUT,
                        "no_such_file", "check its name", "%s: %s", path,
                        err == HF_ERR_FULL        ? "larger than 1 MiB"
                        : err == HF_ERR_NOT_FOUND ? "no such file"
                                                  : "cannot be read");
    }
    json =
        json_loadb((const char *)buf.p, buf.n, JSON_REJECT_DUPLICATES, &error);
    /* Almost all JSON is YAML; where it is not, lines are not known. */
    if (json != NULL && hf_yaml_parse(hf_buf_bytes(&buf), &root, &ignored))
        root = NULL;
    hf_buf_free(&buf);
    if (json == NULL)
        return cli_fail(c, EX_DATAERR, "malformed", "mend the file",
                        "%s:%d: is not JSON", path,
                        error.line > 0 ? error.line : 1);
    *ret = (struct cli_file){.path = path, .json = json, .root = root};
    return 0;
}

int
cli_file_load(struct cli *c, const char *path, struct cli_file *ret)
{
    const size_t n = strlen(path);
    struct hf_yaml_error error = {0, 0, ""};
    struct hf_yaml_node *root = NULL;
    enum hf_err err;
    json_t *json;

    if (n > 5 && strcmp(path + n - 5, ".json") == 0)
        return load_json(c, path, ret);
    err = hf_yaml_load(path, &root, &error);
    if (err == HF_ERR_NOT_FOUND || err == HF_ERR_IO)
        return cli_fail(c, EX_NOINPUT, "no_such_file", "check its name",
                        "%s: %s", path,
                        err == HF_ERR_IO ? "cannot be read" : "no such file");
    if (err == HF_ERR_NOMEM)
        return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    if (err)
        return cli_fail(c, EX_DATAERR, "malformed", "mend the file",
                        "%s:%u: %s", path, error.line > 0 ? error.line : 1,
                        error.what);
    json = cli_yaml_json(root);
    if (json == NULL) {
        hf_yaml_free(root);
        return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    }
    *ret = (struct cli_file){.path = path, .json = json, .root = root};
    return 0;
}

void
cli_file_free(struct cli_file *f)
{
    json_decref(f->json);
    hf_yaml_free(f->root);
    *f = (struct cli_file){.json = NULL};
}
