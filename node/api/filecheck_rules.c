#include "filecheck.h"

#include <stdio.h>

#define YEAR_MIN 1850
#define YEAR_MAX 2200

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
filecheck_text(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    size_t n;

    if (text == NULL)
        return filecheck_fail(at, "must be text");
    n = json_string_length(value);
    if (strspn(text, " \t\r\n") == n)
        return filecheck_fail(at, "is empty");
    if (n > FILECHECK_TEXT_MAX)
        return filecheck_fail(at, "is longer than 16000 bytes");
    if (!hf_utf8_ok((const uint8_t *)text, n))
        return filecheck_fail(at, "holds control characters");
    return true;
}

bool
filecheck_number(struct filecheck *at, json_t *value)
{
    const double v = json_number_value(value);

    if (!json_is_number(value) || v < 0 || v > 1e9)
        return filecheck_fail(at, "must be a number, 0 or more");
    return true;
}

bool
filecheck_bool(struct filecheck *at, json_t *value)
{
    if (!json_is_boolean(value))
        return filecheck_fail(at, "must be true or false");
    return true;
}

bool
filecheck_word(struct filecheck *at, json_t *value)
{
    struct hf_name name;

    if (!json_is_string(value) ||
        !hf_name_parse(json_string_value(value), &name))
        return filecheck_fail(at, "must be one word of letters, digits and "
                                  "_ - . @, at most 31");
    return true;
}

bool
filecheck_date(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    uint64_t ms;

    if (text == NULL || strlen(text) != 10 || !hf_time_parse(text, &ms))
        return filecheck_fail(at, "must be a date such as 2026-11-02");
    return true;
}

bool
filecheck_time(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    uint64_t ms;

    if (text == NULL || !hf_time_parse(text, &ms))
        return filecheck_fail(at, "must be a date such as 2026-11-02 or a "
                                  "time such as 2026-11-02T18:00:00Z");
    return true;
}

/* Digits of @text as a number; the caller knows that they are digits. */
static unsigned
number_of(const char *text, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(text[i] - '0');
    return v;
}

bool
filecheck_edtf_parse(const char *text, uint16_t *ret_year, uint64_t *ret_ms)
{
    static const char form[] = "dddd-dd-dd";
    char day[sizeof(form)] = "";
    size_t n = strlen(text);
    uint64_t ms = 0;
    unsigned year;

    if (n > 0 && strchr("~?%", text[n - 1]) != NULL)
        n--;
    if (n != 4 && n != 7 && n != 10)
        return false;
    for (size_t i = 0; i < n; i++)
        if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != '-')
            return false;
    year = number_of(text, 4);
    if (year < YEAR_MIN || year > YEAR_MAX)
        return false;
    if (n >= 7 && (number_of(text + 5, 2) < 1 || number_of(text + 5, 2) > 12))
        return false;
    if (n == 10) {
        /* The calendar before 1970 is that of a year 400 years on. */
        memcpy(day, text, n);
        (void)snprintf(day, 5, "%04u", year < 1970 ? year + 400 : year);
        day[4] = '-';
        if (!hf_time_parse(day, &ms))
            return false;
        ms = year < 1970 ? 1 : ms + (ms == 0);
    }
    *ret_year = (uint16_t)year;
    *ret_ms = ms;
    return true;
}

bool
filecheck_edtf(struct filecheck *at, json_t *value)
{
    uint16_t year;
    uint64_t ms;

    if (json_is_integer(value)) { /* YAML's plain 1994 */
        const json_int_t v = json_integer_value(value);

        if (v >= YEAR_MIN && v <= YEAR_MAX)
            return true;
    }
    if (!json_is_string(value) ||
        !filecheck_edtf_parse(json_string_value(value), &year, &ms))
        return filecheck_fail(at, "must be a date such as 1994-05-02, partly "
                                  "known as 1994-05, 1994 or 1994~");
    return true;
}

bool
filecheck_country(struct filecheck *at, json_t *value)
{
    if (!json_is_string(value) || !hf_country_ok(json_string_value(value)))
        return filecheck_fail(at, "must be a country of ISO 3166 in two "
                                  "capital letters, or XXA for stateless");
    return true;
}

bool
filecheck_countries(struct filecheck *at, json_t *value)
{
    if (json_is_array(value))
        return filecheck_list(at, value, filecheck_country);
    return filecheck_country(at, value);
}

/* Form of RFC 5646: a language of 2, 3 or 5 to 8 letters, then subtags of 1 to
 * 8 letters or digits, none of them last if it is a single one. */
bool
filecheck_language_ok(const char *text)
{
    size_t n = 0, subtag = 0, subtags = 0;

    for (;; n++) {
        const char c = text[n];

        if (is_letter(c) || (subtags > 0 && is_digit(c))) {
            if (++subtag > 8)
                return false;
        } else if (c == '-' || c == '\0') {
            if (subtags == 0 && (subtag < 2 || subtag == 4))
                return false;
            if (subtag == 0 || (c == '\0' && subtag == 1))
                return false;
            if (c == '\0')
                return n <= 35;
            subtags++;
            subtag = 0;
        } else {
            return false;
        }
    }
}

void
filecheck_language_copy(const char *text, char *out, size_t out_bytes)
{
    size_t n = strlen(text);

    while (n >= out_bytes) {
        n--;
        while (n > 0 && text[n] != '-')
            n--;
    }
    memset(out, 0, out_bytes);
    memcpy(out, text, n);
}

bool
filecheck_language(struct filecheck *at, json_t *value)
{
    if (!json_is_string(value) ||
        !filecheck_language_ok(json_string_value(value)))
        return filecheck_fail(at, "must be a language tag of BCP 47, such as "
                                  "prs, de or uz-Cyrl");
    return true;
}

bool
filecheck_languages(struct filecheck *at, json_t *value)
{
    if (json_is_array(value))
        return filecheck_list(at, value, filecheck_language);
    return filecheck_language(at, value);
}

bool
filecheck_sex(struct filecheck *at, json_t *value)
{
    if (!json_is_string(value) || !sex_parse(json_string_value(value)))
        return filecheck_fail(at, "must be female, male, other or unknown");
    return true;
}

bool
filecheck_phone(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    size_t digits = 0;
    bool ok = text != NULL && text[0] == '+' && text[1] >= '1';

    for (size_t i = 1; ok && text[i] != '\0'; i++) {
        ok = is_digit(text[i]);
        digits++;
    }
    if (!ok || digits < 7 || digits > 15)
        return filecheck_fail(at, "must be a phone number of E.164: + and 7 "
                                  "to 15 digits, without spaces");
    return true;
}

bool
filecheck_email(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    const char *sign = text == NULL ? NULL : strchr(text, '@');

    if (sign == NULL || sign == text || strchr(sign, '.') == NULL ||
        strpbrk(text, " \t\r\n") != NULL)
        return filecheck_fail(at, "must be an e-mail address");
    return true;
}

bool
filecheck_category(struct filecheck *at, json_t *value)
{
    if (!json_is_string(value) || !category_parse(json_string_value(value)))
        return filecheck_fail(at, "must be a data category of a case file, "
                                  "such as identity or health");
    return true;
}

bool
filecheck_purpose(struct filecheck *at, json_t *value)
{
    if (!json_is_string(value) || !purpose_parse(json_string_value(value)))
        return filecheck_fail(at, "must be one of enquiry, offer, transfer, "
                                  "referral, feedback, follow_up, statistics, "
                                  "case_conference, onward");
    return true;
}

bool
filecheck_group(struct filecheck *at, json_t *value)
{
    if (!json_is_string(value) || !group_parse(json_string_value(value)))
        return filecheck_fail(at, "must be a group of the vocabulary, such as "
                                  "single_parent or disability");
    return true;
}
