/* Users, packs, and the state of the node. */
#include <stdlib.h>

#include "api_internal.h"

/* @next: where the next page begins; NULL: that was all. */
static enum api_verdict
say_page(struct api_call *c, json_t *list, const char *next)
{
    json_t *o = json_object();

    (void)json_object_set_new(o, "items", list);
    if (next != NULL)
        api_put_text(o, "next", next);
    return api_say(c, o);
}

/* ---- users ---- */

static json_t *
user_item(const struct api_call *c, const struct node_user *row)
{
    json_t *o = json_object();

    api_put_text(o, "name", row->name.s);
    (void)json_object_set_new(o, "roles", api_roles(row->roles));
    api_put_text(o, "language", row->language);
    api_put_bool(o, "disabled", row->is_disabled != 0);
    if (row->absent_ms > c->now_ms) {
        api_put_time(o, "absent_until", row->absent_ms);
        api_put_text(o, "stand_in", row->stand_in.s);
    }
    return o;
}

/* A cursor is the last name of a page. */
enum api_verdict
query_users(struct api_call *c)
{
    const char *cursor = api_arg(c, "cursor");
    struct hf_name name = {{0}}, last;
    struct node_user row;
    json_t *list;
    size_t limit;

    if (!api_arg_limit(c, &limit) ||
        (cursor != NULL && !hf_name_parse(cursor, &name) &&
         !api_bad_cursor(c)))
        return API_ANSWERED;
    list = json_array();
    for (last = name; user_next(c->env->view, &name, &row); last = name) {
        if (json_array_size(list) == limit)
            return say_page(c, list, last.s);
        (void)json_array_append_new(list, user_item(c, &row));
    }
    return say_page(c, list, NULL);
}

enum api_verdict
query_me(struct api_call *c)
{
    struct node_user row;
    json_t *o = json_object();

    api_put_text(o, "user", c->req->user.s);
    (void)json_object_set_new(o, "roles", api_roles(c->roles));
    if (user_get(c->env->view, &c->req->user, &row))
        api_put_text(o, "language", row.language);
    return api_say(c, o);
}

/* ---- packs ---- */

/* Whose it is, and whether it decides: of one that the committee dropped, and
 * of one of our own whose name it uses, only old decisions are left. */
static void
put_standing(const struct api_call *c, const struct sop_pack *p, json_t *o)
{
    const struct sop_term t = sop_book_term(c->env->sops, p);
    json_t *effective = json_object();
    const char *stands = "in_force";

    if (t.is_idle)
        stands = t.is_committee ? "withdrawn" : "superseded";
    else if (c->now_ms < t.from_ms)
        stands = "later";
    else if (t.until_ms != 0 && c->now_ms >= t.until_ms)
        stands = "over";
    else if (!sop_book_decides(c->env->sops, p, c->now_ms))
        stands = "older";
    api_put_text(o, "source", t.is_committee ? "committee" : "own");
    api_put_text(o, "stands", stands);
    api_put_time(effective, "from", t.from_ms);
    api_put_time(effective, "until", t.until_ms);
    (void)json_object_set_new(o, "effective", effective);
    api_put_u64(o, "rules", sop_pack_rules(p));
}

static json_t *
pack_item(const struct api_call *c, const struct sop_pack *p)
{
    json_t *o = json_object();

    api_put_text(o, "pack", sop_pack_name(p));
    api_put_u64(o, "version", sop_pack_version(p));
    api_put_text(o, "title", sop_pack_title(p));
    api_put_hex(o, "hash", sop_pack_hash(p)->b, HF_HASH_BYTES);
    put_standing(c, p, o);
    return o;
}

/* A cursor is how many packs the pages before it showed. */
enum api_verdict
query_policy(struct api_call *c)
{
    const size_t n = c->env->sops == NULL ? 0 : sop_book_count(c->env->sops);
    const char *cursor = api_arg(c, "cursor");
    char next[24];
    uint64_t from = 0;
    json_t *list;
    size_t limit, i;

    if (!api_arg_limit(c, &limit) ||
        (cursor != NULL && !hf_parse_u64(cursor, 1, n, &from) &&
         !api_bad_cursor(c)))
        return API_ANSWERED;
    list = json_array();
    for (i = (size_t)from; i < n && json_array_size(list) < limit; i++)
        (void)json_array_append_new(
            list, pack_item(c, sop_book_at(c->env->sops, i)));
    hf_say(next, sizeof(next), "%zu", i);
    return say_page(c, list, i < n ? next : NULL);
}

/* ---- state of the node ---- */

static json_t *
brokers_of(const struct api_status *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_brokers && i < API_BROKERS_MAX; i++) {
        json_t *o = json_object();

        api_put_text(o, "name", s->broker[i].name.s);
        api_put_bool(o, "up", s->broker[i].up);
        api_put_time(o, "last_contact", s->broker[i].last_contact_ms);
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *
ages_of(struct api_call *c, const struct api_status *s)
{
    json_t *o = json_object();

    api_put_u64(o, "registry_version", s->registry_version);
    api_put_time(o, "registry_expires", s->registry_expires_ms);
    api_put_bool(o, "registry_expired",
                 s->registry_expires_ms != 0 &&
                     s->registry_expires_ms < c->now_ms);
    api_put_time(o, "prekey_until", s->prekey_until_ms);
    api_put_time(o, "last_backup", s->backup_ms);
    api_put_u64(o, "packs",
                c->env->sops == NULL ? 0 : sop_book_count(c->env->sops));
    return o;
}

static json_t *
alarms_of(const struct api_status *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_alarms && i < API_ALARMS_MAX; i++) {
        json_t *o = json_object();

        api_put_text(o, "level", s->alarm[i].level);
        api_put_text(o, "what", s->alarm[i].what);
        api_put_text(o, "mend", s->alarm[i].mend);
        (void)json_array_append_new(list, o);
    }
    return list;
}

enum api_verdict
query_status(struct api_call *c)
{
    const struct api_status *s = c->status;
    json_t *o = json_object();
    json_t *queues = json_object(), *store = json_object();

    api_put_text(o, "org", c->env->config->org.s);
    api_put_text(o, "kind", org_kind_text(c->env->config->kind));
    api_put_time(o, "now", c->now_ms);
    (void)json_object_set_new(o, "brokers", brokers_of(s));
    api_put_u64(queues, "out", s->queue_out);
    api_put_u64(queues, "unsent", s->queue_unsent);
    api_put_u64(queues, "in", s->queue_in);
    api_put_u64(queues, "waiting_for_prekey", s->waiting_prekey);
    api_put_u64(queues, "waiting_for_member", s->waiting - s->waiting_prekey);
    (void)json_object_set_new(o, "queues", queues);
    (void)json_object_set_new(o, "ages", ages_of(c, s));
    api_put_u64(store, "used", s->map_used);
    api_put_u64(store, "max", s->map_max);
    (void)json_object_set_new(o, "store", store);
    api_put_u64(o, "clock_skew_ms", s->clock_skew_ms);
    api_put_text(o, "clock_doubt", s->clock == NULL ? "no" : s->clock);
    (void)json_object_set_new(o, "alarms", alarms_of(s));
    return api_say(c, o);
}

enum api_verdict
query_health(struct api_call *c)
{
    json_t *o = json_object();

    api_put_bool(o, "ok", true);
    return api_say(c, o);
}

enum api_verdict
query_ready(struct api_call *c)
{
    if (c->env->registry == NULL)
        return api_refuse(c, EX_UNAVAILABLE, "no_registry", NULL,
                          "give the node a registry set",
                          "this node has no registry yet");
    return query_health(c);
}
