/*
 * broker_writer.c - group commit.
 */
#include "broker_writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"

#define IDLE_MS   1000
#define BATCH_MAX 1024 /* jobs a commit */

struct writer {
    struct spool *spool;
    struct hf_queue *in;
    struct hf_queue *done;
    pthread_t thread;
    struct writer_job *batch[BATCH_MAX];
    size_t n_batch;
    struct writer_job *left_over; /* did not fit into the last batch */
    bool must_stop;
};

struct writer_job *
writer_job(enum writer_kind kind, size_t n)
{
    size_t each = kind == WRITER_PUT ? sizeof(struct broker_put)
                                     : sizeof(struct spool_delete);
    struct writer_job *job = malloc(sizeof(*job) + n * each);

    HF_ASSERT(n <= FRAME_BATCH_MAX);
    if (job == NULL)
        return NULL;
    *job = (struct writer_job){.kind = kind};
    if (kind == WRITER_PUT)
        job->puts = (struct broker_put *)(job + 1);
    if (kind == WRITER_DELETE)
        job->deletes = (struct spool_delete *)(job + 1);
    return job;
}

void
writer_free(struct writer_job *job)
{
    if (job == NULL)
        return;
    hf_frame_release(&job->frame);
    hf_buf_free(&job->buf);
    free(job);
}

static bool
add_to_spool(struct spool *s, const struct writer_job *job)
{
    switch (job->kind) {
    case WRITER_PUT:
        return spool_put(s, job->puts, job->n);
    case WRITER_DELETE:
        return spool_delete(s, job->deletes, job->n);
    case WRITER_DOC:
        return spool_shelf(s, &job->doc);
    case WRITER_COMPACT:
        return false; /* by itself */
    case WRITER_STOP:
        break;
    }
    return true;
}

/** Whatever is there now, as far as it fits into one commit. */
static void
gather(struct writer *w, struct writer_job *job)
{
    w->n_batch = 0;
    while (job != NULL) {
        if (w->n_batch == BATCH_MAX || !add_to_spool(w->spool, job)) {
            w->left_over = job;
            return;
        }
        w->must_stop |= job->kind == WRITER_STOP;
        w->batch[w->n_batch++] = job;
        job = hf_queue_pop(w->in);
    }
}

/** The deletes of a batch whose commit failed, until they are done. */
static void
commit_deletes(struct writer *w)
{
    enum hf_err err;

    do {
        for (size_t i = 0; i < w->n_batch; i++)
            if (w->batch[i]->kind == WRITER_DELETE)
                HF_ASSERT(add_to_spool(w->spool, w->batch[i]));
        err = spool_commit(w->spool, hf_clock_wall_ms());
        if (err) {
            hf_log(HF_LOG_ERROR, "delete_failed", "why=\"%s\"",
                   hf_err_text(err));
            (void)usleep(IDLE_MS * 1000u);
        }
    } while (err && !w->must_stop);
}

static void
commit(struct writer *w)
{
    enum hf_err err = spool_commit(w->spool, hf_clock_wall_ms());

    if (err) {
        hf_log(HF_LOG_WARN, "commit_failed", "why=\"%s\" jobs=%zu",
               hf_err_text(err), w->n_batch);
        commit_deletes(w);
    }
    for (size_t i = 0; i < w->n_batch; i++) {
        w->batch[i]->result = w->batch[i]->kind == WRITER_DELETE ? HF_OK : err;
        HF_ASSERT(hf_queue_push(w->done, w->batch[i]));
    }
    w->n_batch = 0;
}

/** What comes meanwhile waits for its commit; it is not refused before as much
 * waits as there is room for. */
static void
compact(struct writer *w, struct writer_job *job)
{
    job->result = spool_compact(w->spool);
    HF_ASSERT(hf_queue_push(w->done, job));
}

static void *
run(void *arg)
{
    struct writer *w = arg;

    while (!w->must_stop) {
        struct writer_job *job = w->left_over;

        w->left_over = NULL;
        if (job == NULL)
            job = hf_queue_wait(w->in, IDLE_MS);
        if (job == NULL) {
            while (spool_tidy(w->spool, hf_clock_wall_ms()) &&
                   (job = hf_queue_pop(w->in)) == NULL)
                continue;
            if (job == NULL)
                continue;
        }
        if (job->kind == WRITER_COMPACT) {
            compact(w, job);
            continue;
        }
        gather(w, job);
        commit(w);
    }
    return NULL;
}

enum hf_err
writer_start(struct spool *spool, size_t jobs_max, struct writer **ret_writer)
{
    struct writer *w = calloc(1, sizeof(*w));
    enum hf_err err = HF_ERR_NOMEM;

    if (w == NULL)
        return err;
    w->spool = spool;
    err = hf_queue_new(jobs_max, &w->in);
    if (!err) /* room for every job there can be, and the stop */
        err = hf_queue_new(jobs_max + BATCH_MAX + 2, &w->done);
    if (!err && pthread_create(&w->thread, NULL, run, w) != 0)
        err = HF_ERR_NOMEM;
    if (err) {
        hf_queue_free(&w->in);
        hf_queue_free(&w->done);
        free(w);
        return err;
    }
    *ret_writer = w; /* the caller's now */
    return HF_OK;
}

void
writer_stop(struct writer **writer)
{
    struct writer *w = *writer;
    struct writer_job *job;

    if (w == NULL)
        return;
    job = writer_job(WRITER_STOP, 0);
    HF_ASSERT(job != NULL);
    while (!hf_queue_push(w->in, job))
        (void)usleep(1000);
    (void)pthread_join(w->thread, NULL);
    while ((job = hf_queue_pop(w->done)) != NULL)
        writer_free(job);
    hf_queue_free(&w->in);
    hf_queue_free(&w->done);
    free(w);
    *writer = NULL;
}

bool
writer_give(struct writer *w, struct writer_job *job)
{
    return hf_queue_push(w->in, job);
}

struct writer_job *
writer_take(struct writer *w)
{
    return hf_queue_pop(w->done);
}

struct hf_queue *
writer_done_queue(struct writer *w)
{
    return w->done;
}
