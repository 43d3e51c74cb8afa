/*
 * hf_allow.h - which link keys may connect: the ZAP handler.
 *
 * One per process, for every hf_port in it. Only CURVE is answered, with the
 * user that the table names for the client's key; NULL, PLAIN, GSSAPI and
 * unknown keys are refused. ZAP runs at the handshake only: who takes a key
 * away must also hf_port_drop() what is connected with it.
 */
#ifndef HF_ALLOW_H
#define HF_ALLOW_H

#include "hf_crypto.h"
#include "hf_port.h"

struct hf_allow_entry {
    uint8_t pk[HF_PK_BYTES];
    char user[HF_USER_BYTES];
};

/** hf_allow_start: with an empty table, which refuses everybody. */
HF_NODISCARD enum hf_err hf_allow_start(void);
void hf_allow_stop(void);

/** hf_allow_set: the new table (copied) rules every handshake that is decided
 * after this returns. HF_ERR_NOMEM leaves the old one. */
HF_NODISCARD enum hf_err hf_allow_set(const struct hf_allow_entry *entries,
                                      size_t n);

/** hf_allow_refused: handshakes refused since the start. */
uint64_t hf_allow_refused(void);

#endif /* HF_ALLOW_H */
