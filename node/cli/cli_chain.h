/*
 * cli_chain.h - two exported chains from JSON, checked and judged offline.
 *
 * This is how a dispute is settled: whoever holds both chains, as `show
 * --trace --json` exports them, gets the same state. Numbers that occur twice
 * in one chain are a fork; what stands behind a missing number waits. No I/O.
 *
 *   { "kind": "referral", "disclose": "on_accept", "travel": true,
 *     "s": [ { "n": 1, "event": "send", "seen": 0, "entry": HEX, "sig": HEX },
 *            ... ], "r": [ ... ] }
 *
 * The chains are "s" and "r" of a referral, "h" and "n" of a transfer, "g" and
 * "a" of a withdrawal.
 */
#ifndef NODE_CLI_CHAIN_H
#define NODE_CLI_CHAIN_H

#include <jansson.h>

#include "chain.h"
#include "registry.h"

#define CLI_CHAIN_WHAT_BYTES 160

struct cli_chain_entry {
    uint32_t n;
    struct chain_item item;
    const char *why;       /* static text; "valid" when it counts */
    bool counts;
    struct entry entry;    /* when signed */
    struct hf_hash hash;   /* when signed */
};

struct cli_chain {
    enum object_kind kind;
    bool on_send;
    bool travel_none;
    size_t n[2];
    struct cli_chain_entry *entry[2]; /* owned; by number, branches of a fork
                                       * side by side */
    uint32_t fork[2];                 /* first number that occurs twice; 0 */
    enum state state;
};

/** What is wrong with a file of chains. */
struct cli_chain_error {
    char pointer[32]; /* "s.2": the third entry of s; "" for the whole */
    char what[CLI_CHAIN_WHAT_BYTES];
};

/**
 * cli_chain_read: the chains in @doc.
 *
 * @r    the registry whose keys must have signed every entry; NULL: what if,
 *       nothing is signed
 * @ret  zeroed by the caller; cli_chain_free() it in every case
 *
 * HF_ERR_MALFORMED, HF_ERR_LIMIT, HF_ERR_SIGNATURE, HF_ERR_NOMEM; *ret_error
 * says what and where.
 */
HF_NODISCARD enum hf_err cli_chain_read(const json_t *doc,
                                        const struct registry *r,
                                        struct cli_chain *ret,
                                        struct cli_chain_error *ret_error);
/** cli_chain_judge: state, and for every entry whether it counts and why.
 * HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err cli_chain_judge(struct cli_chain *chain);
/** cli_chain_json: {"state","forked","entries":[{"author","n","event","valid",
 * "why"}]}; NULL: no memory. */
json_t *cli_chain_json(const struct cli_chain *chain);
void cli_chain_free(struct cli_chain *chain);

/** cli_chain_key: "s" or "r", ...: what a chain of @kind is called. */
const char *cli_chain_key(enum object_kind kind, enum side side);

#endif /* NODE_CLI_CHAIN_H */
