/*
 * brokerd_keep.c - what takes long, beside the daily work: making the spool's
 * file smaller, and copying it.
 *
 * Compacting is the writer's: nothing is committed meanwhile, and the core is
 * told when the commits come. A backup reads a snapshot on a thread of its
 * own, and hinders nobody. It is made as FOLDER.new and gets its name when it
 * is complete and on the disk, so that half of one is never taken for one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "brokerd_internal.h"
#include "hf_assert.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "hf_text.h"

#define LAST_FILE      "backup.last" /* when the last backup was made */
#define CONF_BYTES_MAX (256u * 1024u)

static const char *
part_path(char out[static PATH_MAX], const char *to, const char *name)
{
    const int n = snprintf(out, PATH_MAX, "%s.new%s", to, name);

    HF_ASSERT(n > 0 && n < PATH_MAX);
    return out;
}

/** What an interrupted backup left under this name. */
static void
remove_part(const char *to)
{
    static const char *const names[] = {"/spool/data.mdb", "/broker.yaml",
                                        "/broker.yaml.new", "/registry.set",
                                        "/registry.set.new"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(part_path(path, to, names[i]));
    (void)rmdir(part_path(path, to, "/spool"));
    (void)rmdir(part_path(path, to, ""));
}

static enum hf_err
copy_conf(const struct keep *k)
{
    char path[PATH_MAX];
    struct hf_buf text;
    enum hf_err err;

    hf_buf_init(&text, CONF_BYTES_MAX);
    err = hf_file_read(hf_path(path, sizeof(path), k->from, "broker.yaml"),
                       &text);
    if (!err)
        err = hf_file_write(part_path(path, k->to, "/broker.yaml"), text.p,
                            text.n, 0600);
    hf_buf_free(&text);
    return err;
}

static enum hf_err
make_backup(struct brokerd *d)
{
    struct keep *k = &d->keep;
    char path[PATH_MAX];
    struct stat st;
    enum hf_err err;

    remove_part(k->to);
    err = hf_mkdir(part_path(path, k->to, ""));
    if (!err)
        err = spool_backup(d->spool, part_path(path, k->to, "/spool"));
    if (!err && stat(part_path(path, k->to, "/spool/data.mdb"), &st) == 0)
        k->after = (uint64_t)st.st_size;
    if (!err)
        err = copy_conf(k);
    if (!err && k->registry.n > 0)
        err = hf_file_write(part_path(path, k->to, "/registry.set"),
                            k->registry.p, k->registry.n, 0644);
    if (!err && rename(part_path(path, k->to, ""), k->to) != 0)
        err = HF_ERR_IO;
    if (err)
        remove_part(k->to);
    return err ? err : hf_file_sync_dir(k->to);
}

static void *
run_backup(void *arg)
{
    struct brokerd *d = arg;

    d->keep.result = make_backup(d);
    HF_ASSERT(hf_queue_push(d->keep.done, d));
    return NULL;
}

static void
note_backup(struct brokerd *d)
{
    char path[PATH_MAX];
    char text[HF_TIME_TEXT_BYTES];

    d->backup_ms = hf_clock_wall_ms();
    (void)hf_time_format(d->backup_ms, text);
    if (hf_file_write(hf_path(path, sizeof(path), d->dir, LAST_FILE), text,
                      strlen(text), 0600) != HF_OK)
        hf_log(HF_LOG_WARN, "backup_not_noted", "file=%s", LAST_FILE);
}

void
brokerd_keep_done(struct brokerd *d, enum hf_err result)
{
    struct keep *k = &d->keep;

    k->is_running = false;
    k->result = result;
    k->took_ms = hf_clock_mono_ms() - k->began_ms;
    if (k->kind == KEEP_COMPACT)
        k->after = spool_file_bytes(d->spool, false);
    else if (!result)
        note_backup(d);
    hf_log(result ? HF_LOG_ERROR : HF_LOG_INFO,
           k->kind == KEEP_COMPACT ? "compacted" : "backed_up",
           "why=\"%s\" before=%llu after=%llu ms=%llu", hf_err_text(result),
           (unsigned long long)k->before, (unsigned long long)k->after,
           (unsigned long long)k->took_ms);
}

static void
end_thread(struct brokerd *d)
{
    if (!d->keep.has_thread)
        return;
    (void)pthread_join(d->keep.thread, NULL);
    d->keep.has_thread = false;
    hf_buf_free(&d->keep.registry);
}

static void
on_done(void *arg)
{
    struct brokerd *d = arg;

    while (hf_queue_pop(d->keep.done) != NULL) {
        end_thread(d);
        brokerd_keep_done(d, d->keep.result);
    }
}

enum hf_err
brokerd_keep_open(struct brokerd *d)
{
    char path[PATH_MAX];
    struct hf_buf text;
    enum hf_err err;

    hf_buf_init(&text, HF_TIME_TEXT_BYTES);
    if (hf_file_read(hf_path(path, sizeof(path), d->dir, LAST_FILE), &text) ==
            HF_OK &&
        hf_buf_add(&text, "", 1) &&
        !hf_time_parse((const char *)text.p, &d->backup_ms))
        d->backup_ms = 0;
    hf_buf_free(&text);
    err = hf_queue_new(1, &d->keep.done);
    return err ? err : hf_loop_add_queue(d->loop, d->keep.done, on_done, d);
}

void
brokerd_keep_close(struct brokerd *d)
{
    end_thread(d); /* a backup that began is finished */
    hf_queue_free(&d->keep.done);
}

static enum hf_err
start_compact(struct brokerd *d)
{
    struct writer_job *job = writer_job(WRITER_COMPACT, 0);

    if (job == NULL)
        return HF_ERR_NOMEM;
    if (writer_give(d->writer, job))
        return HF_OK;
    writer_free(job);
    return HF_ERR_BUSY;
}

static enum hf_err
start_backup(struct brokerd *d, const char *to)
{
    struct keep *k = &d->keep;
    struct stat st;

    if (strlen(to) + 32 > sizeof(k->to) || to[0] != '/')
        return HF_ERR_LIMIT;
    if (lstat(to, &st) == 0)
        return HF_ERR_EXISTS;
    (void)snprintf(k->to, sizeof(k->to), "%s", to);
    (void)snprintf(k->from, sizeof(k->from), "%s", d->dir);
    hf_buf_init(&k->registry, REGISTRY_BYTES_MAX);
    if (!hf_buf_add(&k->registry, d->registry_set.p, d->registry_set.n) ||
        pthread_create(&k->thread, NULL, run_backup, d) != 0) {
        hf_buf_free(&k->registry);
        return HF_ERR_NOMEM;
    }
    k->has_thread = true;
    return HF_OK;
}

enum hf_err
brokerd_keep_start(struct brokerd *d, enum keep_kind kind, const char *to)
{
    struct keep *k = &d->keep;
    uint64_t max;
    enum hf_err err;

    if (k->is_running)
        return HF_ERR_BUSY;
    spool_read_end(d->spool);
    spool_headroom(d->spool, &k->of, &max);
    k->kind = kind;
    k->before = spool_file_bytes(d->spool, false);
    k->after = 0;
    k->began_ms = hf_clock_mono_ms();
    k->is_running = true;
    err = kind == KEEP_COMPACT ? start_compact(d) : start_backup(d, to);
    if (err)
        *k = (struct keep){.done = k->done};
    return err;
}

/** So much of the new file is there. */
static uint64_t
done_bytes(const struct brokerd *d)
{
    char path[PATH_MAX];
    struct stat st;

    if (!d->keep.is_running)
        return d->keep.after;
    if (d->keep.kind == KEEP_COMPACT)
        return spool_file_bytes(d->spool, true);
    return stat(part_path(path, d->keep.to, "/spool/data.mdb"), &st) == 0
               ? (uint64_t)st.st_size
               : 0;
}

void
brokerd_keep_answer(const struct brokerd *d, struct hf_buf *out)
{
    static const char *const names[] = {"none", "compact", "backup"};
    const struct keep *k = &d->keep;

    (void)hf_buf_printf(
        out,
        "{\"ok\": %s, \"why\": \"%s\", \"job\": \"%s\", \"running\": %s, "
        "\"done\": %llu, \"of\": %llu, \"before\": %llu, \"after\": %llu, "
        "\"took_ms\": %llu}\n",
        !k->is_running && k->result ? "false" : "true",
        k->is_running ? "running" : hf_err_text(k->result), names[k->kind],
        k->is_running ? "true" : "false", (unsigned long long)done_bytes(d),
        (unsigned long long)k->of, (unsigned long long)k->before,
        (unsigned long long)k->after, (unsigned long long)k->took_ms);
}
