#include "step.h"

#include <stdarg.h>

#include "hf_assert.h"
#include "hf_text.h"

void
step_fresh(struct step *s, void *out, size_t n)
{
    uint8_t *p = out;

    while (n > 0) {
        uint8_t count[4], *at = count;
        const struct hf_bytes spans[] = {{s->ev->seed, sizeof(s->ev->seed)},
                                         {count, sizeof(count)}};
        struct hf_hash h;
        const size_t part = n < HF_HASH_BYTES ? n : HF_HASH_BYTES;

        hf_put_u32(&at, s->n_fresh++);
        s->env->crypto->hash(s->env->crypto->ctx, "handoff/1 fresh", spans, 2,
                             &h);
        memcpy(p, h.b, part);
        p += part;
        n -= part;
    }
}

struct hf_id
step_fresh_id(struct step *s)
{
    struct hf_id id;

    step_fresh(s, id.b, HF_ID_BYTES);
    return id;
}

void *
step_alloc(struct step *s, size_t n)
{
    const size_t aligned = (n + 15) & ~(size_t)15;
    void *p = s->out->arena + s->out->used;

    HF_ASSERT(aligned <= NODE_ARENA_BYTES - s->out->used);
    s->out->used += aligned;
    memset(p, 0, aligned);
    return p;
}

struct hf_bytes
step_copy(struct step *s, struct hf_bytes in)
{
    uint8_t *p;

    if (in.n == 0)
        return (struct hf_bytes){NULL, 0};
    p = step_alloc(s, in.n);
    memcpy(p, in.p, in.n);
    return (struct hf_bytes){p, in.n};
}

struct content *
step_content(struct step *s, enum content_type type)
{
    size_t n = sizeof(struct content);
    struct content *c;

    if (type == CONTENT_PUSH)
        n = offsetof(struct content, u) + sizeof(struct content_push);
    else if (type == CONTENT_ASK)
        n = offsetof(struct content, u) + sizeof(struct content_ask);
    else if (type == CONTENT_CHUNK)
        n = offsetof(struct content, u) + sizeof(struct content_chunk);
    else if (type == CONTENT_SLIP)
        n = offsetof(struct content, u) + sizeof(struct content_slip);
    else if (type == CONTENT_FORK)
        n = offsetof(struct content, u) + sizeof(struct content_fork);
    else if (type == CONTENT_CLAIMS)
        n = offsetof(struct content, u) + sizeof(struct content_claims);
    else if (type == CONTENT_REVIEW_NOTICE || type == CONTENT_REVIEW_VERDICT)
        n = offsetof(struct content, u) + sizeof(struct content_signed);
    c = step_alloc(s, n);
    c->type = type;
    return c;
}

struct node_effect *
step_effect(struct step *s, enum node_effect_type type)
{
    struct node_effect *e;

    HF_ASSERT(s->out->n < NODE_EFFECTS_MAX);
    e = &s->out->item[s->out->n++];
    *e = (struct node_effect){.type = type};
    return e;
}

void
step_alarm(struct step *s, const char *event, enum object_kind kind,
           const struct hf_id *object, const struct hf_org *peer,
           enum reason reason)
{
    struct node_effect *e = step_effect(s, NODE_DO_ALARM);

    e->u.alarm.event = event;
    e->u.alarm.kind = kind;
    e->u.alarm.object = *object;
    e->u.alarm.peer = *peer;
    e->u.alarm.reason = reason;
}

struct node_reply *
step_reply(struct step *s)
{
    struct node_effect *e = step_effect(s, NODE_DO_REPLY);

    HF_ASSERT(s->cmd != NULL);
    e->u.reply.ticket = s->cmd->ticket;
    return &e->u.reply;
}

__attribute__((format(printf, 5, 0))) static void
fill_error(struct node_reply *r, int status, const char *code,
           const char *hint, const char *fmt, va_list ap)
{
    HF_ASSERT(status != 0);
    r->status = status;
    hf_say(r->code, sizeof(r->code), "%s", code);
    hf_say(r->hint, sizeof(r->hint), "%s", hint);
    hf_vsay(r->message, sizeof(r->message), fmt, ap);
}

void
step_refuse(struct step *s, int status, const char *code, const char *hint,
            const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill_error(step_reply(s), status, code, hint, fmt, ap);
    va_end(ap);
}

void
step_error(struct node_reply *r, int status, const char *code,
           const char *hint, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill_error(r, status, code, hint, fmt, ap);
    va_end(ap);
}

const struct hf_org *
step_me(const struct step *s)
{
    return &s->env->config->org;
}

const struct registry_org *
step_member(const struct step *s, const struct hf_org *org)
{
    const struct registry_org *o =
        s->env->registry == NULL ? NULL : registry_org(s->env->registry, org);

    return o != NULL && o->status == MEMBER_ACTIVE ? o : NULL;
}

enum role
step_role(const struct step *s)
{
    if (s->cmd == NULL)
        return ROLE_AUTOMATIC;
    for (enum role r = ROLE_CASE_MANAGER; r < ROLE_AUTOMATIC; r++)
        if (s->roles & ROLE_BIT(r))
            return r;
    return ROLE_ADMIN;
}

void
step_hash(const struct step *s, const char *label, const void *p, size_t n,
          struct hf_hash *ret)
{
    const struct hf_bytes in = {p, n};

    s->env->crypto->hash(s->env->crypto->ctx, label, &in, 1, ret);
}
