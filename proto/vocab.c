#include "vocab.h"

/* One pair of functions a vocabulary; the words are in the X-macros. A linear
 * search over some dozens of short words is faster than it needs to be. */
struct word {
    int number;
    const char *text;
};

static const char *
text_of(const struct word *w, size_t n, int number)
{
    for (size_t i = 0; i < n; i++)
        if (w[i].number == number)
            return w[i].text;
    return "";
}

static int
number_of(const struct word *w, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(w[i].text, text) == 0)
            return w[i].number;
    return 0;
}

#define X(name, number, text) {number, text},
#define VOCABULARY(name, MAP)                                                  \
    static const struct word name##_words[] = {MAP(X)};                        \
    const char *name##_text(enum name v)                                       \
    {                                                                          \
        return text_of(name##_words,                                           \
                       sizeof(name##_words) / sizeof(name##_words[0]),         \
                       (int)v);                                                \
    }                                                                          \
    enum name name##_parse(const char *text)                                   \
    {                                                                          \
        return (enum name)number_of(                                           \
            name##_words, sizeof(name##_words) / sizeof(name##_words[0]),      \
            text);                                                             \
    }

VOCABULARY(category, CATEGORY_MAP)
VOCABULARY(purpose, PURPOSE_MAP)
VOCABULARY(urgency, URGENCY_MAP)
VOCABULARY(object_kind, OBJECT_MAP)
VOCABULARY(org_kind, ORG_KIND_MAP)
VOCABULARY(member_status, MEMBER_STATUS_MAP)
VOCABULARY(duty, DUTY_MAP)
VOCABULARY(role, ROLE_MAP)
VOCABULARY(sex, SEX_MAP)
VOCABULARY(age_band, AGE_BAND_MAP)
VOCABULARY(stage, STAGE_MAP)
VOCABULARY(group, GROUP_MAP)
VOCABULARY(event, EVENT_MAP)
VOCABULARY(state, STATE_MAP)
VOCABULARY(reason, REASON_MAP)
VOCABULARY(ground, GROUND_MAP)
VOCABULARY(passed, PASSED_MAP)
VOCABULARY(delivery, DELIVERY_MAP)

enum age_band
age_band_of(unsigned years)
{
    static const struct {
        unsigned below;
        enum age_band band;
    } bands[] = {{5, AGE_0_4},    {12, AGE_5_11}, {18, AGE_12_17},
                 {25, AGE_18_24}, {60, AGE_25_59}};

    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++)
        if (years < bands[i].below)
            return bands[i].band;
    return AGE_60_UP;
}
