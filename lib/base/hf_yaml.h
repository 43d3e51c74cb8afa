/*
 * hf_yaml.h - one YAML document as a small tree of scalars, lists and maps.
 *
 * For files that people write: cases, consents, configuration. Unknown keys
 * are kept and every node knows its line, so that the reader of a file can say
 * what is wrong and where. Refused: anchors and aliases, tags, keys that are
 * not scalars, repeated keys, a second document, bad UTF-8, control
 * characters, and more than the ceilings below. Error texts never quote the
 * file, which may hold personal data; the tree is wiped when freed.
 */
#ifndef HF_YAML_H
#define HF_YAML_H

#include "hf_err.h"
#include "hf_types.h"

#define HF_YAML_BYTES_MAX  (1024 * 1024)
#define HF_YAML_NODES_MAX  20000 /* keys count */
#define HF_YAML_DEPTH_MAX  32
#define HF_YAML_WHAT_BYTES 160

enum hf_yaml_kind { HF_YAML_SCALAR, HF_YAML_SEQ, HF_YAML_MAP };

struct hf_yaml_node {
    enum hf_yaml_kind kind;
    bool is_quoted;   /* scalar: quoted or a block ("|", ">"), so not a
                       * number, a boolean or null whatever it looks like */
    uint32_t line;    /* from 1 */
    uint32_t column;  /* from 1 */
    char *text;       /* scalar: NUL-terminated UTF-8; else NULL */
    size_t text_bytes;
    char *key;           /* when in a map, else NULL */
    uint32_t key_line;   /* from 1 */
    uint32_t key_column; /* from 1 */
    size_t n_children;   /* list or map */
    struct hf_yaml_node *first; /* child, in the order of the file */
    struct hf_yaml_node *next;  /* sibling */
};

struct hf_yaml_error {
    uint32_t line;   /* from 1; 0 when about the file as a whole */
    uint32_t column; /* from 1 */
    char what[HF_YAML_WHAT_BYTES];
};

/**
 * hf_yaml_parse: the one document in @text. One that holds nothing is a plain
 * empty scalar.
 *
 * @ret_root   owned by the caller: hf_yaml_free() it
 * @ret_error  filled on every failure
 *
 * HF_ERR_MALFORMED, HF_ERR_LIMIT (a ceiling), HF_ERR_NOMEM
 */
HF_NODISCARD enum hf_err hf_yaml_parse(struct hf_bytes text,
                                       struct hf_yaml_node **ret_root,
                                       struct hf_yaml_error *ret_error);

/** hf_yaml_load: the same from a file; also HF_ERR_NOT_FOUND, HF_ERR_IO. */
HF_NODISCARD enum hf_err hf_yaml_load(const char *path,
                                      struct hf_yaml_node **ret_root,
                                      struct hf_yaml_error *ret_error);

void hf_yaml_free(struct hf_yaml_node *root); /* NULL is fine */

/** hf_yaml_find: the child of @map under @key; NULL if there is none or @map
 * is not a map. */
const struct hf_yaml_node *hf_yaml_find(const struct hf_yaml_node *map,
                                        const char *key);

/** hf_yaml_is_null: a plain scalar that is empty, "~" or "null". */
bool hf_yaml_is_null(const struct hf_yaml_node *node);

#endif /* HF_YAML_H */
