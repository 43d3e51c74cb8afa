/*
 * hf_err.h - the one result type of handoff.
 *
 * Every function that can fail for more than one reason returns enum hf_err.
 * HF_OK is zero, so `if (err)` reads as "if it failed".
 */
#ifndef HF_ERR_H
#define HF_ERR_H

#define HF_NODISCARD __attribute__((warn_unused_result))

/* X(name, text): one line per code keeps the enum and its texts in step. */
#define HF_ERR_MAP(X)                                                          \
    X(HF_OK, "ok")                                                             \
    X(HF_ERR_NOMEM, "out of memory")                                           \
    X(HF_ERR_IO, "input/output failed")                                        \
    X(HF_ERR_LIMIT, "a documented limit was reached")                          \
    X(HF_ERR_MALFORMED, "bytes do not parse")                                  \
    X(HF_ERR_FORBIDDEN, "not permitted")                                       \
    X(HF_ERR_NOT_FOUND, "no such thing")                                       \
    X(HF_ERR_EXISTS, "exists already")                                         \
    X(HF_ERR_BUSY, "held by another process")                                  \
    X(HF_ERR_FULL, "no room left")                                             \
    X(HF_ERR_EXPIRED, "expired")                                               \
    X(HF_ERR_ROLLBACK, "older than what is held")                              \
    X(HF_ERR_SIGNATURE, "a signature does not verify")                         \
    X(HF_ERR_UNTRUSTED, "signed by nobody we trust")                           \
    X(HF_ERR_UNREACHABLE, "not reachable")                                     \
    X(HF_ERR_STALE, "too old for a first one: newer may be withheld")          \
    X(HF_ERR_SKIPPED, "a version in between is missing")                       \
    X(HF_ERR_JUMP, "a version too far ahead")                                  \
    X(HF_ERR_ENDLESS, "goes on and on: more parts than any may have")          \
    X(HF_ERR_REPEATED, "one key stands there twice")                           \
    X(HF_ERR_THRESHOLD, "a threshold of none, or of more than there are")      \
    X(HF_ERR_UNKNOWN, "names somebody who is not listed")                      \
    X(HF_ERR_POINT, "a public key of small order")                             \
    X(HF_ERR_SEAL, "the seal does not open")                                   \
    X(HF_ERR_COMMITMENT, "not what was committed to")                          \
    X(HF_ERR_CHUNKS, "chunks cut, swapped or of another body")                 \
    X(HF_ERR_READDRESSED, "made for somebody else")

enum hf_err {
#define X(name, text) name,
    HF_ERR_MAP(X)
#undef X
};

/** hf_err_text: a static English phrase for @err; never NULL, never freed. */
const char *hf_err_text(enum hf_err err);

#endif /* HF_ERR_H */
