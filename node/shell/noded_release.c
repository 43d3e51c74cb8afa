/* After the commit: replies, envelopes, acknowledgements, documents, lines. */
#include <stdio.h>
#include <stdlib.h>

#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "noded_internal.h"
#include "peer_docs.h"
#include "restoring.h"

#define RETRY_MS 5000 /* after a failed commit */

static const struct hf_bytes no_body = {0};

static void
log_envelope(const struct work *w)
{
    char id[HF_HEX_BYTES(HF_ID_BYTES)];
    const char *event = "envelope_received";

    if (w->is_parked)
        event = "envelope_parked";
    else if (w->is_unopenable)
        event = "envelope_unopenable";
    else if (w->why[0] != '\0')
        event = "envelope_dropped";
    hf_log(w->why[0] == '\0' ? HF_LOG_INFO : HF_LOG_WARN, event,
           "envelope=%s from=%s why=%s taken_out=%u",
           hf_hex(w->envelope.b, HF_ID_BYTES, id), w->from.s,
           w->why[0] == '\0' ? "-" : w->why, (unsigned)w->n_taken_out);
}

/* A stored one may have found no room in the pool of those that wait for a
 * pack: it is still where it was. */
static void
note_awaiting(struct noded *n, const struct work *w)
{
    const uint8_t pool = w->is_stored ? w->parked.key[0] : PARKED_PACK;

    if (w->is_parked && w->awaits_pack &&
        (n->awaits_from == 0 || pool < n->awaits_from))
        n->awaits_from = pool;
}

static void
release_envelope(struct noded *n, struct work *w)
{
    if (!w->is_stored || !w->is_parked)
        log_envelope(w);
    note_awaiting(n, w);
    if (!w->is_stored)
        links_ack(n->links, w->link, w->session, w->token);
    work_free(w);
}

static void
log_custody(const struct work *w)
{
    char id[HF_HEX_BYTES(HF_ID_BYTES)];

    hf_log(w->code == CUSTODY_TAKEN ? HF_LOG_INFO : HF_LOG_WARN, "custody",
           "envelope=%s broker=%s code=%d",
           hf_hex(w->envelope.b, HF_ID_BYTES, id), w->broker.s, (int)w->code);
}

/* ---- requests that only the shell can do ---- */

/* Which exit status a refused document has. */
static int
status_of(enum hf_err err)
{
    switch ((int)err) {
    case HF_OK:
        return 0;
    case HF_ERR_FULL:
    case HF_ERR_NOMEM:
        return FAULT_NOT_NOW;
    case HF_ERR_IO:
        return FAULT_INTERNAL;
    case HF_ERR_ROLLBACK:
    case HF_ERR_UNTRUSTED:
    case HF_ERR_SIGNATURE:
    case HF_ERR_EXPIRED:
        return 1;
    default:
        return FAULT_DATA;
    }
}

static void
publish_registry(struct noded *n, struct work *w)
{
    enum hf_err err = noded_take_registry(n, w->shell.bytes);
    struct shelf_doc doc;
    char answer[64];
    int len;

    if (err == HF_ERR_EXISTS)
        err = HF_OK; /* held already; brokers may still lack it */
    if (err) {
        api_shell_reply(w->req, status_of(err), hf_err_text(err),
                        "sign a set with a higher version by enough of the "
                        "committee's keys",
                        no_body, true);
        return;
    }
    if (held_registry_doc(&n->held, &doc))
        links_publish(n->links, &doc);
    len = snprintf(answer, sizeof(answer), "{\"version\": %u}",
                   (unsigned)registry_latest(n->held.r));
    api_shell_reply(w->req, 0, "", "",
                    (struct hf_bytes){(const uint8_t *)answer, (size_t)len},
                    true);
}

static void
install_policy(struct noded *n, struct work *w)
{
    static const char answer[] = "{\"installed\": true}";
    char what[POLICIES_WHAT_BYTES];
    enum hf_err err =
        policies_install(&n->policies, n->held.r, w->shell.bytes, what);

    if (err)
        hf_log(HF_LOG_WARN, "policy_refused", "source=person why=%s",
               hf_err_text(err));
    else
        hf_log(HF_LOG_INFO, "policy_installed", "source=person packs=%zu",
               n->policies.n);
    if (!err)
        links_follow(n->links); /* brokers may lack it */
    if (err)
        api_shell_reply(w->req, status_of(err), what,
                        "try it with `handoff policy check FILE`", no_body,
                        true);
    else
        api_shell_reply(
            w->req, 0, "", "",
            (struct hf_bytes){(const uint8_t *)answer, sizeof(answer) - 1},
            true);
}

static void
answer_json(struct work *w, const char *json, int n)
{
    api_shell_reply(w->req, 0, "", "",
                    (struct hf_bytes){(const uint8_t *)json, (size_t)n}, true);
}

static void
begin_backup(struct noded *n, struct work *w)
{
    uint8_t key[HF_PK_BYTES];
    enum hf_err err = HF_OK;
    char answer[64];
    int len;

    if (w->shell.has_key)
        memcpy(key, w->shell.key, sizeof(key));
    else
        err = backups_own_key(n->dir, key);
    if (err) {
        api_shell_reply(
            w->req, FAULT_CONFIG, "there is no recovery key to seal it to",
            "give one: handoff backup F --recovery-key FILE", no_body, true);
        return;
    }
    err = backups_begin(&n->backups, key, n->clock.now_ms);
    if (err) {
        hf_log(HF_LOG_ERROR, "backup_failed", "why=%s", hf_err_text(err));
        api_shell_reply(w->req, status_of(err), hf_err_text(err),
                        "look at the node's disk and at the recovery key",
                        no_body, true);
        return;
    }
    len = snprintf(answer, sizeof(answer), "{\"made_ms\": %llu}",
                   (unsigned long long)n->backups.pending_ms);
    answer_json(w, answer, len);
}

static void
end_backup(struct noded *n, struct work *w)
{
    enum hf_err err = backups_done(&n->backups, w->shell.path);
    char answer[64];
    int len;

    if (err) {
        api_shell_reply(w->req, err == HF_ERR_NOT_FOUND ? 75 : status_of(err),
                        err == HF_ERR_NOT_FOUND
                            ? "a case was shredded meanwhile: this backup "
                              "would bring it back"
                            : hf_err_text(err),
                        "delete it, and run handoff backup again", no_body,
                        true);
        return;
    }
    hf_log(HF_LOG_INFO, "backup_made", "followed=%d", n->backups.n_behind == 0);
    len = snprintf(answer, sizeof(answer), "{\"followed\": %s}",
                   n->backups.n_behind == 0 ? "true" : "false");
    answer_json(w, answer, len);
}

/* Said by a person who looked at another clock. */
static void
confirm_clock(struct noded *n, struct work *w)
{
    char at[HF_TIME_TEXT_BYTES], answer[96];
    int len;

    if (n->clock.doubt == CLOCK_SURE) {
        api_shell_reply(w->req, 1, "the clock is not in doubt",
                        "handoff status shows what is", no_body, true);
        return;
    }
    clock_watch_confirm(&n->clock, hf_clock_wall_ms(), hf_clock_boot_ms());
    noded_note_doubt(n);
    n->recorded_ms = 0; /* noted within a minute, earlier or not */
    len = snprintf(answer, sizeof(answer), "{\"at\": \"%s\"}",
                   hf_time_format(n->clock.now_ms, at));
    answer_json(w, answer, len);
}

static void
do_shell(struct noded *n, struct work *w)
{
    switch (w->shell.op) {
    case API_REGISTRY_PUBLISH:
        publish_registry(n, w);
        break;
    case API_POLICY_INSTALL:
        install_policy(n, w);
        break;
    case API_BACKUP_BEGIN:
        begin_backup(n, w);
        break;
    case API_BACKUP_DONE:
        end_backup(n, w);
        break;
    case API_CLOCK_CONFIRM:
        confirm_clock(n, w);
        break;
    case API_REGISTRY_GET:
        if (n->held.r == NULL)
            api_shell_reply(w->req, FAULT_NOT_FOUND, "no registry yet",
                            "run `handoff registry publish FILE`", no_body,
                            true);
        else
            api_shell_reply(w->req, 0, "", "", hf_buf_bytes(&n->held.set),
                            false);
        break;
    }
    w->req = NULL;
}

static void
release_request(struct noded *n, struct work *w)
{
    static const struct node_reply lost = {
        .status = FAULT_INTERNAL,
        .code = "no_answer",
        .message = "the node gave no answer to this command",
        .hint = "report this as a bug"};

    if (w->api == WORK_API_SHELL)
        do_shell(n, w);
    else if (w->req != NULL)
        api_reply(w->req, &lost);
    w->req = NULL;
    work_free(w);
}

/* ---- effects ---- */

static void
reply(struct noded *n, const struct node_reply *r)
{
    for (struct work *w = n->batch.done.first; w != NULL; w = w->next) {
        if (w->type != WORK_API || w->api != WORK_API_COMMAND ||
            w->req == NULL || w->command.ticket != r->ticket)
            continue;
        api_reply(w->req, r);
        w->req = NULL;
        return;
    }
}

static void
log_alarm(const struct node_effect *fx)
{
    char id[HF_ID_TEXT_BYTES] = "-";

    if (!hf_id_is_zero(&fx->u.alarm.object))
        (void)hf_id_format(node_prefix(fx->u.alarm.kind), &fx->u.alarm.object,
                           id);
    if (fx->u.alarm.rung != NULL) {
        hf_log(HF_LOG_WARN, fx->u.alarm.event, "id=%s peer=%s what=%s rung=%s",
               id, fx->u.alarm.peer.s[0] != '\0' ? fx->u.alarm.peer.s : "-",
               fx->u.alarm.what, fx->u.alarm.rung);
        return;
    }
    hf_log(HF_LOG_INFO, fx->u.alarm.event, "id=%s peer=%s reason=%s", id,
           fx->u.alarm.peer.s[0] != '\0' ? fx->u.alarm.peer.s : "-",
           fx->u.alarm.reason != REASON_NONE ? reason_text(fx->u.alarm.reason)
                                             : "-");
}

static void
submit(struct noded *n)
{
    struct hf_bytes envelopes[NODE_EFFECTS_MAX];
    size_t n_sealed = 0;

    for (size_t i = 0; i < n->batch.n_envelopes; i++) {
        const struct batch_envelope *e = &n->batch.envelope[i];
        char id[HF_HEX_BYTES(HF_ID_BYTES)];

        hf_log(e->n > 0 ? HF_LOG_INFO : HF_LOG_WARN,
               e->n > 0 ? "envelope_sealed" : "envelope_unsealed",
               "envelope=%s to=%s lane=%u bytes=%zu",
               hf_hex(e->id.b, HF_ID_BYTES, id), e->to.s, (unsigned)e->lane,
               e->n);
        if (e->n > 0)
            envelopes[n_sealed++] =
                (struct hf_bytes){n->batch.sealed.p + e->at, e->n};
    }
    if (n_sealed > 0)
        links_submit(n->links, envelopes, n_sealed);
}

static void
publish_services(struct noded *n)
{
    struct shelf_doc doc;
    struct hf_buf buf;

    if (node_store_begin(n->store, false) != HF_OK)
        return; /* each connection brings them anyway */
    hf_buf_init(&buf, SHELF_SMALL_MAX + 1024);
    if (peer_docs_get(n->store, SHELF_SERVICES, &n->settings.node.org, &buf,
                      &doc))
        links_publish(n->links, &doc);
    hf_buf_free(&buf);
    node_store_abort(n->store);
}

void
noded_publish_prekey(struct noded *n)
{
    uint8_t bytes[PREKEY_BYTES];
    struct shelf_doc doc;

    prekeys_doc(n->prekeys, n->keys.operation, bytes, &doc);
    links_publish(n->links, &doc);
}

static void
release_effects(struct noded *n)
{
    const struct node_effects *fx = n->batch.effects;

    for (size_t i = 0; i < fx->n; i++) {
        switch (fx->item[i].type) {
        case NODE_DO_REPLY:
            reply(n, &fx->item[i].u.reply);
            break;
        case NODE_DO_ALARM:
            log_alarm(&fx->item[i]);
            if (fx->item[i].u.alarm.rung != NULL)
                n->has_notice = true;
            break;
        case NODE_DO_AGAIN:
            n->wants_tick = true;
            break;
        case NODE_DO_SEND:    /* all of them at once, below */
        case NODE_DO_FORGET:  /* done within the commit */
        case NODE_DO_PUBLISH: /* batch.publishes */
            break;
        }
    }
    submit(n);
    if (n->batch.publishes)
        publish_services(n);
}

static void
release_work(struct noded *n, struct work *w)
{
    switch (w->type) {
    case WORK_API:
        release_request(n, w);
        return;
    case WORK_ENVELOPE:
        release_envelope(n, w);
        return;
    case WORK_CUSTODY:
        log_custody(w);
        break;
    case WORK_DOC:
        if (w->why[0] != '\0')
            hf_log(HF_LOG_WARN, "document_refused", "owner=%s why=%s",
                   w->from.s, w->why);
        break;
    case WORK_TICK:
        n->has_tick = false;
        break;
    case WORK_NOTICE:
        notify_settled(&n->notify);
        break;
    case WORK_RESTORED:
        if (restoring_done(n->dir) != HF_OK)
            hf_log(HF_LOG_WARN, "restored", "why=%s",
                   "done, but DIR/restored cannot be removed");
        break;
    case WORK_START:
        break;
    }
    work_free(w);
}

void
noded_release(struct noded *n)
{
    backups_follow(&n->backups, n->clock.now_ms, false);
    if (n->failing && n->batch.done.n > 0) {
        hf_log(HF_LOG_INFO, "store_works", "after=%s", hf_err_text(n->failing));
        n->failing = HF_OK;
    }
    release_effects(n);
    for (struct work *w = work_pop(&n->batch.done); w != NULL;
         w = work_pop(&n->batch.done))
        release_work(n, w);
    batch_forget(&n->batch);
    links_flush(n->links);
}

/* ---- the commit failed ---- */

static void
refuse_request(struct work *w, enum hf_err why)
{
    struct node_reply r = {.status = FAULT_NOT_NOW, .code = "store_failed"};

    (void)snprintf(r.message, sizeof(r.message),
                   "nothing can be stored now: %s", hf_err_text(why));
    (void)snprintf(r.hint, sizeof(r.hint),
                   "make room on the node's disk, then try again");
    if (w->req != NULL && w->api == WORK_API_COMMAND)
        api_reply(w->req, &r);
    else if (w->req != NULL)
        api_shell_reply(w->req, r.status, r.message, r.hint, no_body, true);
    w->req = NULL;
}

void
noded_drop(struct noded *n, enum hf_err why)
{
    struct work *w = work_pop(&n->batch.done);

    HF_ASSERT(w != NULL);
    HF_ASSERT(n->batch.done.n == 0);
    hf_log(HF_LOG_ERROR, "store_failed", "work=%d why=%s", (int)w->type,
           hf_err_text(why));
    n->failing = why;
    n->tick_ms = hf_clock_mono_ms() + RETRY_MS;
    switch (w->type) {
    case WORK_API:
        refuse_request(w, why);
        break;
    case WORK_START:
        n->must_start = true;
        break;
    case WORK_RESTORED:
        work_push_front(&n->queue, w); /* nothing goes before it */
        return;
    case WORK_TICK:
        n->has_tick = false;
        n->wants_tick = true;
        break;
    case WORK_NOTICE:
        notify_settled(&n->notify); /* its slip says it again */
        break;
    case WORK_ENVELOPE:
        if (w->is_stored) {
            noded_unpark(n);
            break;
        }
        links_reset(n->links);
        break;
    case WORK_CUSTODY:
    case WORK_DOC:
        links_reset(n->links); /* so that it comes again */
        break;
    }
    work_free(w);
}
