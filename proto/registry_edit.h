/*
 * registry_edit.h - the ceremony: make, edit, sign and assemble a registry.
 *
 * A working file is simply a registry set whose newest documents may lack
 * signatures. A document that meets its threshold counts as published: editing
 * it makes version + 1 with no signatures. One that does not is a draft:
 * editing it again keeps its version and drops the signatures it had. Signers
 * work on copies of the working file and their signatures are merged. Nothing
 * here opens files or asks for time: the CLI does.
 *
 * All functions: HF_ERR_MALFORMED when a rule of form is broken (nothing is
 * changed then), HF_ERR_NOMEM, and what they name.
 */
#ifndef PROTO_REGISTRY_EDIT_H
#define PROTO_REGISTRY_EDIT_H

#include "registry.h"

/** Who signs a role: @threshold of @n distinct keys. Order does not matter.
 * None and threshold 0: the role does not exist (suspend, timestamp only). */
struct registry_role_keys {
    uint32_t threshold;
    size_t n;
    uint8_t pk[REGISTRY_KEYS_MAX][HF_PK_BYTES];
};

struct registry_root {
    uint32_t version; /* set by registry_edit_root */
    uint64_t expires_ms;
    struct registry_role_keys role[REGISTRY_ROLES];
};

struct registry_edit; /* opaque: one working set */

/** registry_edit_open: from the bytes of a working file or of a published set;
 * n = 0: an empty one, to be given a root first. Owned by the caller. */
HF_NODISCARD enum hf_err registry_edit_open(struct hf_bytes set,
                                            struct registry_edit **ret);
void registry_edit_free(struct registry_edit *e); /* NULL is fine */

/** registry_edit_root: a first root, the next one, or the draft replaced. The
 * next one must be signed by the thresholds of both. HF_ERR_LIMIT. */
HF_NODISCARD enum hf_err registry_edit_root(struct registry_edit *e,
                                            const struct registry_root *root);
/** registry_edit_get_root: the newest root. HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err registry_edit_get_root(const struct registry_edit *e,
                                                struct registry_root *ret);

/* The orgs document. The first edit makes it (expiry: the root's; figures:
 * threshold 10, every 7 days). A new version takes over what `suspend` said
 * of the last one, so that nobody comes back unnoticed. */

/** registry_edit_put_org / _broker: add, or replace the one of that id. What
 * they name (homes, via) may be added later, but before signing.
 * HF_ERR_LIMIT. */
HF_NODISCARD enum hf_err registry_edit_put_org(struct registry_edit *e,
                                               const struct registry_org *o);
HF_NODISCARD enum hf_err
registry_edit_put_broker(struct registry_edit *e,
                         const struct registry_broker *b);
/** registry_edit_status: suspend, reinstate, or mark as left (`remove`: keys
 * stay listed, so that what it signed still verifies). HF_ERR_NOT_FOUND;
 * HF_ERR_FORBIDDEN for a broker that leaves: drop it. */
HF_NODISCARD enum hf_err registry_edit_status(struct registry_edit *e,
                                              const struct hf_org *id,
                                              enum member_status status);
/** registry_edit_drop: strike a member or broker out of the list altogether,
 * e.g. one that was added by mistake. HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err registry_edit_drop(struct registry_edit *e,
                                            const struct hf_org *id);
HF_NODISCARD enum hf_err registry_edit_figures(struct registry_edit *e,
                                               uint32_t threshold,
                                               uint64_t period_ms);

/** registry_edit_attest: whether, where no professional can be reached, a case
 * manager and a supervisor may attest a life at risk. */
HF_NODISCARD enum hf_err registry_edit_attest(struct registry_edit *e,
                                              bool may_managers);

/** registry_edit_rotate: the keys of a listed member, after a request of it.
 * registry_edit_rotate_broker: of a broker; its endpoint comes along.
 *
 * @fresh     its id, identity, op[0], link and succession; the rest is not
 *            looked at
 * @change    from_ms: the new keys count from now; overlap_ms: so long the old
 *            operation key counts beside them, link_overlap_ms: the old link
 *            key, for what is under way and until it has changed over;
 *            is_stolen: not at all, the old operation keys are revoked;
 *            is_vouched: another identity key that the one before did not sign
 *            for is taken, and said to be so in the list
 *
 * An operation key that is listed already stays as it is. When the list is
 * full the oldest goes, and what it signed verifies no longer.
 * HF_ERR_NOT_FOUND  no such member
 * HF_ERR_FORBIDDEN  the key was revoked; or the old ones were stolen, and one
 *                   of them stays; or the member has no node
 * HF_ERR_UNTRUSTED  another identity key, and nobody vouches
 * HF_ERR_EXISTS     these are the keys it has */
struct registry_change {
    uint64_t from_ms;
    uint64_t overlap_ms;
    uint64_t link_overlap_ms;
    bool is_stolen;
    bool is_vouched;
};
HF_NODISCARD enum hf_err
registry_edit_rotate(struct registry_edit *e, const struct registry_org *fresh,
                     const struct registry_change *change);
HF_NODISCARD enum hf_err
registry_edit_rotate_broker(struct registry_edit *e,
                            const struct registry_broker *fresh,
                            const struct registry_change *change);

/** registry_edit_rule: the custody with this tag has ended, the case has a
 * new holder. A ruling is for ever; a wrong one is mended by one on the epoch
 * that it began. HF_ERR_UNKNOWN: no such member. HF_ERR_EXISTS. HF_ERR_LIMIT.
 */
HF_NODISCARD enum hf_err registry_edit_rule(struct registry_edit *e,
                                            const struct registry_ruling *r);

/** registry_edit_family: the bit of family @word in registry_flow.families;
 * the word is added if need be. HF_ERR_LIMIT. */
HF_NODISCARD enum hf_err registry_edit_family(struct registry_edit *e,
                                              const struct hf_name *word,
                                              unsigned *ret_bit);

/** registry_edit_put_pack: list a version of an SOP, or give it other dates.
 * HF_ERR_EXISTS: that version is listed with another hash; a changed pack is a
 * higher version. HF_ERR_LIMIT. */
HF_NODISCARD enum hf_err registry_edit_put_pack(struct registry_edit *e,
                                                const struct registry_pack *p);
/** registry_edit_drop_pack: it decides nothing from now on, and what it decided
 * can no longer be checked by who has not got it. HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err registry_edit_drop_pack(struct registry_edit *e,
                                                 const struct hf_name *name,
                                                 uint32_t version);

/** registry_edit_suspend: name @id, a member or broker, in the suspend
 * document, which one key of that role may sign, without waiting for a new
 * orgs document.
 * HF_ERR_NOT_FOUND  no such member
 * HF_ERR_FORBIDDEN  orgs is a draft here: use registry_edit_status */
HF_NODISCARD enum hf_err registry_edit_suspend(struct registry_edit *e,
                                               const struct hf_org *id);

/** registry_edit_timestamp: vouch for the newest root, orgs and suspend, of
 * which the last two must be published. HF_ERR_FORBIDDEN. */
HF_NODISCARD enum hf_err registry_edit_timestamp(struct registry_edit *e,
                                                 uint64_t made_ms,
                                                 uint64_t expires_ms);

/** registry_edit_expiry: of orgs or suspend (root and timestamp have theirs
 * from their own functions). HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err registry_edit_expiry(struct registry_edit *e,
                                              enum registry_role role,
                                              uint64_t expires_ms);

/** registry_edit_sign: add a signature over the bytes of the newest document
 * of @role, after checking the whole set's form.
 * HF_ERR_NOT_FOUND  no such document
 * HF_ERR_UNTRUSTED  the key is none of that role's
 * HF_ERR_SIGNATURE  a succession in orgs was not signed by the key before
 * HF_ERR_EXISTS     it has signed already */
HF_NODISCARD enum hf_err registry_edit_sign(struct registry_edit *e,
                                            enum registry_role role,
                                            const struct hf_secret *secret);
/** registry_edit_merge: take over signatures that another copy of the same
 * working set has; @ret_taken counts them. */
HF_NODISCARD enum hf_err registry_edit_merge(struct registry_edit *e,
                                             struct hf_bytes other,
                                             size_t *ret_taken);

/** What a document still lacks. */
struct registry_tally {
    uint32_t version; /* 0: no such document, and nothing else counts */
    uint64_t expires_ms;
    size_t have; /* good signatures of the newest root's keys */
    size_t need;
    size_t old_have; /* root N + 1: those of root N */
    size_t old_need;
    bool is_complete;
};
HF_NODISCARD enum hf_err registry_edit_tally(struct registry_edit *e,
                                             enum registry_role role,
                                             struct registry_tally *ret);

/** registry_edit_hash: of the newest document of @role, as timestamps name it;
 * people compare it in words. HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err registry_edit_hash(struct registry_edit *e,
                                            enum registry_role role,
                                            struct hf_hash *ret);
/** registry_edit_show: append, in plain text, all that the newest document of
 * @role says, for whoever is about to sign it. HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err registry_edit_show(struct registry_edit *e,
                                            enum registry_role role,
                                            struct hf_buf *out);

/** registry_edit_changes: append what the newest document of @role changes
 * against @held, a set that is in force: each member, broker, ruling and key
 * in the words of registry_edit_show(), lines that go with `-`, that come with
 * `+`. Members stand as they are in force, suspensions included. Whatever
 * registry_edit_show() would show differently is among these lines.
 * HF_ERR_NOT_FOUND  no such document
 * HF_ERR_UNTRUSTED  the newest root of @held is not among the working set's
 * HF_ERR_ROLLBACK   @held has a newer one, or another of this version */
HF_NODISCARD enum hf_err registry_edit_changes(struct registry_edit *e,
                                               enum registry_role role,
                                               struct hf_bytes held,
                                               struct hf_buf *out);

/** registry_edit_preview: the registry it would be, signatures not looked at;
 * for showing. registry_free() it. */
HF_NODISCARD enum hf_err registry_edit_preview(struct registry_edit *e,
                                               struct registry **ret);
/** registry_edit_encode: append the working set's bytes to @out. */
HF_NODISCARD enum hf_err registry_edit_encode(struct registry_edit *e,
                                              struct hf_buf *out);

#endif /* PROTO_REGISTRY_EDIT_H */
