#include "service.h"

#include <stdint.h>

static bool
is_terminated(const char *s, size_t n)
{
    return memchr(s, '\0', n) != NULL;
}

static const char *
check_lists(const struct service *s)
{
    if (s->n_provinces > SERVICE_PROVINCES_MAX)
        return "a service names at most 8 provinces";
    for (size_t i = 0; i < s->n_provinces; i++)
        if (s->province[i].s[0] == '\0' ||
            !is_terminated(s->province[i].s, HF_NAME_BYTES))
            return "a province has no name or too long a one";
    if (s->n_languages > SERVICE_LANGUAGES_MAX)
        return "a service names at most 8 languages";
    for (size_t i = 0; i < s->n_languages; i++)
        if (s->language[i][0] == '\0' ||
            !is_terminated(s->language[i], LANGUAGE_BYTES))
            return "a language tag is empty or longer than 11 characters";
    return NULL;
}

const char *
service_check(const struct service *s)
{
    static const uint8_t no_id[sizeof(s->id)];

    if (s->org.s[0] == '\0' || !is_terminated(s->org.s, HF_ORG_BYTES))
        return "a service has an organisation";
    if (memcmp(s->id, no_id, sizeof(s->id)) == 0)
        return "a service has an id, a UUID";
    if (!is_terminated(s->title, SERVICE_TITLE_BYTES))
        return "a service's title has at most 95 bytes";
    if (s->code.s[0] == '\0' || !is_terminated(s->code.s, HF_NAME_BYTES))
        return "a service has a service code of the SOP";
    if (s->capacity < -1)
        return "capacity is a number of free places, or -1 for not said";
    if (s->age_max != 0 && s->age_min > s->age_max)
        return "the lowest age is above the highest";
    if ((int)s->only_sex < SEX_NONE || (int)s->only_sex >= SEX_UNKNOWN)
        return "a service is for everybody, or for female, male or other";
    return check_lists(s);
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
service_language(const char *a, const char *b)
{
    size_t i = 0;

    while (i < LANGUAGE_BYTES && a[i] != '\0' && lower(a[i]) == lower(b[i]))
        i++;
    if (i == 0)
        return false;
    if (i == LANGUAGE_BYTES || (a[i] == '\0' && b[i] == '\0'))
        return true;
    return (a[i] == '\0' && b[i] == '-') || (b[i] == '\0' && a[i] == '-');
}

size_t
service_speaks(const struct service *s, const char wanted[][LANGUAGE_BYTES],
               size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; wanted[i][0] != '\0' && j < s->n_languages; j++)
            if (service_language(wanted[i], s->language[j]))
                return i;
    return n;
}

bool
service_serves(const struct service *s, const struct hf_name *province)
{
    for (size_t i = 0; i < s->n_provinces; i++)
        if (hf_name_eq(&s->province[i], province))
            return true;
    return false;
}

uint8_t
service_access_bit(const char *word)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } words[] = {
#define X(name, bit, text) {bit, text},
        SERVICE_ACCESS_MAP(X)
#undef X
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].text, word) == 0)
            return words[i].bit;
    return 0;
}
