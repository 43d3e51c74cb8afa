/*
 * broker_keys.h - a broker changes its keys, in two steps with the committee
 * between them.
 *
 * The new ones lie in keys/next-*.key until the registry that the broker holds
 * lists them. Then the identity and operation keys are put in place at once.
 * The link key waits: whoever was away while the registry changed knows the
 * old one only, and could not find the broker.
 */
#ifndef BROKER_KEYS_H
#define BROKER_KEYS_H

#include "broker_conf.h"
#include "hf_crypto.h"

/**
 * broker_keys_request: make the next operation and link keys, and identity if
 * @new_identity (the one in use signs for it); write DIR/rotate.yaml and
 * append its text to @request. Keys of a request that was not answered yet
 * are taken again.
 *
 * HF_ERR_NOT_FOUND  no broker in @dir
 * HF_ERR_FORBIDDEN  a key that cannot be used
 */
HF_NODISCARD enum hf_err
broker_keys_request(const char *dir, bool new_identity, struct hf_buf *request,
                    char error[static HF_CONF_ERROR_BYTES]);

struct broker_adopted {
    unsigned n;      /* keys put in place */
    bool is_link;    /* the link key is one of them: open the port anew */
    bool link_waits; /* there is a next one, and it stays aside */
    uint64_t link_until_ms; /* then the old one counts no longer */
};

/**
 * broker_keys_adopt: put the next keys in place, as far as @b, what the
 * registry in force says of this broker, lists them.
 *
 * @wrap       under which they lie sealed; NULL: in clear
 * @with_link  the link key too, although the old one still counts; without
 *             it, only when that time has passed
 *
 * HF_ERR_NOT_FOUND  there are no next keys
 * HF_ERR_BUSY       one is not listed yet; nothing is changed
 * HF_ERR_FORBIDDEN, HF_ERR_IO
 */
HF_NODISCARD enum hf_err broker_keys_adopt(const char *dir,
                                           const struct hf_secret *wrap,
                                           const struct registry_broker *b,
                                           bool with_link,
                                           struct broker_adopted *ret);

#endif /* BROKER_KEYS_H */
