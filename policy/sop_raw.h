/*
 * sop_raw.h - a pack file as libcyaml reads it, before its words are
 * understood, and the one way to read such a file. For sop_*.c only.
 */
#ifndef POLICY_SOP_RAW_H
#define POLICY_SOP_RAW_H

#include <cyaml/cyaml.h>

#include "sop_internal.h"

struct raw_list {
    char **item;
    uint32_t n;
};

struct raw_first_contact {
    char *call_back, *every, *calendar;
    int by;
    uint32_t channels, needs, attempts;
};

struct raw_service {
    char *code, *family, *ceiling;
    uint32_t required, allowed, never;
    int sensitive;
    struct raw_first_contact *first_contact;
};

struct raw_age {
    uint32_t *min, *max;
};

struct raw_score {
    int of;
    char *from, *until;
};

struct raw_incident {
    char *within, *after;
};

struct raw_when {
    struct raw_list needs, countries, provinces, hosts, scenarios, community,
        structural;
    uint32_t groups, stages, families;
    struct raw_age *age;
    struct raw_score *score;
    struct raw_incident incident;
    int sex;
};

struct raw_clocks {
    char *word[CLOCK_END], *calendar;
    int run_from;
};

struct raw_cost {
    uint32_t *max, *approval_above;
    int payer;
    char *budget;
};

struct raw_capacity {
    uint32_t *least;
    int stated;
};

struct raw_prefer {
    int *item;
    uint32_t n;
};

struct raw_rule {
    char *id, *source, *service, *fallback;
    struct raw_list fallbacks;
    struct raw_when when;
    int urgency, disclose, approval, expire, final, otherwise;
    struct raw_clocks clocks;
    struct raw_cost *cost;
    struct raw_capacity capacity;
    struct raw_prefer prefer;
};

struct raw_follow_up {
    char *id, *after, *every, *until;
    int what, from;
    uint32_t groups, except;
};

struct raw_calendar {
    char *id, *time_zone, *offset, *from, *until;
    uint32_t days;
    struct raw_list holidays, countries;
};

struct raw_rung {
    int who, urgency;
    char *after, *every;
};

struct raw_scenario {
    char *id, *title;
    struct raw_when when;
};

struct raw_place {
    char *province;
    struct raw_list community, structural;
};

struct raw_threshold {
    char *id, *below, *above, *prompt;
    int of;
};

struct raw_access {
    int role;
    uint32_t reads;
};

struct raw_closure {
    int reason, exit_review, approval;
    uint32_t attempts;
    char *over;
};

struct raw_budget {
    char *id, *title, *currency;
    uint32_t per_person, total;
};

struct raw_consent {
    uint32_t methods, age;
    char *renew, *shelter;
};

struct raw_transfer {
    char *request, *query;
};

struct raw_document {
    char *what, *within, *keep;
};

struct raw_applies {
    struct raw_list origins, hosts;
};

struct raw_effective {
    char *from, *until;
};

struct raw_pack {
    char *pack, *title;
    uint32_t version;
    int level;
    struct raw_applies applies;
    struct raw_effective effective;
    struct raw_service *services;
    uint32_t n_services;
    struct raw_rule *rules;
    uint32_t n_rules;
    struct raw_follow_up *follow_up;
    uint32_t n_follow_up;
    struct raw_calendar *calendars;
    uint32_t n_calendars;
    char *calendar;
    struct raw_scenario *scenarios;
    uint32_t n_scenarios;
    struct raw_place *places;
    uint32_t n_places;
    struct raw_threshold *thresholds;
    uint32_t n_thresholds;
    struct raw_access *access;
    uint32_t n_access;
    struct raw_closure *closure;
    uint32_t n_closure;
    struct raw_budget *budgets;
    uint32_t n_budgets;
    struct raw_document *documents;
    uint32_t n_documents;
    struct raw_rung *ladder;
    uint32_t n_ladder;
    struct raw_first_contact *first_contact;
    struct raw_consent *consent;
    struct raw_transfer *transfer;
};

extern const cyaml_schema_value_t sop_raw_pack_schema;

/* Vocabularies that schemas share. "true" and "false" are words here because
 * libcyaml takes any other word for true. */
extern const cyaml_strval_t sop_raw_bool[2], sop_raw_sex[SEX_END - 1],
    sop_raw_urgency[URGENCY_END - 1], sop_raw_group[GROUP_END - 1],
    sop_raw_stage[STAGE_END - 1], sop_raw_disclose[2],
    sop_raw_payer[PAYER_END - 1];
extern const cyaml_schema_value_t sop_raw_word;
#define RAW_TRUE       1
#define RAW_FALSE      2
#define RAW_ON_ACCEPT  1
#define RAW_ON_SEND    2
#define RAW_NONE       1
#define RAW_SUPERVISOR 2
#define RAW_DECISION   1
#define RAW_INCIDENT   2
#define RAW_UNMET      1
#define RAW_GENERAL    2
#define RAW_ANY_SCORE  (SCORE_END + 1) /* others are one more than the score */

/* The schemas of what sop_duty.h is about (sop_schema_duty.c). */
extern const cyaml_schema_field_t sop_raw_first_contact[];
extern const cyaml_schema_value_t sop_raw_follow_up, sop_raw_calendar,
    sop_raw_threshold, sop_raw_access, sop_raw_closure, sop_raw_budget,
    sop_raw_document, sop_raw_rung;
extern const cyaml_schema_field_t sop_raw_consent[], sop_raw_transfer[];
extern const cyaml_strval_t sop_raw_category[CATEGORY_END - 1];
extern const cyaml_strval_t sop_raw_score_of[SCORE_END + 1];

/** Reading a file's values into the pack's, with a finding for each that does
 * not do (sop_load.c). The item of the file that is being read: */
struct sop_at {
    const struct hf_yaml_node *node;
    const char *rule; /* its id, or "" */
    struct sop_findings *f;
};
#define SOP_WRONG(at, path, ...)                                               \
    sop_find((at)->f, SOP_ERROR, sop_node((at)->node, path), (at)->rule,       \
             __VA_ARGS__)
void sop_read_name(const struct sop_at *at, const char *path, const char *text,
                   struct hf_name *ret);
/** At most @max_ms; 0 for NULL. */
uint64_t sop_read_duration(const struct sop_at *at, const char *path,
                           const char *text, uint64_t max_ms);
uint8_t sop_read_countries(const struct sop_at *at, const char *path,
                           const struct raw_list *list,
                           struct country ret[static SOP_PLACES_MAX]);
uint64_t sop_read_time(const struct sop_at *at, const char *path,
                       const char *text);
/** "0.33": hundredths, 0 to 100; @none for NULL. */
uint8_t sop_read_hundredths(const struct sop_at *at, const char *path,
                            const char *text, uint8_t none);
/** The number of the calendar, and one; 0 for NULL. */
uint8_t sop_read_calendar(const struct sop_at *at, const char *path,
                          const char *text, const struct sop_duties *d);
/** Calendars and budgets, which services and rules name; then the rest. */
enum hf_err sop_read_named(const struct hf_yaml_node *root,
                           const struct raw_pack *raw, struct sop_findings *f,
                           struct sop_duties *d);
enum hf_err sop_read_duties(const struct hf_yaml_node *root,
                            const struct raw_pack *raw, struct sop_findings *f,
                            struct sop_duties *d);
void sop_read_first_contact(const struct sop_at *at,
                            const struct raw_first_contact *raw,
                            const struct sop_duties *d,
                            struct sop_first_contact *ret);

/** A list of words, min 1 if given. */
#define RAW_LIST(key, flags, type, member, max)                                \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), type,        \
                               member.item, member.n, &sop_raw_word, 1, max)
#define RAW_TEXT(key, flags, type, member, max)                                \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type, member, 1, \
                           max)
#define RAW_ENUM(key, flags, type, member, words)                              \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), type, member, words,    \
                     sizeof(words) / sizeof((words)[0]))
#define RAW_FLAGS(key, flags, type, member, words)                             \
    CYAML_FIELD_FLAGS(key, CYAML_FLAG_STRICT | (flags), type, member, words,   \
                      sizeof(words) / sizeof((words)[0]))

/**
 * sop_raw_load: check the form of @yaml, then read it by @schema.
 *
 * @ret_root  where everything stands; hf_yaml_free() it, also on failure
 * @ret_raw   sop_raw_free() it with the same schema; NULL on failure
 *
 * HF_ERR_MALFORMED with a finding, HF_ERR_NOMEM
 */
HF_NODISCARD enum hf_err sop_raw_load(struct hf_bytes yaml,
                                      const cyaml_schema_value_t *schema,
                                      struct sop_findings *f,
                                      struct hf_yaml_node **ret_root,
                                      void **ret_raw);
void sop_raw_free(const cyaml_schema_value_t *schema, void *raw);

#endif /* POLICY_SOP_RAW_H */
