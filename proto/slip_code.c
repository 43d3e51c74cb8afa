#include "slip_code.h"

#include <string.h>

#define SYMBOLS 16

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const char *const whats[] = {"", "confirmed", "nobody_called",
                                    "withdraw"};
static const char *const checks[] = {"", "known", "document", "questions"};
static const char *const answers[] = {"passed_on", "done", "unknown",
                                      "used",      "refused", "busy"};

_Static_assert(sizeof(whats) / sizeof(whats[0]) == SLIP_WHAT_END,
               "a word each");
_Static_assert(sizeof(checks) / sizeof(checks[0]) == SLIP_CHECK_END,
               "a word each");
_Static_assert(sizeof(answers) / sizeof(answers[0]) == SLIP_ANSWER_END,
               "a word each");

static int
find(const char *const *words, int n, const char *text)
{
    for (int i = 1; i < n; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return 0;
}

const char *
slip_what_text(enum slip_what what)
{
    return (int)what > 0 && what < SLIP_WHAT_END ? whats[what] : "";
}

enum slip_what
slip_what_parse(const char *text)
{
    return (enum slip_what)find(whats, SLIP_WHAT_END, text);
}

const char *
slip_check_text(enum slip_check check)
{
    return (int)check > 0 && check < SLIP_CHECK_END ? checks[check] : "";
}

enum slip_check
slip_check_parse(const char *text)
{
    return (enum slip_check)find(checks, SLIP_CHECK_END, text);
}

const char *
slip_answer_text(enum slip_answer answer)
{
    return answer < SLIP_ANSWER_END ? answers[answer] : "";
}

/* Five bits of the code, from the front. */
static unsigned
symbol(const uint8_t *code, int i)
{
    unsigned v = 0;

    for (int bit = 5 * i; bit < 5 * i + 5; bit++)
        v = v << 1 | ((unsigned)code[bit / 8] >> (7 - bit % 8) & 1u);
    return v;
}

static void
set_symbol(uint8_t *code, int i, unsigned v)
{
    for (int k = 0; k < 5; k++) {
        const int bit = 5 * i + k;
        const uint8_t mask = (uint8_t)(1u << (7 - bit % 8));

        if (v >> (4 - k) & 1u)
            code[bit / 8] |= mask;
        else
            code[bit / 8] &= (uint8_t)~mask;
    }
}

void
slip_format(const uint8_t code[static SLIP_CODE_BYTES],
            char out[static SLIP_TEXT_BYTES])
{
    char *p = out;

    for (int i = 0; i < SYMBOLS; i++) {
        if (i > 0 && i % 4 == 0)
            *p++ = '-';
        *p++ = alphabet[symbol(code, i)];
    }
    *p = '\0';
}

static int
value_of(char c)
{
    const char upper = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    const char *at;

    if (upper == 'O')
        return 0;
    if (upper == 'I' || upper == 'L')
        return 1;
    at = upper == '\0' ? NULL : strchr(alphabet, upper);
    return at == NULL ? -1 : (int)(at - alphabet);
}

bool
slip_parse(const char *text, uint8_t ret_code[static SLIP_CODE_BYTES])
{
    uint8_t code[SLIP_CODE_BYTES] = {0};
    int n = 0;

    for (const char *p = text; *p != '\0'; p++) {
        const int v = value_of(*p);

        if (*p == '-' || *p == ' ')
            continue;
        if (v < 0 || n == SYMBOLS)
            return false;
        set_symbol(code, n++, (unsigned)v);
    }
    if (n != SYMBOLS)
        return false;
    memcpy(ret_code, code, sizeof(code));
    return true;
}

uint16_t
slip_tag(const uint8_t code[static SLIP_CODE_BYTES])
{
    return (uint16_t)(symbol(code, 13) << 10 | symbol(code, 14) << 5 |
                      symbol(code, 15));
}

void
slip_set_tag(uint8_t code[static SLIP_CODE_BYTES], uint16_t tag)
{
    set_symbol(code, 13, tag >> 10 & 31u);
    set_symbol(code, 14, tag >> 5 & 31u);
    set_symbol(code, 15, tag & 31u);
}
