/*
 * step.h - what the modules of the core share during one step.
 *
 * A step lives on the stack of node_step(). Randomness is drawn from the
 * event's seed, so that equal events give equal steps. Internal to the core.
 */
#ifndef NODE_CORE_STEP_H
#define NODE_CORE_STEP_H

#include "node.h"

struct step {
    const struct node_env *env;
    const struct node_event *ev;
    const struct node_view *v;
    struct node_effects *out;
    uint64_t now;
    uint32_t n_fresh;               /* draws from the seed so far */
    const struct node_command *cmd; /* of NODE_EV_COMMAND, else NULL */
    uint32_t roles;                 /* of the user who commands */
    struct hf_id answers;           /* pushes made now answer this ask */
    enum reason refused;            /* our gate refused what this brought */
    bool again;                     /* a page is done, more is left */
    struct content *small;          /* the small push made last, and to whom: */
    struct hf_org small_to;         /* a receipt of its object goes with it */
};

/** step_fresh: @n bytes nobody can foresee, a function of seed and count. */
void step_fresh(struct step *s, void *out, size_t n);
struct hf_id step_fresh_id(struct step *s);

/** step_alloc: zeroed room in the effects' arena; asserts that it fits (the
 * shell ends a batch in time). step_copy: a borrowed span, kept there. */
void *step_alloc(struct step *s, size_t n);
struct hf_bytes step_copy(struct step *s, struct hf_bytes in);

/** step_content: a zeroed content of @type in the arena, with room for that
 * type only: the union is as large as its largest member. */
struct content *step_content(struct step *s, enum content_type type);

struct node_effect *step_effect(struct step *s, enum node_effect_type type);
/** step_alarm: @event is a static word from node/DESIGN.md's list. */
void step_alarm(struct step *s, const char *event, enum object_kind kind,
                const struct hf_id *object, const struct hf_org *peer,
                enum reason reason);

/** step_reply: the reply to this step's command, to be filled by the caller;
 * status 0. */
struct node_reply *step_reply(struct step *s);
/** step_refuse: reply with an error; @hint may be "". Changes nothing else. */
void step_refuse(struct step *s, int status, const char *code,
                 const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/** step_error: fill a reply with an error; its ticket is kept. */
void step_error(struct node_reply *r, int status, const char *code,
                const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/** step_me: this organisation. */
const struct hf_org *step_me(const struct step *s);
/** step_member: an active member with this id, or NULL. */
const struct registry_org *step_member(const struct step *s,
                                       const struct hf_org *org);
/** step_role: the role to write into an entry: the user's foremost one, or
 * ROLE_AUTOMATIC without a command. */
enum role step_role(const struct step *s);
void step_hash(const struct step *s, const char *label, const void *p,
               size_t n, struct hf_hash *ret);

#endif /* NODE_CORE_STEP_H */
