/*
 * request.h - what a node or broker that wants to join shows the committee.
 *
 * Printed by `init`, read by `registry add`: short YAML that people can read
 * to each other over the telephone, keys in hex, and a signature by the
 * identity key under "handoff/1 request" over everything above it. It proves
 * that the sender has the key; that the sender is who the name says, people
 * find out by comparing fingerprints.
 * Who asks for another identity key and has the one before lets that one sign
 * for it (`previous-key`, `previous-signature`: registry_succeed()).
 *
 *   handoff-request: 1
 *   what: member
 *   id: clinic-kbl
 *   name: "Clinic Kabul"
 *   ...
 */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_yaml.h"
#include "registry.h"

#define REQUEST_LABEL     "handoff/1 request"
#define REQUEST_BYTES_MAX 8192

/** Of either: one operation key, and a succession whose time is made_ms, or
 * none. Of `org`: id, name, kind, country, level, identity, one operation key,
 * link, and the home brokers wished for (may be none: the committee names
 * them); or `via` and the identity alone, when another keeps its node. The
 * rest is the committee's to say; status comes as active. */
struct join_request {
    bool is_broker;
    struct registry_org org;       /* unless is_broker */
    struct registry_broker broker; /* if is_broker */
    uint64_t made_ms;
};

/**
 * request_print: append the text, signed with @signer, the identity key
 * (asserted).
 *
 * HF_ERR_MALFORMED  a field that request_parse would refuse
 * HF_ERR_NOMEM      the buffer refused
 */
HF_NODISCARD enum hf_err request_print(const struct join_request *r,
                                       const struct hf_secret *signer,
                                       struct hf_buf *out);

/**
 * request_parse: the text back, its signature verified.
 *
 * HF_ERR_MALFORMED, HF_ERR_SIGNATURE, HF_ERR_LIMIT, HF_ERR_NOMEM; *ret_error
 * then says what is wrong and in which line.
 */
HF_NODISCARD enum hf_err request_parse(struct hf_bytes text,
                                       struct join_request *ret,
                                       struct hf_yaml_error *ret_error);

#endif /* PROTO_REQUEST_H */
