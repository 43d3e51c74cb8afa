/*
 * view.h - what the core may read and write: tables of rows, and four pure
 * functions of keys that it never sees.
 *
 * The shell gives an open LMDB write transaction as a struct node_view; the
 * simulator a sorted map that drops what was not committed. Rows are sealed at
 * rest by the implementation, under the key that the lock names.
 */
#ifndef NODE_CORE_VIEW_H
#define NODE_CORE_VIEW_H

#include "hf_types.h"
#include "vocab.h"

/* One row a table: X(name, "lmdb name"). Keys are given in records.h. */
#define NODE_TABLE_MAP(X)                                                      \
    X(NODE_META, "meta") /* counters of this node */                           \
    X(NODE_USERS, "users")                                                     \
    X(NODE_CASES, "cases")                                                     \
    X(NODE_CASES_OF, "cases_of")         /* owner, case id: nothing */         \
    X(NODE_SECTIONS, "sections")         /* case id, category: JSON */         \
    X(NODE_MATCHES, "matches")           /* keyed hash of a number or person,  \
                                            case id (match.h) */               \
    X(NODE_PAIRS, "pairs")               /* case, case: one person or two */   \
    X(NODE_HOUSEHOLDS, "households")     /* household id, case id */           \
    X(NODE_FILES, "files")               /* struct node_file by id */          \
    X(NODE_FILES_OF, "files_of")         /* object id, file id */              \
    X(NODE_CHUNKS, "chunks")             /* file, kind, number: bytes, hash */ \
    X(NODE_CONSENTS, "consents")         /* struct consent by id */            \
    X(NODE_CONSENT_DOCS, "consent_docs") /* id, version: JSON as given */      \
    X(NODE_TOMBSTONES, "tombstones")     /* consent, scope: for good */        \
    X(NODE_SHREDDED, "shredded")         /* id of a case or object: when */    \
    X(NODE_JOURNAL, "journal")           /* the shell's: to be done again */   \
    X(NODE_OBJECTS, "objects")           /* struct node_object by id */        \
    X(NODE_BY_CASE, "by_case")           /* case or consent id, object id */   \
    X(NODE_BY_TIME, "by_time")           /* changed ms desc., object id */     \
    X(NODE_CHAINS, "chains")     /* object, side, n, branch: entry, sig */     \
    X(NODE_BODIES, "bodies")     /* object, side, n, part index: part */       \
    X(NODE_TRACE, "trace")       /* object, at ms, serial: receipts */         \
    X(NODE_DUE, "due")           /* due ms, object, what */                    \
    X(NODE_WAITING, "waiting")   /* peer, object: no prekey yet */             \
    X(NODE_OUTBOX, "outbox")     /* envelope id: struct node_out */            \
    X(NODE_SEALED, "sealed")     /* envelope id: bytes; the shell's */         \
    X(NODE_INBOX, "inbox")       /* envelope id: dedupe and receipt */         \
    X(NODE_PARKED, "parked")     /* the shell's: parked.h */                   \
    X(NODE_PARKED_USE, "parked_use") /* the shell's: ages, room */             \
    X(NODE_SERVICES, "services") /* code, org, uuid: struct service */         \
    X(NODE_SERVICE_DOCS, "service_docs") /* org: version, JSON */              \
    X(NODE_DECISIONS, "decisions")       /* struct node_decision by id */      \
    X(NODE_TRAILS, "trails")             /* decision: its inputs, trail.h */   \
    X(NODE_ALONG, "along")               /* decision: referral, along.h */     \
    X(NODE_CELLS, "cells")               /* own figures: struct figure_cell */ \
    X(NODE_FIGURES, "figures")           /* committee: org, cell */            \
    X(NODE_FORKS, "forks")               /* who saw it, author, object */      \
    X(NODE_TITLES, "titles")             /* case, epoch: a link, title.h */    \
    X(NODE_CLAIMS, "claims")             /* of custody: records_claims.c */    \
    X(NODE_REVIEWS, "reviews")           /* kind, referral ...: reviewer.h */  \
    X(NODE_ACCESS, "access")             /* who read or did what */            \
    X(NODE_VITAL, "vital")           /* referral: struct node_vital, words */  \
    X(NODE_RECONSENT, "reconsent")   /* case: what the next task rests on */   \
    X(NODE_TASKS, "tasks")           /* struct node_task by id */              \
    X(NODE_TASK_INDEX, "task_index") /* by due, case, owner ...; task.c */     \
    X(NODE_UNMET, "unmet")           /* case, need: struct node_unmet */       \
    X(NODE_SLIPS, "slips")           /* index of a code, or taken: slip.h */   \
    X(NODE_SAID, "said")             /* case, id: struct node_said */          \
    X(NODE_NOTICES, "notices")       /* task, rung: `notify:` is to be run */  \
    X(NODE_FOLLOW, "follow")         /* case: what its schedules count from */ \
    X(NODE_SCORES, "scores")         /* case, asked ms, part: survey, JSON */  \
    X(NODE_SHELF, "shelf")           /* the shell's: registry, prekeys */      \
    X(NODE_STREAMS, "streams")       /* the shell's: epoch and seq a peer */   \
    X(NODE_ANSWERS, "answers")       /* Idempotency-Key: stored answer */

enum node_table {
#define X(name, text) name,
    NODE_TABLE_MAP(X)
#undef X
        NODE_TABLES
};

/** Under which key a row is sealed: one key per (id, category), kept outside
 * the store, so that shredding it makes every copy unreadable. A case id for
 * what a holder keeps, an object id for what a receiver got. */
struct node_lock {
    struct hf_id id;
    enum category category; /* CATEGORY_NONE: the record as a whole */
};
/** What stands beside the sections and may go alone: of an object its peer's
 * words, of a case the documents of its consents. */
#define LOCK_BESIDE CATEGORY_END
#define LOCK_END  (CATEGORY_END + 1)

struct node_view {
    void *ctx;
    /** false: no such row, or its key was shredded. *ret is borrowed until
     * the next call of any function of the view. */
    bool (*get)(void *ctx, enum node_table t, struct hf_bytes key,
                struct hf_bytes *ret);
    /** @lock NULL: sealed under the node's own key. A write cannot fail from
     * the core's point of view: the shell drops the whole batch if it does. */
    void (*put)(void *ctx, enum node_table t, struct hf_bytes key,
                const struct node_lock *lock, struct hf_bytes value);
    void (*del)(void *ctx, enum node_table t, struct hf_bytes key);
    /** the first row with key >= @from (shredded rows are skipped); false at
     * the end of the table. Borrowed like get. */
    bool (*seek)(void *ctx, enum node_table t, struct hf_bytes from,
                 struct hf_bytes *ret_key, struct hf_bytes *ret_value);
    /** destroy the key of @lock (category NONE: every key of that id) when
     * the batch commits. */
    void (*shred)(void *ctx, const struct node_lock *lock);
};

/** Pure functions of keys that the shell holds. */
struct node_crypto {
    void *ctx;
    void (*hash)(void *ctx, const char *label, const struct hf_bytes *spans,
                 size_t n, struct hf_hash *ret);
    /** keyed with this node's index key: for indices over names, numbers */
    void (*index)(void *ctx, const char *label, const struct hf_bytes *spans,
                  size_t n, struct hf_hash *ret);
    /** slow, the same on every machine for @salt: who guesses a number pays
     * for each guess. False when there is no memory for it now. */
    bool (*slow)(void *ctx, const char *label, const struct hf_org *salt,
                 struct hf_bytes in, struct hf_hash *ret);
    /** this node's operation key */
    void (*sign)(void *ctx, const char *label, const struct hf_bytes *spans,
                 size_t n, uint8_t ret_sig[static 64]);
};

#endif /* NODE_CORE_VIEW_H */
