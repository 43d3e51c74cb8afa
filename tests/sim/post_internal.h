/*
 * post_internal.h - the state that the files of a broker's shell share.
 */
#ifndef SIM_POST_INTERNAL_H
#define SIM_POST_INTERNAL_H

#include "broker.h"
#include "hf_assert.h"
#include "post.h"

#define POST_LINKS_MAX 128

/* One row of the store: a group of envelopes of one mailbox and lane. */
struct post_row {
    struct broker_who box;
    uint8_t lane;
    uint64_t seq;
    size_t n;
    struct hf_bytes envelope[BROKER_ROW_MAX];
    struct hf_id id[BROKER_ROW_MAX];
    uint64_t expires_ms[BROKER_ROW_MAX];
};

/* Something for the store to do. */
struct post_job {
    bool is_delete;
    uint64_t ticket;
    size_t n; /* save */
    struct broker_put put[FRAME_BATCH_MAX];
    struct broker_who box; /* delete */
    uint8_t lane;
    uint64_t seq;
    uint64_t keep;
};

/* An envelope that lies in @n mailboxes. */
struct post_id {
    struct hf_id id;
    unsigned n;
    struct post_id *next;
};
#define POST_ID_CHAINS 4096

struct post {
    unsigned index;
    struct hf_org org;
    bool is_up;
    uint64_t incarnation;
    uint64_t booted_ms;
    uint64_t wake_ms; /* when the next TICK is in the heap; 0: none */
    struct broker *core;
    struct broker_view view;
    struct broker_effects fx;
    struct post_row **held; /* sorted by box, lane, seq */
    size_t n_held, held_max;
    struct post_id *ids[POST_ID_CHAINS];
    uint64_t last_seq;
    struct post_job **job; /* the first n_group are in the commit that runs */
    size_t n_jobs, jobs_max, n_group;
    struct {
        uint64_t handle;
        unsigned party;
    } link[POST_LINKS_MAX];
};

/* post_store.c */
/** post_next_row: of the view that the core reads. */
bool post_next_row(void *ctx, const struct broker_who *box, unsigned lane,
                   uint64_t after, struct broker_row *ret);
void post_save(struct post *p, const struct post_job *j);
void post_delete(struct post *p, const struct post_job *j);
void post_free_row(struct post_row *r);
void post_free_ids(struct post *p);

/** post_add_job: at the end of the queue; to be filled by the caller. */
struct post_job *post_add_job(struct post *p, uint64_t ticket);
/** post_keep: a copy of @b, owned by the job or row it is put into. */
struct hf_bytes post_keep(struct hf_bytes b);
void post_free_job(struct post_job *j);

#endif /* SIM_POST_INTERNAL_H */
