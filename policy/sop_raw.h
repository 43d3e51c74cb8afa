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

struct raw_service {
    char *code, *family, *ceiling;
    uint32_t required, allowed, never;
    int sensitive;
};

struct raw_age {
    uint32_t *min, *max;
};

struct raw_when {
    struct raw_list needs, countries, provinces;
    uint32_t groups, stages;
    struct raw_age *age;
    int sex;
};

struct raw_clocks {
    char *word[CLOCK_END];
};

struct raw_cost {
    uint32_t max;
};

struct raw_rule {
    char *id, *source, *service, *fallback;
    struct raw_when when;
    int urgency, disclose, approval, expire;
    struct raw_clocks clocks;
    struct raw_cost *cost;
};

struct raw_follow_up {
    char *id, *after, *every, *until;
    int what;
};

struct raw_calendar {
    char *id, *time_zone, *from, *until;
    uint32_t days;
    struct raw_list holidays;
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
};

extern const cyaml_schema_value_t sop_raw_pack_schema;

/* Vocabularies that schemas share. "true" and "false" are words here because
 * libcyaml takes any other word for true. */
extern const cyaml_strval_t sop_raw_bool[2], sop_raw_sex[SEX_END - 1],
    sop_raw_urgency[URGENCY_END - 1], sop_raw_group[GROUP_END - 1],
    sop_raw_stage[STAGE_END - 1], sop_raw_disclose[2];
extern const cyaml_schema_value_t sop_raw_word;
#define RAW_TRUE       1
#define RAW_FALSE      2
#define RAW_ON_ACCEPT  1
#define RAW_ON_SEND    2
#define RAW_NONE       1
#define RAW_SUPERVISOR 2

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
