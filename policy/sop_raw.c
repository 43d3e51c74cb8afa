#include "sop_raw.h"
#include "hf_text.h"

#include <stdio.h>
#include <string.h>

/* libcyaml says what is wrong in one line, and where in a backtrace, the
 * innermost place first. */
struct complaint {
    char what[160];
    unsigned line[2], column[2]; /* the innermost place, and the one around */
    size_t n_places;
};

static void
take_place(struct complaint *c, const char *text)
{
    const char *at = strstr(text, "(line: ");
    unsigned line, column;

    if (at == NULL || c->n_places >= 2 ||
        sscanf(at, "(line: %u, column: %u)", &line, &column) != 2)
        return;
    c->line[c->n_places] = line;
    c->column[c->n_places] = column;
    c->n_places++;
}

__attribute__((format(printf, 3, 0))) static void
on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    struct complaint *c = ctx;
    char text[256];
    const char *what = text;

    if (level < CYAML_LOG_ERROR)
        return;
    (void)vsnprintf(text, sizeof(text), fmt, args);
    text[strcspn(text, "\n")] = '\0';
    if (strncmp(what, "Load: ", 6) == 0)
        what += 6;
    if (strncmp(what, "  in ", 5) == 0)
        take_place(c, what);
    else if (c->what[0] == '\0')
        hf_say(c->what, sizeof(c->what), "%s", what);
}

/* libcyaml's phrases, and ours. */
static void
say_plainly(const struct complaint *c, char *out, size_t n)
{
    static const struct {
        const char *theirs, *ours, *after;
    } phrases[] = {
        {"Unexpected key: ", "unknown key '", "'"},
        {"Mapping field already seen: ", "key '", "' is given twice"},
        {"Missing required mapping field: ", "the key '", "' is missing here"},
        {"Unknown flag: ", "unknown word '", "'"},
        {"Invalid ENUM value: ", "unknown word '", "'"},
        {"Invalid uint64_t value: ", "not a whole number: ", ""},
        {"Invalid UINT value: ", "not a whole number: ", ""},
        {"Invalid UINT value ", "not a whole number: ", ""},
        {"STRING length > ", "text is longer than ", ""},
        {"STRING length < ", "text is shorter than ", ""},
        {"Excessive entries (", "too many entries (", ""},
        {"Insufficient entries (", "too few entries (", ""},
        {"Expecting ", "wrong kind of value: expected ", ""}};

    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        const size_t len = strlen(phrases[i].theirs);

        if (strncmp(c->what, phrases[i].theirs, len) == 0) {
            hf_say(out, n, "%s%s%s", phrases[i].ours, c->what + len,
                     phrases[i].after);
            return;
        }
    }
    hf_say(out, n, "%s", c->what[0] != '\0' ? c->what : "cannot be read");
}

/* libcyaml's place is the one before the word that it complains of. The first
 * key or text @word in the tree from there on is the one. */
static bool
seek_word(const struct hf_yaml_node *node, const char *word, bool is_key,
          const struct hf_yaml_node *from, struct hf_yaml_node *ret_at)
{
    for (; node != NULL; node = node->next) {
        const char *text = is_key ? node->key : node->text;
        const uint32_t line = is_key ? node->key_line : node->line;
        const uint32_t column = is_key ? node->key_column : node->column;

        if (text != NULL && strcmp(text, word) == 0 &&
            (line > from->line ||
             (line == from->line && column >= from->column))) {
            ret_at->line = line;
            ret_at->column = column;
            return true;
        }
        if (seek_word(node->first, word, is_key, from, ret_at))
            return true;
    }
    return false;
}

static void
find_complaint(const struct complaint *c, cyaml_err_t err,
               const struct hf_yaml_node *root, struct sop_findings *f)
{
    /* What is missing is missing from the map around the last key read. */
    const size_t i =
        err == CYAML_ERR_MAPPING_FIELD_MISSING && c->n_places > 1 ? 1 : 0;
    const char *word = strstr(c->what, ": ");
    const bool is_key = err == CYAML_ERR_INVALID_KEY;
    struct hf_yaml_node from = {.line = c->line[i], .column = c->column[i]};
    struct hf_yaml_node at = from;
    char what[160];

    if (word != NULL && (is_key || err == CYAML_ERR_INVALID_VALUE))
        (void)seek_word(root, word + 2, is_key, &from, &at);
    say_plainly(c, what, sizeof(what));
    sop_find(f, SOP_ERROR, c->n_places > 0 ? &at : NULL, "", "%s", what);
}

static cyaml_config_t
config(struct complaint *c)
{
    return (cyaml_config_t){.log_fn = on_log,
                            .log_ctx = c,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR,
                            .flags = CYAML_CFG_NO_ALIAS};
}

static enum hf_err
check_form(struct hf_bytes yaml, struct sop_findings *f,
           struct hf_yaml_node **ret_root)
{
    struct hf_yaml_error wrong = {0};
    struct hf_yaml_node at;
    enum hf_err err;

    if (yaml.n > SOP_BYTES_MAX) {
        sop_find(f, SOP_ERROR, NULL, "", "the file is larger than 512 KiB");
        return HF_ERR_MALFORMED;
    }
    err = hf_yaml_parse(yaml, ret_root, &wrong);
    if (err == HF_ERR_NOMEM)
        return err;
    if (err) {
        at = (struct hf_yaml_node){.line = wrong.line, .column = wrong.column};
        sop_find(f, SOP_ERROR, &at, "", "%s", wrong.what);
        return HF_ERR_MALFORMED;
    }
    if ((*ret_root)->kind != HF_YAML_MAP) {
        sop_find(f, SOP_ERROR, *ret_root, "",
                 "the file is not a map of keys and values");
        return HF_ERR_MALFORMED;
    }
    return HF_OK;
}

enum hf_err
sop_raw_load(struct hf_bytes yaml, const cyaml_schema_value_t *schema,
             struct sop_findings *f, struct hf_yaml_node **ret_root,
             void **ret_raw)
{
    struct complaint c = {0};
    const cyaml_config_t cfg = config(&c);
    enum hf_err err;
    cyaml_err_t cerr;

    *ret_root = NULL;
    *ret_raw = NULL;
    err = check_form(yaml, f, ret_root);
    if (err)
        return err;
    cerr = cyaml_load_data(yaml.p, yaml.n, &cfg, schema, ret_raw, NULL);
    if (cerr == CYAML_ERR_OOM)
        return HF_ERR_NOMEM;
    if (cerr != CYAML_OK || *ret_raw == NULL) {
        find_complaint(&c, cerr, *ret_root, f);
        return HF_ERR_MALFORMED;
    }
    return HF_OK;
}

void
sop_raw_free(const cyaml_schema_value_t *schema, void *raw)
{
    struct complaint c = {0};
    const cyaml_config_t cfg = config(&c);

    if (raw != NULL)
        (void)cyaml_free(&cfg, schema, raw, 0);
}
