/* Built on libyaml's events: libcyaml wants a schema and drops what is not in
 * it, and libyaml's own document loader follows aliases. */
#include "hf_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_text.h"

/* A map or list that is still open, and where its next child hangs. */
struct open_node {
    struct hf_yaml_node *node;
    struct hf_yaml_node **tail;
};

struct reader {
    yaml_parser_t parser;
    struct hf_yaml_error *error;
    size_t n_nodes;
    struct hf_yaml_node *root;
    struct open_node open[HF_YAML_DEPTH_MAX];
    size_t depth;
    char *key; /* read, its value not yet */
    uint32_t key_line;
    uint32_t key_column;
};

__attribute__((format(printf, 4, 5))) static void
explain(struct hf_yaml_error *error, size_t line, size_t column,
        const char *fmt, ...)
{
    va_list args;

    error->line = (uint32_t)line;
    error->column = (uint32_t)column;
    va_start(args, fmt);
    (void)vsnprintf(error->what, sizeof(error->what), fmt, args);
    va_end(args);
}

static enum hf_err
refuse(struct reader *r, const yaml_event_t *ev, enum hf_err err,
       const char *what)
{
    explain(r->error, ev->start_mark.line + 1, ev->start_mark.column + 1, "%s",
            what);
    return err;
}

static void
free_text(char *text, size_t n)
{
    if (text == NULL)
        return;
    explicit_bzero(text, n);
    free(text);
}

void
hf_yaml_free(struct hf_yaml_node *root)
{
    while (root != NULL) {
        struct hf_yaml_node *next = root->next;

        hf_yaml_free(root->first); /* as deep as HF_YAML_DEPTH_MAX */
        free_text(root->text, root->text_bytes);
        if (root->key != NULL)
            free_text(root->key, strlen(root->key));
        free(root);
        root = next;
    }
}

static struct open_node *
top(struct reader *r)
{
    return r->depth == 0 ? NULL : &r->open[r->depth - 1];
}

static bool
is_key_next(struct reader *r)
{
    const struct open_node *open = top(r);

    return open != NULL && open->node->kind == HF_YAML_MAP && r->key == NULL;
}

static enum hf_err
count_node(struct reader *r, const yaml_event_t *ev)
{
    if (++r->n_nodes > HF_YAML_NODES_MAX)
        return refuse(r, ev, HF_ERR_LIMIT, "more than 20000 values");
    return HF_OK;
}

/* A new node in its place in the tree; it takes the key that waits for it. */
static enum hf_err
add_node(struct reader *r, const yaml_event_t *ev, enum hf_yaml_kind kind,
         struct hf_yaml_node **ret_node)
{
    struct open_node *open = top(r);
    struct hf_yaml_node *node;
    const enum hf_err err = count_node(r, ev);

    if (err)
        return err;
    node = calloc(1, sizeof(*node));
    if (node == NULL)
        return refuse(r, ev, HF_ERR_NOMEM, "out of memory");
    node->kind = kind;
    node->line = (uint32_t)ev->start_mark.line + 1;
    node->column = (uint32_t)ev->start_mark.column + 1;
    node->key = r->key;
    node->key_line = r->key_line;
    node->key_column = r->key_column;
    r->key = NULL;
    r->key_line = 0;
    r->key_column = 0;
    if (open == NULL) {
        HF_ASSERT(r->root == NULL);
        r->root = node;
    } else {
        *open->tail = node;
        open->tail = &node->next;
        open->node->n_children++;
    }
    *ret_node = node;
    return HF_OK;
}

static enum hf_err
on_scalar(struct reader *r, const yaml_event_t *ev)
{
    const yaml_char_t *value = ev->data.scalar.value;
    const size_t n = ev->data.scalar.length;
    struct hf_yaml_node *node;
    enum hf_err err;
    char *text;

    /* An escape in double quotes can make what the file itself may not hold. */
    if (!hf_utf8_ok(value, n))
        return refuse(r, ev, HF_ERR_MALFORMED, "control character in text");
    text = malloc(n + 1);
    if (text == NULL)
        return refuse(r, ev, HF_ERR_NOMEM, "out of memory");
    memcpy(text, value, n);
    text[n] = '\0';

    if (is_key_next(r)) {
        r->key = text;
        r->key_line = (uint32_t)ev->start_mark.line + 1;
        r->key_column = (uint32_t)ev->start_mark.column + 1;
        return count_node(r, ev);
    }
    err = add_node(r, ev, HF_YAML_SCALAR, &node);
    if (err) {
        free_text(text, n);
        return err;
    }
    node->text = text;
    node->text_bytes = n;
    node->is_quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return HF_OK;
}

static enum hf_err
on_open(struct reader *r, const yaml_event_t *ev, enum hf_yaml_kind kind)
{
    struct hf_yaml_node *node;
    enum hf_err err;

    if (is_key_next(r))
        return refuse(r, ev, HF_ERR_MALFORMED, "a key must be a plain word");
    if (r->depth == HF_YAML_DEPTH_MAX)
        return refuse(r, ev, HF_ERR_LIMIT, "nested deeper than 32");
    err = add_node(r, ev, kind, &node);
    if (err)
        return err;
    r->open[r->depth].node = node;
    r->open[r->depth].tail = &node->first;
    r->depth++;
    return HF_OK;
}

static int
compare_keys(const void *a, const void *b)
{
    const struct hf_yaml_node *const *x = a;
    const struct hf_yaml_node *const *y = b;
    const int order = strcmp((*x)->key, (*y)->key);

    if (order != 0)
        return order;
    if ((*x)->key_line != (*y)->key_line)
        return (*x)->key_line < (*y)->key_line ? -1 : 1;
    return (*x)->key_column < (*y)->key_column ? -1 : 1;
}

/* Sorted, so that a hostile file of 10 000 keys costs no 10^8 comparisons. */
static enum hf_err
check_keys(struct reader *r, const struct hf_yaml_node *map)
{
    const struct hf_yaml_node **sorted;
    enum hf_err err = HF_OK;
    size_t n = 0;

    if (map->n_children < 2)
        return HF_OK;
    sorted = calloc(map->n_children, sizeof(const struct hf_yaml_node *));
    if (sorted == NULL) {
        explain(r->error, map->line, map->column, "out of memory");
        return HF_ERR_NOMEM;
    }
    for (const struct hf_yaml_node *c = map->first; c != NULL; c = c->next)
        sorted[n++] = c;
    HF_ASSERT(n == map->n_children);
    qsort(sorted, n, sizeof(const struct hf_yaml_node *), compare_keys);
    for (size_t i = 1; i < n && !err; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0)
            continue;
        explain(r->error, sorted[i]->key_line, sorted[i]->key_column,
                "this key was given already in line %u",
                sorted[i - 1]->key_line);
        err = HF_ERR_MALFORMED;
    }
    free(sorted);
    return err;
}

static enum hf_err
on_close(struct reader *r)
{
    const struct hf_yaml_node *node = top(r)->node;

    r->depth--;
    return node->kind == HF_YAML_MAP ? check_keys(r, node) : HF_OK;
}

/* Anchors, aliases and tags: features that make a small file large or a
 * string something else. Nothing that handoff reads needs them. */
static const char *
forbidden_feature(const yaml_event_t *ev)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;

    if (ev->type == YAML_ALIAS_EVENT)
        return "aliases (*name) are not allowed";
    if (ev->type == YAML_SCALAR_EVENT) {
        anchor = ev->data.scalar.anchor;
        tag = ev->data.scalar.tag;
    } else if (ev->type == YAML_SEQUENCE_START_EVENT) {
        anchor = ev->data.sequence_start.anchor;
        tag = ev->data.sequence_start.tag;
    } else if (ev->type == YAML_MAPPING_START_EVENT) {
        anchor = ev->data.mapping_start.anchor;
        tag = ev->data.mapping_start.tag;
    }
    if (anchor != NULL)
        return "anchors (&name) are not allowed";
    return tag != NULL ? "tags (!name) are not allowed" : NULL;
}

static enum hf_err
on_event(struct reader *r, const yaml_event_t *ev)
{
    const char *forbidden = forbidden_feature(ev);

    if (forbidden != NULL)
        return refuse(r, ev, HF_ERR_MALFORMED, forbidden);
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(r, ev);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(r, ev, HF_YAML_SEQ);
    case YAML_MAPPING_START_EVENT:
        return on_open(r, ev, HF_YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(r);
    case YAML_DOCUMENT_START_EVENT:
        if (r->root != NULL)
            return refuse(r, ev, HF_ERR_MALFORMED,
                          "a second document (---) is not allowed");
        return HF_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT: /* refused above */
        return HF_OK;
    }
    return HF_OK;
}

/* libyaml's problem texts are fixed phrases: they quote nothing. */
static enum hf_err
syntax_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const bool has_context = p->context != NULL && p->context[0] != '\0';

    if (p->error == YAML_MEMORY_ERROR) {
        explain(r->error, 0, 0, "out of memory");
        return HF_ERR_NOMEM;
    }
    explain(r->error, p->problem_mark.line + 1, p->problem_mark.column + 1,
            "%s%s%s", p->problem != NULL ? p->problem : "not YAML",
            has_context ? " " : "", has_context ? p->context : "");
    return HF_ERR_MALFORMED;
}

static enum hf_err
read_events(struct reader *r)
{
    bool is_end = false;
    enum hf_err err = HF_OK;

    while (!is_end && !err) {
        yaml_event_t ev;

        if (yaml_parser_parse(&r->parser, &ev) == 0)
            return syntax_error(r);
        is_end = ev.type == YAML_STREAM_END_EVENT;
        err = on_event(r, &ev);
        if (ev.type == YAML_SCALAR_EVENT)
            explicit_bzero(ev.data.scalar.value, ev.data.scalar.length);
        yaml_event_delete(&ev);
    }
    return err;
}

/* Where the first byte is that hf_utf8_ok would not have. */
static void
explain_encoding(struct hf_bytes text, struct hf_yaml_error *error)
{
    uint32_t line = 1;
    size_t begin = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\n')
            continue;
        if (!hf_utf8_ok(text.p + begin, i - begin))
            break;
        begin = i + 1;
        line++;
    }
    explain(error, line, 1, "not UTF-8, or a control character");
}

static enum hf_err
check_text(struct hf_bytes text, struct hf_yaml_error *error)
{
    if (text.n > HF_YAML_BYTES_MAX) {
        explain(error, 0, 0, "larger than 1 MiB");
        return HF_ERR_LIMIT;
    }
    if (!hf_utf8_ok(text.p, text.n)) {
        explain_encoding(text, error);
        return HF_ERR_MALFORMED;
    }
    return HF_OK;
}

/* A file of comments only is not an error here: what nothing means is for
 * the reader of the tree to say. */
static enum hf_err
nothing(struct reader *r)
{
    r->root = calloc(1, sizeof(*r->root));
    if (r->root != NULL)
        r->root->text = calloc(1, 1);
    if (r->root == NULL || r->root->text == NULL) {
        explain(r->error, 0, 0, "out of memory");
        return HF_ERR_NOMEM;
    }
    r->root->line = 1;
    r->root->column = 1;
    return HF_OK;
}

enum hf_err
hf_yaml_parse(struct hf_bytes text, struct hf_yaml_node **ret_root,
              struct hf_yaml_error *ret_error)
{
    struct reader r = {.error = ret_error};
    enum hf_err err;

    err = check_text(text, ret_error);
    if (err)
        return err;
    if (yaml_parser_initialize(&r.parser) == 0) {
        explain(ret_error, 0, 0, "out of memory");
        return HF_ERR_NOMEM;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &r.parser, text.n > 0 ? text.p : (const uint8_t *)"", text.n);
    err = read_events(&r);
    yaml_parser_delete(&r.parser);
    if (!err && r.root == NULL)
        err = nothing(&r);
    if (r.key != NULL)
        free_text(r.key, strlen(r.key));
    if (err) {
        hf_yaml_free(r.root);
        return err;
    }
    *ret_root = r.root; /* the caller's now */
    return HF_OK;
}

enum hf_err
hf_yaml_load(const char *path, struct hf_yaml_node **ret_root,
             struct hf_yaml_error *ret_error)
{
    struct hf_buf buf;
    enum hf_err err;

    hf_buf_init(&buf, HF_YAML_BYTES_MAX);
    err = hf_file_read(path, &buf);
    if (err == HF_ERR_FULL) {
        explain(ret_error, 0, 0, "larger than 1 MiB");
        err = HF_ERR_LIMIT;
    } else if (err) {
        explain(ret_error, 0, 0, "cannot be read: %s", hf_err_text(err));
    } else {
        err = hf_yaml_parse(hf_buf_bytes(&buf), ret_root, ret_error);
    }
    hf_buf_free(&buf);
    return err;
}

const struct hf_yaml_node *
hf_yaml_find(const struct hf_yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != HF_YAML_MAP)
        return NULL;
    for (const struct hf_yaml_node *c = map->first; c != NULL; c = c->next) {
        if (strcmp(c->key, key) == 0)
            return c;
    }
    return NULL;
}

bool
hf_yaml_is_null(const struct hf_yaml_node *node)
{
    if (node->kind != HF_YAML_SCALAR || node->is_quoted)
        return false;
    return node->text_bytes == 0 || strcmp(node->text, "~") == 0 ||
           strcmp(node->text, "null") == 0;
}
