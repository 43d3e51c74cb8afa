/*
 * facts.h - what a rule may look at: fixed vocabularies, no names, no text.
 *
 * Made once from a case's sections when they are stored (node/api/facts.c);
 * rules, cards and figures read nothing else of a person.
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "hf_types.h"
#include "vocab.h"

#define FACTS_LANGUAGES_MAX 4
#define LANGUAGE_BYTES      12

/** The reintegration sustainability score and its three parts. */
enum score { SCORE_COMPOSITE, SCORE_ECONOMIC, SCORE_SOCIAL,
             SCORE_PSYCHOSOCIAL, SCORE_END };

struct facts {
    uint64_t birth_ms;       /* first instant of the birth date; 0: unknown;
                                before 1970: facts_birth_ms() clamps to 1 */
    uint16_t birth_year;     /* 0: unknown */
    enum sex sex;
    char origin[4];          /* ISO 3166-1 alpha-2 or XXA */
    char host[4];
    struct hf_name province; /* of destination; empty: unknown */
    char language[FACTS_LANGUAGES_MAX][LANGUAGE_BYTES];
    uint32_t groups;         /* GROUP_BIT set */
    enum stage stage;
    uint8_t family_band;     /* 1: one, 2: 2-4, 3: 5 and more; 0: unknown */
    uint64_t travel_ms;      /* departure; 0: none known */
    uint64_t plan_ms;        /* since when the plan holds; 0: none yet */
    uint8_t score[SCORE_END]; /* hundredths and one: 1 is 0.00; 0: unknown */
};

/** facts_age: whole years at @now_ms; UINT32_MAX when unknown. By the date
 * where birth_ms holds one; else by year only (a partly known date is common,
 * dates before 1970 are clamped), so that it may be one too high. */
uint32_t facts_age(const struct facts *f, uint64_t now_ms);

#endif /* POLICY_FACTS_H */
