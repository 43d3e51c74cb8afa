/*
 * sop_cases_raw.h - a case table as libcyaml reads it. For sop_cases*.c only.
 */
#ifndef POLICY_SOP_CASES_RAW_H
#define POLICY_SOP_CASES_RAW_H

#include "sop_raw.h"

struct raw_provider {
    char *org, *code, *assured;
    int accepting, sex;
    char *country;
    uint32_t *capacity;
    uint32_t cost, practitioners; /* bit 1 << sex */
    struct raw_age *age;
    struct raw_list provinces, languages;
};

struct raw_person {
    char *birth, *origin, *host, *province;
    struct raw_list languages;
    uint32_t groups, stages; /* one stage */
    int sex, family;
    char *score[SCORE_END];
};

struct raw_wishes {
    uint32_t practitioner; /* bit 1 << sex */
    char *interpreter, *near, *away;
};

enum raw_expect_word { EXPECT_TO, EXPECT_SERVICE, EXPECT_PACK, EXPECT_RULE,
                       EXPECT_BUDGET, EXPECT_WORDS };

struct raw_expect {
    int outcome, urgency, fallback, approval, disclose, expire, payer;
    char *word[EXPECT_WORDS];
    char *clock[CLOCK_END];
};

struct raw_case {
    char *name, *at, *need, *incident, *from, *to;
    int urgency;
    struct raw_person person;
    struct raw_wishes wishes;
    struct raw_list tried;
    struct raw_expect expect;
};

struct raw_table {
    char *table, *at;
    struct raw_list packs;
    struct raw_provider *services;
    uint32_t n_services;
    struct raw_case *cases;
    uint32_t n_cases;
};

extern const cyaml_schema_value_t sop_cases_schema;

#endif /* POLICY_SOP_CASES_RAW_H */
