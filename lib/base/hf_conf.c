#include "hf_conf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "hf_assert.h"
#include "hf_text.h"
#include "hf_yaml.h"

struct value {
    uint32_t line;   /* 0: the fallback */
    uint64_t number; /* U64, DURATION, SIZE; BOOL as 0 and 1 */
    char **items;    /* STRING: one; LIST: n_items */
    size_t n_items;
};

struct hf_conf {
    const struct hf_conf_key *keys;
    size_t n_keys;
    struct value values[HF_CONF_KEYS_MAX];
};

struct reader {
    const char *name;
    struct hf_conf *conf;
    char *error;
};

__attribute__((format(printf, 3, 4))) static enum hf_err
complain(const struct reader *r, uint32_t line, const char *fmt, ...)
{
    va_list args;
    int n;

    if (line > 0)
        n = snprintf(r->error, HF_CONF_ERROR_BYTES, "%.256s:%" PRIu32 ": ",
                     r->name, line);
    else
        n = snprintf(r->error, HF_CONF_ERROR_BYTES, "%.256s: ", r->name);
    HF_ASSERT(n > 0);
    HF_ASSERT(n < HF_CONF_ERROR_BYTES);
    va_start(args, fmt);
    (void)vsnprintf(r->error + n, HF_CONF_ERROR_BYTES - (size_t)n, fmt, args);
    va_end(args);
    return HF_ERR_MALFORMED;
}

static const char *
format_limit(const struct hf_conf_key *key, uint64_t limit,
             char out[static HF_TIME_TEXT_BYTES])
{
    if (key->type == HF_CONF_DURATION)
        return hf_duration_format(limit, out);
    if (key->type == HF_CONF_SIZE)
        return hf_size_format(limit, out);
    (void)snprintf(out, HF_TIME_TEXT_BYTES, "%" PRIu64, limit);
    return out;
}

/* "a duration (30s, 5m, 24h, 14d), 1s to 10m": for errors and for help. */
static const char *
format_rule(const struct hf_conf_key *key, char *out, size_t out_bytes)
{
    static const char *const texts[] = {
        [HF_CONF_STRING] = "text of %s to %s bytes",
        [HF_CONF_U64] = "a number from %s to %s",
        [HF_CONF_DURATION] = "a duration like 30s 5m 24h 14d, from %s to %s",
        [HF_CONF_SIZE] = "a size like 64KiB 16MiB 2GiB, from %s to %s",
        [HF_CONF_LIST] = "a list of %s to %s texts",
        [HF_CONF_BOOL] = "true or false",
    };
    char min[HF_TIME_TEXT_BYTES];
    char max[HF_TIME_TEXT_BYTES];
    const char *at = texts[key->type];
    const char *limits[2];
    size_t n = 0;
    unsigned i = 0;

    /* By hand: a format that is not a literal escapes the compiler's check. */
    limits[0] = format_limit(key, key->min, min);
    limits[1] = format_limit(key, key->max, max);
    for (; *at != '\0' && n + 1 < out_bytes; at++) {
        if (at[0] == '%' && at[1] == 's') {
            const size_t len = strlen(limits[i]);

            HF_ASSERT(n + len < out_bytes);
            memcpy(out + n, limits[i++], len);
            n += len;
            at++;
        } else {
            out[n++] = *at;
        }
    }
    out[n] = '\0';
    return out;
}

static bool
parse_bool(const char *text, uint64_t *ret)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0)
        *ret = 1;
    else if (strcmp(text, "false") == 0 || strcmp(text, "no") == 0)
        *ret = 0;
    else
        return false;
    return true;
}

static bool
parse_number(const struct hf_conf_key *key, const char *text, uint64_t *ret)
{
    uint64_t number = 0;
    bool is_ok = false;

    switch (key->type) {
    case HF_CONF_BOOL:
        return parse_bool(text, ret);
    case HF_CONF_U64:
        is_ok = hf_parse_u64(text, 0, UINT64_MAX, &number);
        break;
    case HF_CONF_DURATION:
        is_ok = hf_duration_parse(text, &number);
        break;
    case HF_CONF_SIZE:
        is_ok = hf_size_parse(text, &number);
        break;
    case HF_CONF_STRING:
    case HF_CONF_LIST:
        break;
    }
    if (!is_ok || number < key->min || number > key->max)
        return false;
    *ret = number;
    return true;
}

static bool
add_item(struct value *value, const char *text)
{
    char **items = realloc(value->items, (value->n_items + 1) * sizeof(char *));

    if (items == NULL)
        return false;
    value->items = items;
    items[value->n_items] = strdup(text);
    if (items[value->n_items] == NULL)
        return false;
    value->n_items++;
    return true;
}

static bool
is_text(const struct hf_yaml_node *node)
{
    return node->kind == HF_YAML_SCALAR && !hf_yaml_is_null(node);
}

static enum hf_err
no_memory(const struct reader *r)
{
    (void)complain(r, 0, "%s", hf_err_text(HF_ERR_NOMEM));
    return HF_ERR_NOMEM;
}

static enum hf_err
wrong(const struct reader *r, const struct hf_conf_key *key, uint32_t line)
{
    char rule[128];

    return complain(r, line, "%s must be %s", key->name,
                    format_rule(key, rule, sizeof(rule)));
}

static enum hf_err
read_list(const struct reader *r, const struct hf_conf_key *key,
          const struct hf_yaml_node *node, struct value *value)
{
    if (node->kind != HF_YAML_SEQ || node->n_children < key->min ||
        node->n_children > key->max)
        return wrong(r, key, node->key_line);
    for (const struct hf_yaml_node *c = node->first; c != NULL; c = c->next) {
        if (!is_text(c) || c->text_bytes == 0)
            return complain(r, c->line, "%s: an item must be text", key->name);
        if (!add_item(value, c->text))
            return no_memory(r);
    }
    return HF_OK;
}

static enum hf_err
read_value(const struct reader *r, const struct hf_conf_key *key,
           const struct hf_yaml_node *node, struct value *value)
{
    value->line = node->key_line;
    if (key->type == HF_CONF_LIST)
        return read_list(r, key, node, value);
    if (!is_text(node))
        return wrong(r, key, node->key_line);
    if (key->type == HF_CONF_STRING) {
        if (node->text_bytes < key->min || node->text_bytes > key->max)
            return wrong(r, key, node->key_line);
        return add_item(value, node->text) ? HF_OK : no_memory(r);
    }
    if (node->is_quoted || !parse_number(key, node->text, &value->number))
        return wrong(r, key, node->key_line);
    return HF_OK;
}

static enum hf_err
use_fallback(const struct reader *r, const struct hf_conf_key *key,
             struct value *value)
{
    const char *text = key->fallback;
    bool is_ok;

    if (text == NULL)
        return complain(r, 0, "%s is missing", key->name);
    if (key->type == HF_CONF_LIST && text[0] == '\0')
        return HF_OK;
    if (key->type == HF_CONF_LIST || key->type == HF_CONF_STRING)
        return add_item(value, text) ? HF_OK : no_memory(r);
    /* The table is ours: a fallback that does not parse is a bug. */
    is_ok = parse_number(key, text, &value->number);
    HF_ASSERT(is_ok);
    return HF_OK;
}

/* The index of @name in the table, or n_keys. */
static size_t
find_key(const struct hf_conf *conf, const char *name)
{
    size_t i = 0;

    while (i < conf->n_keys && strcmp(conf->keys[i].name, name) != 0)
        i++;
    return i;
}

static enum hf_err
read_map(const struct reader *r, const struct hf_yaml_node *root)
{
    struct hf_conf *conf = r->conf;
    enum hf_err err = HF_OK;

    if (root->kind != HF_YAML_MAP && !hf_yaml_is_null(root))
        return complain(r, root->line, "not a list of \"key: value\"");
    for (const struct hf_yaml_node *c = root->first; c != NULL && !err;
         c = c->next) {
        const size_t i = find_key(conf, c->key);

        if (i == conf->n_keys)
            return complain(r, c->key_line,
                            "unknown key '%.64s' (see --help-config)", c->key);
        err = read_value(r, &conf->keys[i], c, &conf->values[i]);
    }
    for (size_t i = 0; i < conf->n_keys && !err; i++) {
        if (conf->values[i].line == 0)
            err = use_fallback(r, &conf->keys[i], &conf->values[i]);
    }
    return err;
}

static enum hf_err
read_root(const char *name, const struct hf_yaml_node *root,
          const struct hf_conf_key *keys, size_t n_keys,
          struct hf_conf **ret_conf, char *error)
{
    struct reader r = {.name = name, .error = error};
    enum hf_err err;

    HF_ASSERT(n_keys <= HF_CONF_KEYS_MAX);
    r.conf = calloc(1, sizeof(*r.conf));
    if (r.conf == NULL)
        return no_memory(&r);
    r.conf->keys = keys;
    r.conf->n_keys = n_keys;
    err = read_map(&r, root);
    if (err) {
        hf_conf_free(r.conf);
        return err;
    }
    *ret_conf = r.conf; /* the caller's now */
    return HF_OK;
}

static enum hf_err
pass_on(const char *name, enum hf_err err, const struct hf_yaml_error *what,
        char *error)
{
    const struct reader r = {.name = name, .error = error};

    (void)complain(&r, what->line, "%s", what->what);
    return err;
}

enum hf_err
hf_conf_parse(const char *name, struct hf_bytes text,
              const struct hf_conf_key *keys, size_t n_keys,
              struct hf_conf **ret_conf, char error[static HF_CONF_ERROR_BYTES])
{
    struct hf_yaml_node *root = NULL;
    struct hf_yaml_error what;
    enum hf_err err;

    err = hf_yaml_parse(text, &root, &what);
    if (err)
        return pass_on(name, err, &what, error);
    err = read_root(name, root, keys, n_keys, ret_conf, error);
    hf_yaml_free(root);
    return err;
}

enum hf_err
hf_conf_load(const char *path, const struct hf_conf_key *keys, size_t n_keys,
             struct hf_conf **ret_conf, char error[static HF_CONF_ERROR_BYTES])
{
    struct hf_yaml_node *root = NULL;
    struct hf_yaml_error what;
    enum hf_err err;

    err = hf_yaml_load(path, &root, &what);
    if (err)
        return pass_on(path, err, &what, error);
    err = read_root(path, root, keys, n_keys, ret_conf, error);
    hf_yaml_free(root);
    return err;
}

void
hf_conf_free(struct hf_conf *conf)
{
    if (conf == NULL)
        return;
    for (size_t i = 0; i < conf->n_keys; i++) {
        for (size_t j = 0; j < conf->values[i].n_items; j++)
            free(conf->values[i].items[j]);
        free(conf->values[i].items);
    }
    free(conf);
}

static const struct value *
value_of(const struct hf_conf *conf, const char *name, enum hf_conf_type type)
{
    const size_t i = find_key(conf, name);

    HF_ASSERT(i < conf->n_keys);
    HF_ASSERT(conf->keys[i].type == type);
    return &conf->values[i];
}

const char *
hf_conf_string(const struct hf_conf *conf, const char *name)
{
    const struct value *value = value_of(conf, name, HF_CONF_STRING);

    HF_ASSERT(value->n_items == 1);
    return value->items[0];
}

uint64_t
hf_conf_u64(const struct hf_conf *conf, const char *name)
{
    const size_t i = find_key(conf, name);

    HF_ASSERT(i < conf->n_keys);
    HF_ASSERT(conf->keys[i].type == HF_CONF_U64 ||
              conf->keys[i].type == HF_CONF_DURATION ||
              conf->keys[i].type == HF_CONF_SIZE);
    return conf->values[i].number;
}

bool
hf_conf_bool(const struct hf_conf *conf, const char *name)
{
    return value_of(conf, name, HF_CONF_BOOL)->number != 0;
}

size_t
hf_conf_n_items(const struct hf_conf *conf, const char *name)
{
    return value_of(conf, name, HF_CONF_LIST)->n_items;
}

const char *
hf_conf_item(const struct hf_conf *conf, const char *name, size_t i)
{
    const struct value *value = value_of(conf, name, HF_CONF_LIST);

    HF_ASSERT(i < value->n_items);
    return value->items[i];
}

uint32_t
hf_conf_line(const struct hf_conf *conf, const char *name)
{
    const size_t i = find_key(conf, name);

    HF_ASSERT(i < conf->n_keys);
    return conf->values[i].line;
}

bool
hf_conf_is_set(const struct hf_conf *conf, const char *name)
{
    return hf_conf_line(conf, name) != 0;
}

static void
print_fallback(FILE *out, const struct hf_conf_key *key)
{
    if (key->fallback == NULL)
        (void)fprintf(out, "#%s:   # must be given\n", key->name);
    else if (key->type == HF_CONF_LIST && key->fallback[0] == '\0')
        (void)fprintf(out, "#%s: []\n", key->name);
    else if (key->type == HF_CONF_LIST)
        (void)fprintf(out, "#%s: [\"%s\"]\n", key->name, key->fallback);
    else if (key->type == HF_CONF_STRING)
        (void)fprintf(out, "#%s: \"%s\"\n", key->name, key->fallback);
    else
        (void)fprintf(out, "#%s: %s\n", key->name, key->fallback);
}

/* A sentence as lines of a comment, within 80 columns. */
static void
print_comment(FILE *out, const char *text)
{
    const size_t width = 78;

    while (*text != '\0') {
        size_t n = strlen(text);

        if (n > width)
            for (n = width; n > 1 && text[n] != ' '; n--)
                continue;
        (void)fprintf(out, "# %.*s\n", (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

void
hf_conf_help(FILE *out, const struct hf_conf_key *keys, size_t n_keys)
{
    char rule[128];

    for (size_t i = 0; i < n_keys; i++) {
        (void)fputs(i > 0 ? "\n" : "", out);
        print_comment(out, keys[i].help);
        print_comment(out, format_rule(&keys[i], rule, sizeof(rule)));
        print_fallback(out, &keys[i]);
    }
}
