/*
 * sop_trail.h - what a decision was made of, so that it can be made again.
 *
 * The request, which packs were there, and the providers that were compared.
 * With the same packs the engine then gives the same bytes. It holds facts of
 * a person: its keeper seals it under the case's key.
 */
#ifndef POLICY_SOP_TRAIL_H
#define POLICY_SOP_TRAIL_H

#include "sop.h"

struct sop_trail {
    struct sop_request req;
    uint8_t n_packs;
    struct {
        struct hf_name name;
        uint32_t version;
        struct hf_hash hash;
        struct sop_term term; /* as it was then */
    } pack[SOP_PACKS_MAX];    /* that stood; the others had no say */
    uint8_t n_services;
    struct service service[SOP_CANDIDATES_MAX]; /* the last, may be cut off */
};

/** sop_trail_bytes: how much of @t is used; the rest need not be kept. */
size_t sop_trail_bytes(const struct sop_trail *t);

/** sop_trail_take: after sop_route() with the first three made @d. */
void sop_trail_take(const struct sop_book *book, const struct sop_request *req,
                    const struct sop_services *services,
                    const struct sop_decision *d, struct sop_trail *ret);

/**
 * sop_trail_replay: decide again.
 *
 * @book  must hold the packs of then, and may hold others
 *
 * HF_ERR_NOT_FOUND: a pack of then is missing, its name in *ret_pack;
 * HF_ERR_MALFORMED: no trail; HF_ERR_NOMEM.
 */
HF_NODISCARD enum hf_err sop_trail_replay(const struct sop_trail *t,
                                          const struct sop_book *book,
                                          struct sop_decision *ret,
                                          struct hf_name *ret_pack);

#endif /* POLICY_SOP_TRAIL_H */
