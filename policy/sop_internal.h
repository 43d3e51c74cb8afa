/*
 * sop_internal.h - what the sop_*.c files share: a pack as it is kept, the
 * findings' helpers, the ranking of candidates. For them only.
 */
#ifndef POLICY_SOP_INTERNAL_H
#define POLICY_SOP_INTERNAL_H

#include "hf_yaml.h"
#include "sop_duty.h"

#define SOP_BYTES_MAX     (512u * 1024u)
#define SOP_NEEDS_MAX     128
#define SOP_SERVICES_MAX  128
#define SOP_RULES_MAX     256
#define SOP_WORDS_MAX     32 /* conditions of places, scenarios */
#define SOP_TITLE_BYTES   96
#define SOP_CLOCK_MAX_MS  (UINT64_C(366) * 86400000)
#define SOP_NO_SERVICE    UINT16_MAX

enum sop_level { LEVEL_INTERNATIONAL = 1, LEVEL_NATIONAL, LEVEL_LOCAL };

enum sop_clock { CLOCK_DELIVER, CLOCK_DECIDE, CLOCK_CONTACT, CLOCK_REPORT,
                 CLOCK_END };
extern const char *const sop_clock_word[CLOCK_END];

/** A rule's condition: every part that is given must hold. */
struct sop_when {
    uint32_t need[SOP_NEEDS_MAX / 32]; /* bit set by sop_need_index() */
    uint32_t groups;                   /* any of them; 0: not asked */
    bool has_age;
    uint16_t age_min, age_max; /* whole years, both included */
    enum sex sex;              /* SEX_NONE: not asked */
    uint32_t stages;           /* bit 1 << stage, any; 0: not asked */
    uint8_t n_countries;       /* of origin, any; 0: not asked */
    struct country country[SOP_PLACES_MAX];
    uint8_t n_provinces; /* of destination, any; 0: not asked */
    struct hf_name province[SOP_PLACES_MAX];
    uint8_t n_hosts; /* host countries, any; 0: not asked */
    struct country host[SOP_PLACES_MAX];
    uint8_t families;              /* bit 1 << family band; 0: not asked */
    uint32_t community, structural; /* conditions of the place, any */
    uint32_t scenarios;            /* of the pack, any; 0: not asked */
    uint8_t has_score, score_of;   /* enum score */
    uint8_t score_from, score_until; /* hundredths, until not included */
    uint64_t within_ms, after_ms;  /* since the incident; 0: not asked */
};

/** Criteria that rules share by name, and what a place is like. */
struct sop_scenario {
    struct hf_name id;
    struct sop_when when;
};
struct sop_place {
    struct hf_name province;
    uint32_t community, structural; /* bits of sop_pack.word */
};

enum sop_prefer { PREFER_WISHES, PREFER_FREE, PREFER_PLACE, PREFER_CONFIRMED,
                  PREFER_LANGUAGE, PREFER_STATED, PREFER_COST, PREFER_END };

struct sop_rule {
    struct hf_name id;
    char clause[SOP_CLAUSE_BYTES];
    struct sop_when when;
    uint32_t line;    /* of the file */
    uint16_t service; /* index, or SOP_NO_SERVICE */
    uint8_t n_fallbacks;
    uint16_t fallback[SOP_FALLBACKS_MAX];
    enum urgency urgency;
    uint64_t clock_ms[CLOCK_END]; /* 0: the default of the urgency */
    bool on_send, approval, expires;
    bool has_cost;
    uint32_t cost_max; /* of the returnee, minor units */
    bool has_approval_above;
    uint32_t approval_above; /* dearer ones need a supervisor */
    enum sop_payer payer;
    uint8_t budget;                /* number and one; 0: none */
    uint8_t calendar;              /* the rule's own; number and one, 0: none */
    int32_t least;                 /* free places; 0: they do not count */
    bool stated;                   /* free places must be stated */
    uint8_t prefer[PREFER_END];    /* the order of preferences */
    bool by_decision, by_incident; /* where clocks run from; else either */
    bool is_final;                 /* before rules of more local packs */
    bool hands_on; /* to a more general pack when nobody can serve */
};

struct sop_pack_service {
    struct sop_service def;
    uint64_t ceiling_ms; /* contact no later, from the incident; 0: none */
    bool has_first_contact;
    struct sop_first_contact first_contact;
};

struct sop_pack {
    struct hf_name name;
    uint32_t version;
    char title[SOP_TITLE_BYTES];
    enum sop_level level;
    uint64_t from_ms, until_ms; /* in force; until 0: no end */
    uint8_t n_origins, n_hosts; /* 0: any */
    struct country origin[SOP_PLACES_MAX], host[SOP_PLACES_MAX];
    struct hf_hash hash;
    size_t n_services, n_rules;
    struct sop_pack_service *service;
    struct sop_rule *rule;
    size_t n_words; /* of conditions of places */
    struct hf_name word[SOP_WORDS_MAX];
    size_t n_scenarios, n_places;
    struct sop_scenario *scenario;
    struct sop_place *place;
    struct sop_duties duties;
};

/** sop_place: what the pack says of @province; NULL when nothing. */
const struct sop_place *sop_place(const struct sop_pack *p,
                                  const struct hf_name *province);

/** sop_book_stand: of each name the version that stands at @now_ms: the newest
 * in force, else the newest that ever is; most local first. How many. */
struct sop_standing {
    const struct sop_pack *pack;
    struct sop_term term;
};
/** sop_term_holds: in force at @now_ms. */
bool sop_term_holds(const struct sop_term *t, uint64_t now_ms);
size_t sop_book_stand(const struct sop_book *b, uint64_t now_ms,
                      struct sop_standing ret[static SOP_PACKS_MAX]);
/** sop_pack_aside: why it does not speak for a person with these facts at
 * @now_ms; NULL when it does. */
const char *sop_pack_aside(const struct sop_standing *s, const struct facts *f,
                           uint64_t now_ms);

/** sop_need_index: place in the table, SOP_NEEDS_MAX when unknown. */
size_t sop_need_index(const char *need);

static inline bool
sop_when_needs(const struct sop_when *w, size_t i)
{
    return (w->need[i / 32] >> (i % 32) & 1) != 0;
}

/** sop_service_index: by code; SOP_NO_SERVICE when the pack has none such. */
uint16_t sop_service_index(const struct sop_pack *p, const char *code);

/** sop_find: add a finding. @at NULL: the file as a whole. @rule may be "". */
void sop_find(struct sop_findings *f, bool is_error,
              const struct hf_yaml_node *at, const char *rule, const char *fmt,
              ...) __attribute__((format(printf, 5, 6)));
bool sop_has_errors(const struct sop_findings *f);
#define SOP_ERROR   true
#define SOP_WARNING false

/** sop_node: the place of @path ("when.age") in a map, or as near as the file
 * has it. sop_child: the i-th child, or the node itself. */
const struct hf_yaml_node *sop_node(const struct hf_yaml_node *map,
                                    const char *path);
const struct hf_yaml_node *sop_child(const struct hf_yaml_node *list, size_t i);

/** sop_covers: whether @a matches whatever @b of the same pack matches, needs
 * aside. */
bool sop_covers(const struct sop_when *a, const struct sop_when *b);

/** sop_check: findings that need the whole pack; @root gives the places. */
void sop_check(const struct sop_pack *p, const struct hf_yaml_node *root,
               struct sop_findings *f);

/** sop_set_clocks: the instants of @d, whose urgency is set; @country: of the
 * chosen provider. */
void sop_set_clocks(const struct sop_pack *p, const struct sop_rule *r,
                    const struct sop_request *req, uint16_t service,
                    const char *country, struct sop_decision *d);

/** sop_rule_miss: why @r does not match; NULL when it does. */
const char *sop_rule_miss(const struct sop_pack *p, const struct sop_rule *r,
                          const struct sop_request *req, uint32_t age);

/** What candidates are held against. */
struct sop_ask {
    const struct sop_request *req;
    const struct sop_rule *rule;
    uint32_t age; /* UINT32_MAX: unknown */
    bool is_emergency;
};

struct sop_rank {
    struct sop_candidate c;
    bool is_wished; /* the organisation the request names */
    bool fits;
    uint8_t fallback; /* 0: the rule's service; else which fallback */
    uint32_t key[PREFER_END]; /* smaller is better, first counts first */
    uint32_t cost;
    char country[4]; /* of the provider */
};
struct sop_ranking {
    size_t n;
    struct sop_rank item[SOP_CANDIDATES_MAX];
};

/** sop_match: hold @s against @ask and put it in its place in @r. The ranking
 * is the same whatever the order of the calls. */
void sop_match(const struct sop_ask *ask, const struct service *s,
               uint8_t fallback, struct sop_ranking *r);

#endif /* POLICY_SOP_INTERNAL_H */
