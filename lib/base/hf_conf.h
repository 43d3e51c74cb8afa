/*
 * hf_conf.h - a daemon's configuration file, read by a table.
 *
 * One table per program says what may stand in the file; the parser,
 * --help-config, the sample in ops/conf/ and the tests all come from it. The
 * file is a flat YAML map of scalars and of lists of scalars. An unknown,
 * repeated, wrongly typed or out-of-range key is refused with "file:line:".
 */
#ifndef HF_CONF_H
#define HF_CONF_H

#include <stdio.h>

#include "hf_err.h"
#include "hf_types.h"

#define HF_CONF_KEYS_MAX    64
#define HF_CONF_ERROR_BYTES 512

enum hf_conf_type {
    HF_CONF_STRING,   /* text; min and max are its length in bytes */
    HF_CONF_U64,      /* 42 */
    HF_CONF_DURATION, /* 30s 5m 24h 14d; min and max in milliseconds */
    HF_CONF_SIZE,     /* 512B 64KiB 16MiB; min and max in bytes */
    HF_CONF_LIST,     /* of text; min and max are how many */
    HF_CONF_BOOL      /* true false; min and max are not looked at */
};

struct hf_conf_key {
    const char *name;
    enum hf_conf_type type;
    const char *fallback; /* as it would stand in the file; "" of a text or
                           * list: none; NULL: the key must be given. A
                           * list's is one item at most. */
    uint64_t min;
    uint64_t max;
    const char *help; /* one sentence */
};

struct hf_conf; /* opaque: the values of one file */

/**
 * hf_conf_load: read @path by the table @keys, which must outlive the result.
 *
 * @ret_conf  owned by the caller: hf_conf_free() it
 * @error     on failure "path:line: what", without a newline
 *
 * HF_ERR_MALFORMED, HF_ERR_LIMIT, HF_ERR_NOT_FOUND, HF_ERR_IO, HF_ERR_NOMEM
 */
HF_NODISCARD enum hf_err hf_conf_load(const char *path,
                                      const struct hf_conf_key *keys,
                                      size_t n_keys, struct hf_conf **ret_conf,
                                      char error[static HF_CONF_ERROR_BYTES]);

/** hf_conf_parse: the same from memory; @name stands for the path in errors. */
HF_NODISCARD enum hf_err hf_conf_parse(const char *name, struct hf_bytes text,
                                       const struct hf_conf_key *keys,
                                       size_t n_keys,
                                       struct hf_conf **ret_conf,
                                       char error[static HF_CONF_ERROR_BYTES]);

void hf_conf_free(struct hf_conf *conf); /* NULL is fine */

/* Values. Asking for a name or type that is not in the table is a bug. Texts
 * are borrowed until hf_conf_free(). */
const char *hf_conf_string(const struct hf_conf *conf, const char *name);
/** hf_conf_u64: of a U64, DURATION (milliseconds) or SIZE (bytes). */
uint64_t hf_conf_u64(const struct hf_conf *conf, const char *name);
bool hf_conf_bool(const struct hf_conf *conf, const char *name);
size_t hf_conf_n_items(const struct hf_conf *conf, const char *name);
const char *hf_conf_item(const struct hf_conf *conf, const char *name,
                         size_t i);

/** hf_conf_is_set: the file gives it; false when it is the fallback. */
bool hf_conf_is_set(const struct hf_conf *conf, const char *name);
/** hf_conf_line: where the file gives it, for errors found later; 0 if not. */
uint32_t hf_conf_line(const struct hf_conf *conf, const char *name);

/** hf_conf_help: --help-config: every key with its type, range and fallback,
 * as a sample file in which everything is commented out. */
void hf_conf_help(FILE *out, const struct hf_conf_key *keys, size_t n_keys);

#endif /* HF_CONF_H */
