/*
 * cli_conn.h - the node of DIR, spoken to through DIR/run/api.sock.
 *
 * Every POST carries an Idempotency-Key of its own, so that one that got lost
 * on the way is repeated without a second effect.
 */
#ifndef NODE_CLI_CONN_H
#define NODE_CLI_CONN_H

#include <jansson.h>

#include "cli.h"
#include "hf_buf.h"

#define CLI_ANSWER_BYTES_MAX (32u * 1024u * 1024u)

/** What the node answered. */
struct cli_answer {
    json_t *json;      /* owned; an object, or NULL when there was no JSON */
    struct hf_buf raw; /* owned; the bytes */
    int status;        /* exit status that the node names; 0: fine */
};

/**
 * cli_conn_call: one request.
 *
 * @path  below /api/v1, with its query
 * @body  JSON to be sent, borrowed; NULL: none
 *
 * 0 with @ret->status whatever the node said; else the exit status after
 * having said why the node could not be asked. cli_answer_free() @ret in both
 * cases.
 */
int cli_conn_call(struct cli *c, const char *method, const char *path,
                  const json_t *body, struct cli_answer *ret);
/** cli_conn_bytes: the same with bytes of some @type; POST. */
int cli_conn_bytes(struct cli *c, const char *path, const char *type,
                   struct hf_bytes body, struct cli_answer *ret);
void cli_answer_free(struct cli_answer *a);

/** cli_conn_refused: say what the node did not like; the exit status. */
int cli_conn_refused(struct cli *c, const struct cli_answer *a);
/** cli_conn_problem: the same as {"code","message","hint"}, for lists. */
json_t *cli_conn_problem(const struct cli_answer *a);

/** cli_get / cli_post: call, and on any refusal say so: 0 with *ret_json
 * owned by the caller, or the exit status. */
int cli_get(struct cli *c, const char *path, json_t **ret_json);
int cli_post(struct cli *c, const char *path, const json_t *body,
             json_t **ret_json);

/** cli_get_list: all pages of @path, "limit" and "cursor" as on the command
 * line: {"items": [...], "next"?}. */
int cli_get_list(struct cli *c, const char *path, json_t **ret_json);

/** A path under construction: parts are escaped. */
struct cli_path {
    char text[2048];
    size_t n;
    bool has_query;
    bool is_too_long; /* then it names nothing */
};
void cli_path_begin(struct cli_path *p, const char *base);
/** cli_path_add: one more part after a slash. */
void cli_path_add(struct cli_path *p, const char *part);
/** cli_path_query: "?key=value"; NULL adds nothing. */
void cli_path_query(struct cli_path *p, const char *key, const char *value);

#endif /* NODE_CLI_CONN_H */
