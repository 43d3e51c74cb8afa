/*
 * service.h - a provider's published service, flattened for matching.
 *
 * The published document is JSON in the shape of Open Referral HSDS 3; this is
 * what routing reads of it. Fixed size, no pointers: it is a store row.
 */
#ifndef POLICY_SERVICE_H
#define POLICY_SERVICE_H

#include "facts.h"

#define SERVICE_TITLE_BYTES   96
#define SERVICE_NEEDS_MAX     8
#define SERVICE_PROVINCES_MAX 8
#define SERVICE_LANGUAGES_MAX 8

/** What makes a service reachable; bits of service.access. */
#define SERVICE_ACCESS_MAP(X)                                                  \
    X(ACCESS_WHEELCHAIR, 1, "wheelchair")                                      \
    X(ACCESS_SIGN_LANGUAGE, 2, "sign_language")                                \
    X(ACCESS_EASY_LANGUAGE, 4, "easy_language")                                \
    X(ACCESS_HOME_VISIT, 8, "home_visit")                                      \
    X(ACCESS_REMOTE, 16, "remote")                                             \
    X(ACCESS_CHILD_CARE, 32, "child_care")                                     \
    X(ACCESS_TRANSPORT, 64, "transport")
#define X(name, bit, text) name = (bit),
enum service_access { SERVICE_ACCESS_MAP(X) };
#undef X
/** service_access_bit: of a word; 0 when it is none. */
uint8_t service_access_bit(const char *word);

/** After this a service that nobody confirmed sinks in the order. */
#define SERVICE_STALE_MS (UINT64_C(180) * 86400000)

struct service {
    struct hf_org org;
    char country[4];             /* of @org, by the registry: who asks the
                                    engine fills it in; empty: not known */
    uint8_t id[16];              /* UUID */
    char title[SERVICE_TITLE_BYTES];
    struct hf_name code;         /* the SOP's service code it offers */
    uint64_t assured_ms;         /* last confirmed */
    bool accepting;
    int32_t capacity;            /* free places; -1: not said */
    int32_t capacity_max;        /* of so many; -1 or 0: not said */
    struct hf_name unit;         /* beds, patients ...; empty: not said */
    uint8_t access;              /* enum service_access bits */
    bool confidential;           /* its address is not published */
    uint32_t cost_minor;         /* price for the returnee, minor units */
    uint16_t age_min, age_max;   /* 0, 0: no limit */
    enum sex only_sex;           /* SEX_NONE: everybody */
    bool has_female_practitioner;
    bool has_male_practitioner;
    uint8_t n_provinces;         /* 0: everywhere in its country */
    struct hf_name province[SERVICE_PROVINCES_MAX];
    uint8_t n_languages;
    char language[SERVICE_LANGUAGES_MAX][LANGUAGE_BYTES];
};

/** service_check: NULL when fine, else a static sentence. */
const char *service_check(const struct service *s);

/** service_language: whether two BCP 47 tags name one language for a visit:
 * equal without regard to case, or one a longer form of the other. */
bool service_language(const char *a, const char *b);

/** service_speaks: the place in @wanted (n entries, most wanted first, empty
 * ones skipped) of the first language that @s speaks; n when none. */
size_t service_speaks(const struct service *s,
                      const char wanted[][LANGUAGE_BYTES], size_t n);

/** service_serves: whether @s names @province; false when it serves all. */
bool service_serves(const struct service *s, const struct hf_name *province);

#endif /* POLICY_SERVICE_H */
