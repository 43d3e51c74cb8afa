/*
 * sop.h - standard operating procedures: packs, rules, and the one decision.
 *
 * A pack is YAML (LANGUAGE.md), loaded and checked once, then immutable. The
 * engine is pure, bounded and deterministic: no clock, no I/O, no allocation
 * while deciding; the same input gives the same decision. A book is
 * the packs in force, most local first.
 */
#ifndef POLICY_SOP_H
#define POLICY_SOP_H

#include "facts.h"
#include "hf_buf.h"
#include "service.h"

#define SOP_PACKS_MAX      16  /* that decide: of each name one version */
#define SOP_BOOK_MAX       128 /* in a book, with all their versions */
#define SOP_CANDIDATES_MAX 32
#define SOP_RULES_SEEN_MAX 64
#define SOP_WHY_BYTES      96
#define SOP_CLAUSE_BYTES   96
#define SOP_TRIED_MAX      8
#define SOP_FALLBACKS_MAX  4
/** What one decision may cost, whatever packs say: rules held against the
 * person, and walks over the service map. */
#define SOP_STEPS_MAX      (SOP_PACKS_MAX * 256)
#define SOP_WALKS_MAX      ((2 * SOP_PACKS_MAX + 1) * (1 + SOP_FALLBACKS_MAX))

struct sop_pack; /* opaque, immutable */
struct sop_book; /* opaque: up to SOP_BOOK_MAX packs of 16 names */

/** When a pack decides. */
struct sop_term {
    bool is_committee; /* whose it is; else the organisation's own */
    bool is_idle;      /* never: held to check and to replay old decisions */
    uint64_t from_ms;
    uint64_t until_ms; /* 0: no end */
};

/** A complaint about a pack: where and what, in a sentence. */
struct sop_finding {
    bool is_error; /* else a warning */
    unsigned line, column;
    char rule[48];
    char what[160];
    char pack[HF_NAME_BYTES]; /* sop_audit.h only */
};
struct sop_findings {
    size_t n; /* findings, also beyond the ones kept */
    struct sop_finding item[64];
};

/**
 * sop_pack_load: read and check one pack.
 *
 * @ret_findings  filled in every case
 * HF_ERR_MALFORMED when any finding is an error; no pack is made then
 */
HF_NODISCARD enum hf_err sop_pack_load(struct hf_bytes yaml,
                                       struct sop_findings *ret_findings,
                                       struct sop_pack **ret_pack);
void sop_pack_free(struct sop_pack *p);
const char *sop_pack_name(const struct sop_pack *p);
uint32_t sop_pack_version(const struct sop_pack *p);
const char *sop_pack_title(const struct sop_pack *p);
/** sop_pack_origin / sop_pack_host: the i-th country of origin, or host
 * country, that it is for; NULL at the end: none at all is any. */
const char *sop_pack_origin(const struct sop_pack *p, size_t i);
const char *sop_pack_host(const struct sop_pack *p, size_t i);
/** sop_pack_term: when it is in force, as its file says. */
struct sop_term sop_pack_term(const struct sop_pack *p);
/** sop_pack_rules: how many rules it has. */
size_t sop_pack_rules(const struct sop_pack *p);
/** BLAKE2b-256 of the file's bytes is given by the caller after loading (the
 * policy folder has no cryptography). */
void sop_pack_set_hash(struct sop_pack *p, const struct hf_hash *hash);
const struct hf_hash *sop_pack_hash(const struct sop_pack *p);

/** sop_book_new: takes nothing; packs stay the caller's and must outlive it. */
struct sop_book *sop_book_new(void);
/** sop_book_add: into its place, most local first, whatever the order of the
 * calls. Several versions of a pack may be held; the newest that is in force
 * decides. False when full, or of a name too many, or when that very pack is
 * in already (its hash counts, where it has one). */
HF_NODISCARD bool sop_book_add(struct sop_book *b, const struct sop_pack *p);
/** sop_book_set_term: of @p, which is in the book: @t, within what the file
 * says. Until then, and with a NULL @t, it is the file's. */
void sop_book_set_term(struct sop_book *b, const struct sop_pack *p,
                       const struct sop_term *t);
/** sop_book_term: as it is set. */
struct sop_term sop_book_term(const struct sop_book *b,
                              const struct sop_pack *p);
/** sop_book_decides: whether @p is the version of its name that is in force. */
bool sop_book_decides(const struct sop_book *b, const struct sop_pack *p,
                      uint64_t now_ms);
void sop_book_free(struct sop_book *b);
/** sop_book_find: the pack with this name and hash, or NULL. */
const struct sop_pack *sop_book_find(const struct sop_book *b,
                                     const struct hf_name *name,
                                     const struct hf_hash *hash);
size_t sop_book_count(const struct sop_book *b);
const struct sop_pack *sop_book_at(const struct sop_book *b, size_t i);

/** A service as a pack defines it: which data it takes. */
struct sop_service {
    struct hf_name code;
    struct hf_name family;
    uint32_t required, allowed, never; /* CATEGORY_BIT sets */
    bool sensitive;                    /* hidden in lists, merged in figures */
};
/** sop_service: by code; false when the pack has none such. */
HF_NODISCARD bool sop_service(const struct sop_pack *p,
                              const struct hf_name *code,
                              struct sop_service *ret);
/** sop_service_at: the i-th service; false at the end. */
HF_NODISCARD bool sop_service_at(const struct sop_pack *p, size_t i,
                                 struct sop_service *ret);
/** sop_rule_emergency: whether @rule of @p is one for emergencies, as it is
 * written and whatever urgency anybody states, and leads to @service. */
HF_NODISCARD bool sop_rule_emergency(const struct sop_pack *p,
                                     const struct hf_name *rule,
                                     const struct hf_name *service);
/** sop_need_known: whether @need is in policy/needs.yaml's closed list. */
bool sop_need_known(const char *need);
/** sop_need_at: the i-th need, NULL at the end. */
const char *sop_need_at(size_t i);
/** sop_need_text: what a need is, in words; "" when unknown. */
const char *sop_need_text(const char *need);
/** sop_need_sign: the i-th sign by which it is known; NULL at the end. */
const char *sop_need_sign(const char *need, size_t i);

struct sop_request {
    struct facts facts;
    struct hf_name need;
    enum urgency urgency;     /* URGENCY_NONE: what the rule says */
    uint64_t now_ms;
    uint64_t incident_ms;     /* 0: none */
    uint8_t wish_female, wish_male; /* practitioner */
    char interpreter[LANGUAGE_BYTES];
    struct hf_name near, away; /* places */
    struct hf_org from;       /* who refers: never a candidate */
    struct hf_org to;         /* wished or overriding organisation; or empty */
    uint8_t n_tried;          /* providers that said no before */
    struct hf_org tried[SOP_TRIED_MAX];
};

/** Candidates come one at a time from the caller's service map, which asks
 * for those of @code only, in any order; false at the end. */
struct sop_services {
    void *ctx;
    bool (*next)(void *ctx, const struct hf_name *code, bool is_first,
                 struct service *ret);
};

enum sop_outcome {
    SOP_CHOSEN = 1,  /* a provider was found */
    SOP_NO_RULE,     /* no rule matches this need and these facts */
    SOP_NO_PROVIDER  /* a rule does, but nobody can serve: unmet need */
};

/** Who pays, as the rule arranges it. */
enum sop_payer { PAYER_NONE, PAYER_RETURNEE, PAYER_PROVIDER, PAYER_PROGRAMME,
                 PAYER_SHARED, PAYER_END };
const char *sop_payer_text(enum sop_payer payer);

struct sop_candidate {
    struct hf_org org;
    uint8_t service_id[16];
    struct hf_name code;
    bool chosen;
    uint8_t passed; /* enum passed; NONE: it fits */
    uint8_t fit;    /* FIT_* set, of one that fits */
    char why[SOP_WHY_BYTES]; /* "chosen: Kabul, speaks prs" / "no place free" */
};

struct sop_decision {
    enum sop_outcome outcome;
    struct hf_name need;
    struct sop_service service;   /* its data need */
    struct hf_org to;
    uint8_t service_id[16];
    enum urgency urgency;
    bool on_send;                 /* disclose: on_send */
    bool approval;                /* another person must approve */
    bool expires;                 /* S may expire after decide_ms */
    bool is_fallback;             /* the rule's fallback service was taken */
    bool from_incident;           /* the clocks run from the incident */
    uint64_t decide_ms, contact_ms, report_ms, deliver_ms; /* due instants */
    struct hf_name calendar;      /* of the pack, that clocks keep */
    enum sop_payer payer;
    uint32_t cost_minor;          /* of the chosen service, for the returnee */
    struct hf_name budget;        /* of the pack, that pays; empty: none */
    struct hf_name pack;
    uint32_t pack_version;
    struct hf_hash pack_hash;
    struct hf_name rule;
    char clause[SOP_CLAUSE_BYTES]; /* its source, as the pack says */
    uint8_t n_candidates;
    struct sop_candidate candidate[SOP_CANDIDATES_MAX];
    uint8_t n_rules;              /* rules of the packs that were looked at */
    struct {
        struct hf_name pack, rule;
        bool matched;
        char why[SOP_WHY_BYTES];
    } rule_seen[SOP_RULES_SEEN_MAX];
};

/** sop_route: the decision. Cannot fail; *ret is fully set. */
void sop_route(const struct sop_book *book, const struct sop_request *req,
               const struct sop_services *services,
               struct sop_decision *ret);

/** sop_override: another of @d's candidates than the one chosen; false, and
 * nothing changed, when @org is none. */
HF_NODISCARD bool sop_override(struct sop_decision *d,
                               const struct hf_org *org);

/** sop_explain: the decision and the chain of its reasons, in words for a case
 * manager, lines of at most 80 columns. Check @out->failed. */
void sop_explain(const struct sop_decision *d, struct hf_buf *out);

/** sop_default_clocks: node/DESIGN.md's for @urgency, from @from_ms. */
void sop_default_clocks(enum urgency urgency, uint64_t from_ms,
                        uint64_t *ret_decide, uint64_t *ret_contact,
                        uint64_t *ret_report);

#endif /* POLICY_SOP_H */
