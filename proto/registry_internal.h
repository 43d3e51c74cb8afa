/*
 * registry_internal.h - the parts of a registry set; only for registry*.c.
 *
 * registry_set: which signed documents a set holds (spans, signatures).
 * registry_doc: bytes of one document to plain structs and back.
 * registry_trust: whether those have signed who must.
 * registry_check: the rules across the members of one orgs document.
 */
#ifndef PROTO_REGISTRY_INTERNAL_H
#define PROTO_REGISTRY_INTERNAL_H

#include "registry.h"
#include "registry_edit.h"

#define REGISTRY_SIGS_MAX (2 * REGISTRY_KEYS_MAX) /* a root has two crews */
#define REGISTRY_ROOT_MAX (REGISTRY_VERSION_MAX / REGISTRY_WINDOW)

/** One document as signed. Without bytes: not there. */
struct registry_signed {
    struct hf_bytes doc; /* borrowed */
    size_t n;
    struct registry_sig {
        uint8_t pk[HF_PK_BYTES];
        uint8_t sig[HF_SIG_BYTES];
    } sig[REGISTRY_SIGS_MAX]; /* by pk, ascending */
};

/** A set taken apart. Large: allocate it. */
struct registry_set {
    size_t n_roots; /* the newest is the last */
    struct registry_signed root[REGISTRY_ROOTS_MAX];
    struct registry_signed doc[REGISTRY_ROLES]; /* [REGISTRY_ROOT] unused */
};

struct registry_suspend {
    uint32_t version;
    uint64_t expires_ms;
    uint32_t orgs_version;
    size_t n;
    struct hf_org *org; /* owned; ascending */
};

struct registry_timestamp {
    uint32_t version;
    uint64_t expires_ms;
    uint64_t made_ms;
    uint32_t orgs_version;
    struct hf_hash orgs_hash;
    uint32_t suspend_version;
    struct hf_hash suspend_hash;
    uint32_t root_version; /* 0: an old one, which did not say */
    struct hf_hash root_hash;
};

/** registry_set_parse: form only; spans borrow from @in. */
HF_NODISCARD enum hf_err registry_set_parse(struct hf_bytes in,
                                            struct registry_set **ret);
HF_NODISCARD enum hf_err registry_set_encode(const struct registry_set *set,
                                             struct hf_buf *out);
const char *registry_set_label(enum registry_role role);
/** registry_set_count: how many of @keys have truly signed @s. */
size_t registry_set_count(const struct registry_signed *s,
                          enum registry_role role,
                          const struct registry_role_keys *keys);
/** registry_summary_attest: who but professionals may attest. */
bool registry_summary_attest(const struct registry *r, struct hf_buf *out);

/** registry_set_met: whether the threshold of @keys is. HF_ERR_UNTRUSTED, or
 * HF_ERR_SIGNATURE when a signature of one of them does not verify. */
HF_NODISCARD enum hf_err
registry_set_met(const struct registry_signed *s, enum registry_role role,
                 const struct registry_role_keys *keys);
/** registry_set_signed: the document of @role, the newest for the root; NULL
 * when there is none. */
struct registry_signed *registry_set_signed(struct registry_set *set,
                                            enum registry_role role);

/** registry_doc_*: HF_ERR_MALFORMED, HF_ERR_LIMIT, HF_ERR_NOMEM, for a root
 * also HF_ERR_THRESHOLD and HF_ERR_REPEATED; writers refuse what the reader
 * would refuse. */
HF_NODISCARD enum hf_err registry_doc_read_root(struct hf_bytes in,
                                                struct registry_root *ret);
HF_NODISCARD enum hf_err registry_doc_write_root(const struct registry_root *r,
                                                 struct hf_buf *out);
/** registry_doc_read_orgs: fills what `orgs` says of *r: version, expiry,
 * figures, brokers, members. r->orgs is then owned. */
HF_NODISCARD enum hf_err registry_doc_read_orgs(struct hf_bytes in,
                                                struct registry *r);
HF_NODISCARD enum hf_err registry_doc_write_orgs(const struct registry *r,
                                                 struct hf_buf *out);
HF_NODISCARD enum hf_err
registry_doc_read_suspend(struct hf_bytes in, struct registry_suspend *ret);
HF_NODISCARD enum hf_err
registry_doc_write_suspend(const struct registry_suspend *s,
                           struct hf_buf *out);
HF_NODISCARD enum hf_err
registry_doc_read_timestamp(struct hf_bytes in, struct registry_timestamp *ret);
HF_NODISCARD enum hf_err
registry_doc_write_timestamp(const struct registry_timestamp *t,
                             struct hf_buf *out);
void registry_doc_hash(struct hf_bytes doc, struct hf_hash *ret);

/** registry_summary_broker / _org / _ruling: append the lines of one.
 * registry_summary_succession: append who followed whom, and who says so. */
bool registry_summary_succession(const struct hf_org *id,
                                 const struct registry_succession *s,
                                 const uint8_t pk[static HF_PK_BYTES],
                                 struct hf_buf *out);
bool registry_summary_broker(const struct registry_broker *b,
                             struct hf_buf *out);
bool registry_summary_org(const struct registry *r,
                          const struct registry_org *o, struct hf_buf *out);
bool registry_summary_ruling(const struct registry_ruling *ruling,
                             struct hf_buf *out);

/** registry_check_member / _broker: the form of one. registry_check: names
 * that must be listed are (HF_ERR_UNKNOWN), nothing and no key stands there
 * twice (HF_ERR_MALFORMED). */
bool registry_check_member(const struct registry_org *o);
bool registry_check_broker(const struct registry_broker *b);
HF_NODISCARD enum hf_err registry_check(const struct registry *r);
/** registry_check_pack: the form of one. registry_packs_ok: of the list. */
bool registry_check_pack(const struct registry_pack *p);
bool registry_packs_ok(const struct registry *r);
/** registry_pack_order: as they are sorted, by name and version. */
int registry_pack_order(const struct registry_pack *a,
                        const struct registry_pack *b);
bool registry_summary_pack(const struct registry_pack *p, struct hf_buf *out);

/** registry_trust: all of @set is signed by the thresholds that it names, and
 * there is a way from the held root (@held.n = 0: none) to its newest. */
HF_NODISCARD enum hf_err registry_trust(const struct registry_set *set,
                                        struct hf_bytes held);

/** registry_make: a registry of the documents of @set, signatures not looked
 * at; all rules of form and between documents. */
HF_NODISCARD enum hf_err registry_make(struct registry_set *set,
                                       struct registry **ret);

/** registry_suspend_one: @id, a member or broker, as suspended; false when it
 * is not listed. What left stays so. */
bool registry_suspend_one(struct registry *r, const struct hf_org *id);
/** registry_index_links: once, when all members are there. HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err registry_index_links(struct registry *r);
/** registry_find_org: where @id is, or would be, among r->orgs. */
size_t registry_find_org(const struct registry *r, const struct hf_org *id,
                         bool *ret_found);

#endif /* PROTO_REGISTRY_INTERNAL_H */
