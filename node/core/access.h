/*
 * access.h - who read what of a person, when, and why.
 *
 * A row for each reading of a sensitive category and each copy made for a
 * person: ids, categories and a reason in words, never what was read. A
 * reading is a command, so that its row is in a commit before the answer is
 * heard. Rows older than ACCESS_KEEP_MS go as new ones come.
 */
#ifndef NODE_CORE_ACCESS_H
#define NODE_CORE_ACCESS_H

#include "step.h"

#define ACCESS_WHY_BYTES 128
#define ACCESS_KEEP_MS   (3ull * 366 * 24 * 3600 * 1000)

enum access_what {
    ACCESS_SHOW = 1, /* on a screen */
    ACCESS_EXPORT    /* a copy for the person */
};

/** Where the reason comes from. */
enum access_reason {
    ACCESS_NO_REASON, /* none was given */
    ACCESS_GIVEN,     /* in the reader's words */
    ACCESS_OWN        /* the reader's own case or referral */
};

struct node_access {
    uint64_t at_ms;
    struct hf_name user;
    uint32_t roles;        /* the reader's, at that time */
    enum access_what what;
    enum object_kind kind; /* OBJECT_NONE: a case */
    struct hf_id id;
    uint32_t categories;   /* CATEGORY_BIT set of what was read */
    enum access_reason reason;
    char why[ACCESS_WHY_BYTES]; /* UTF-8; names nobody */
};

/** ask_access: record the command's access; the answer waits for it. */
void ask_access(struct step *s);

/** access_put: a row at a->at_ms; a few that are too old go. */
void access_put(const struct node_view *v, const struct node_access *a);
/** access_next: newest first; begin with *ms = UINT64_MAX, *serial = 0; false
 * at the end. */
bool access_next(const struct node_view *v, uint64_t *ms, uint32_t *serial,
                 struct node_access *ret);

#endif /* NODE_CORE_ACCESS_H */
