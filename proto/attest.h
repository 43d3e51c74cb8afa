/*
 * attest.h - the attestation of a vital interest, as it travels with the
 * sections that go without consent, and which ones count.
 *
 * Fixed fields first, then JSON in the attester's words. Pure.
 */
#ifndef PROTO_ATTEST_H
#define PROTO_ATTEST_H

#include "hf_err.h"
#include "hf_types.h"
#include "vocab.h"

#define ATTEST_BYTES       15    /* before the JSON */
#define ATTEST_JSON_BYTES  16384u /* at most */

struct attest {
    enum ground ground;
    enum role role;      /* in which the attester attests */
    enum role approver;  /* supervisor, where there is no professional */
    uint64_t at_ms;
    uint32_t categories; /* what it lets go, CATEGORY_BIT set */
};

/**
 * attest_counts: a professional's does: for who cannot consent a mental-health
 * professional's only, for a life at risk a clinician's, too; and there, if
 * @by_managers, a case manager's with a supervisor's approval.
 */
bool attest_counts(const struct attest *a, bool by_managers);

void attest_pack(const struct attest *a, uint8_t out[static ATTEST_BYTES]);
/** attest_unpack: false when malformed; *ret_json borrows from @in. */
HF_NODISCARD bool attest_unpack(struct hf_bytes in, struct attest *ret,
                                struct hf_bytes *ret_json);

#endif /* PROTO_ATTEST_H */
