/*
 * broker_writer.h - the thread that owns the spool's writes.
 *
 * Jobs go in, and come back when the commit that held them is durable or has
 * failed. Everything that arrived while one commit ran goes into the next.
 * Deletes never fail: they are tried until they succeed.
 */
#ifndef BROKER_WRITER_H
#define BROKER_WRITER_H

#include "hf_net.h"
#include "hf_queue.h"
#include "spool.h"

enum writer_kind {
    WRITER_PUT,
    WRITER_DELETE,
    WRITER_DOC,
    WRITER_COMPACT, /* the spool; no commit while it lasts */
    WRITER_STOP
};

struct writer_job {
    enum writer_kind kind;
    uint64_t ticket;       /* of a delete: of the last one in it */
    enum hf_err result;    /* when it comes back */
    struct hf_frame frame; /* holds the envelopes of a PUT, or ... */
    struct hf_buf buf;     /* ... this does; or the bytes of a DOC */
    struct shelf_doc doc;
    size_t n;
    struct broker_put *puts;      /* of a PUT, of the same memory */
    struct spool_delete *deletes; /* of a DELETE */
};

struct writer;

/** writer_start: @spool is the thread's to write from now on.
 * @jobs_max  given and not yet taken back */
HF_NODISCARD enum hf_err writer_start(struct spool *spool, size_t jobs_max,
                                      struct writer **ret_writer);
/** writer_stop: everything handed in is committed first. */
void writer_stop(struct writer **writer);

/** writer_job: with room for @n puts or deletes; NULL without memory.
 * writer_free() releases it and what it holds. */
struct writer_job *writer_job(enum writer_kind kind, size_t n);
void writer_free(struct writer_job *job);

/** writer_give: the job is the writer's; false when it has jobs_max. */
bool writer_give(struct writer *w, struct writer_job *job);
/** writer_take: a job that is done, in the order they were given; NULL: none
 * now. writer_done_queue() says when. */
struct writer_job *writer_take(struct writer *w);
struct hf_queue *writer_done_queue(struct writer *w);

#endif /* BROKER_WRITER_H */
