/*
 * reach.h - who may get what from this node, and what it takes of whom.
 *
 * Who is suspended or has left, or is suspended as we are, or may be while our
 * registry is stale, gets nothing and sends nothing, but for what a person is
 * owed whatever organisations do: recall, withdrawal, the answers to them, and
 * receipts. These pass small and alone: other entries that a chain needs to be
 * complete go without their bodies, which follow later (bare.h). Internal to
 * the core, but for what waits for whom.
 */
#ifndef NODE_CORE_REACH_H
#define NODE_CORE_REACH_H

#include "step.h"

/* Of entries and bodies in a push that has to pass so: sealed and padded it
 * stays below the brokers' 4 KiB. */
#define REACH_BYTES_MAX 2800u

enum reach {
    REACH_NONE,   /* in no registry */
    REACH_RIGHTS, /* recall, withdrawal, their answers, receipts */
    REACH_ALL
};

enum reach reach_of(const struct step *s, const struct hf_org *org);

/** reach_waits_for: why what @peer is owed cannot go now: "prekey" (their node
 * is off), "suspended", "left", "not_listed", "we_are_suspended",
 * "registry_stale". */
const char *reach_waits_for(const struct node_env *env,
                            const struct hf_org *peer);

/** reach_is_right: whether an entry with this event always passes. */
bool reach_is_right(enum event event);

/** reach_is_owed: rights and nothing beside them, or receipts. */
bool reach_is_owed(const struct content *c);
/** reach_takes: whether @c may come from @from: only what is owed, of whom we
 * could send no more to. A stale registry is the shell's to wait for. */
bool reach_takes(const struct step *s, const struct hf_org *from,
                 const struct content *c);

/** reach_may: whether the committee lets @from send objects of @kind, and @to
 * get them. @family: of the service; empty: any. */
bool reach_may(const struct step *s, const struct hf_org *from,
               const struct hf_org *to, enum object_kind kind,
               const struct hf_name *family);

#endif /* NODE_CORE_REACH_H */
