#include "names.h"

#include <string.h>

#define WORDS_MAX  12
#define WORD_BYTES 48 /* with its NUL; what is longer is cut */

struct words {
    size_t n;
    char word[WORDS_MAX][WORD_BYTES];
    size_t len; /* of the word under way */
};

/* ---- one letter ---- */

static const char latin_1[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts";
static const char latin_a[] =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
    "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

_Static_assert(sizeof(latin_1) == 32 + 1, "U+00C0 ... U+00DF");
_Static_assert(sizeof(latin_a) == 128 + 1, "U+0100 ... U+017F");

/* Marks above and below letters, stretching, directions: not there. */
static bool
is_mark(uint32_t u)
{
    return (u >= 0x300 && u <= 0x36f) || (u >= 0x610 && u <= 0x61a) ||
           u == 0x621 || u == 0x640 || (u >= 0x64b && u <= 0x65f) ||
           u == 0x670 || (u >= 0x6d6 && u <= 0x6dc) ||
           (u >= 0x6df && u <= 0x6e8) || (u >= 0x6ea && u <= 0x6ed) ||
           u == '\'' || u == '`' || u == 0x2bc || u == 0x2018 || u == 0x2019 ||
           (u >= 0x200b && u <= 0x200f) || (u >= 0x202a && u <= 0x202e) ||
           (u >= 0x2066 && u <= 0x2069) || u == 0xad || u == 0xfeff;
}

/* Letters that Arabic, Dari, Pashto and Urdu keyboards write each their own
 * way. */
static uint32_t
arabic(uint32_t u)
{
    switch (u) {
    case 0x622:
    case 0x623:
    case 0x625:
    case 0x671:
        return 0x627;
    case 0x624:
        return 0x648;
    case 0x626:
    case 0x649:
    case 0x6cc:
    case 0x6cd:
    case 0x6d0:
        return 0x64a;
    case 0x629:
    case 0x6be:
    case 0x6c0:
    case 0x6c1:
    case 0x6d5:
        return 0x647;
    case 0x6a9:
    case 0x6aa:
        return 0x643;
    default:
        break;
    }
    if (u >= 0x660 && u <= 0x669)
        return '0' + (u - 0x660);
    return u >= 0x6f0 && u <= 0x6f9 ? '0' + (u - 0x6f0) : u;
}

/* The plain letter; ' ' between words; 0 for what does not count. */
static uint32_t
plain(uint32_t u)
{
    if (is_mark(u))
        return 0;
    if (u >= 'A' && u <= 'Z')
        return u - 'A' + 'a';
    if (u < 0x80)
        return (u >= 'a' && u <= 'z') || (u >= '0' && u <= '9') ? u : ' ';
    if (u < 0xc0 || (u >= 0x2000 && u <= 0x206f) || u == 0x60c)
        return ' ';
    if (u <= 0xff)
        return u == 0xff ? 'y' : (unsigned char)latin_1[(u - 0xc0) & 31];
    if (u <= 0x17f)
        return (unsigned char)latin_a[u - 0x100];
    if (u >= 0x391 && u <= 0x3a9)
        return u + 0x20; /* Greek */
    if (u >= 0x410 && u <= 0x42f)
        return u + 0x20; /* Cyrillic */
    return arabic(u);
}

static void
end_word(struct words *w)
{
    if (w->len > 0)
        w->n++;
    w->len = 0;
}

static void
add_letter(struct words *w, uint32_t letter)
{
    char utf8[4];
    size_t n = 0;

    if (letter == 0 || w->n == WORDS_MAX)
        return;
    if (letter == ' ') {
        end_word(w);
        return;
    }
    if (letter < 0x80) {
        utf8[n++] = (char)letter;
    } else if (letter < 0x800) {
        utf8[n++] = (char)(0xc0 | letter >> 6);
        utf8[n++] = (char)(0x80 | (letter & 0x3f));
    } else if (letter < 0x10000) {
        utf8[n++] = (char)(0xe0 | letter >> 12);
        utf8[n++] = (char)(0x80 | (letter >> 6 & 0x3f));
        utf8[n++] = (char)(0x80 | (letter & 0x3f));
    }
    if (w->len + n >= WORD_BYTES)
        return;
    memcpy(w->word[w->n] + w->len, utf8, n);
    w->len += n;
    w->word[w->n][w->len] = '\0';
}

/* ---- JSON, as far as it is needed ---- */

struct reader {
    const uint8_t *p, *end;
};

static void
skip_space(struct reader *r)
{
    while (r->p < r->end &&
           (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
        r->p++;
}

static bool
take(struct reader *r, char c)
{
    skip_space(r);
    if (r->p == r->end || *r->p != (uint8_t)c)
        return false;
    r->p++;
    return true;
}

static bool
hex4(struct reader *r, uint32_t *ret)
{
    *ret = 0;
    for (int i = 0; i < 4; i++) {
        const int c = r->p < r->end ? *r->p++ : 0;
        const int v = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;

        if (v < 0)
            return false;
        *ret = *ret << 4 | (uint32_t)v;
    }
    return true;
}

/* A name never needs letters beyond the first plane: half a pair is skipped. */
static bool
escape(struct reader *r, uint32_t *ret)
{
    const int c = r->p < r->end ? *r->p++ : 0;

    if (c == 'u')
        return hex4(r, ret) &&
               (*ret < 0xd800 || *ret > 0xdfff || (*ret = 0, 1));
    *ret = c == 'n' || c == 't' || c == 'r' || c == 'b' || c == 'f'
               ? ' '
               : (uint32_t)c;
    return c != 0;
}

/* One letter of a string; false at its end or where it breaks off. */
static bool
letter(struct reader *r, uint32_t *ret)
{
    uint32_t u;
    int more;

    if (r->p == r->end || *r->p == '"')
        return false;
    u = *r->p++;
    if (u == '\\')
        return escape(r, ret);
    more = u >= 0xf0 ? 3 : u >= 0xe0 ? 2 : u >= 0xc0 ? 1 : 0;
    u = more == 0 ? u : u & (0x3fu >> more);
    for (; more > 0 && r->p < r->end; more--)
        u = u << 6 | (*r->p++ & 0x3f);
    *ret = u;
    return true;
}

/* A whole string into @w (NULL: nowhere), or its ASCII into @text. */
static bool
string(struct reader *r, struct words *w, char *text, size_t text_bytes)
{
    size_t n = 0;
    uint32_t u;

    if (!take(r, '"'))
        return false;
    while (letter(r, &u)) {
        if (w != NULL)
            add_letter(w, plain(u));
        if (text != NULL && n + 1 < text_bytes)
            text[n++] =
                (char)(u >= 0x80 ? plain(u) < 0x80 ? plain(u) : '?' : u);
    }
    if (w != NULL)
        end_word(w);
    if (text != NULL)
        text[n] = '\0';
    return take(r, '"');
}

/* Any value, whatever is in it; brackets are counted, not followed. */
static bool
skip_value(struct reader *r)
{
    int depth = 0;

    do {
        skip_space(r);
        if (r->p == r->end)
            return false;
        if (*r->p == '"') {
            if (!string(r, NULL, NULL, 0))
                return false;
            continue;
        }
        if (depth == 0 && (*r->p == ',' || *r->p == '}'))
            return true;
        depth += *r->p == '{' || *r->p == '[';
        depth -= *r->p == '}' || *r->p == ']';
        r->p++;
    } while (depth > 0 || (r->p < r->end && *r->p != ',' && *r->p != '}'));
    return true;
}

struct person {
    struct words words;
    char born[12];
    char sex[12];
};

static bool
member(struct reader *r, struct person *p)
{
    char key[16];

    if (!string(r, NULL, key, sizeof(key)) || !take(r, ':'))
        return false;
    skip_space(r);
    if (r->p == r->end || *r->p != '"')
        return skip_value(r);
    if (strcmp(key, "given_name") == 0 || strcmp(key, "family_name") == 0 ||
        strcmp(key, "name") == 0)
        return string(r, &p->words, NULL, 0);
    if (strcmp(key, "birth_date") == 0)
        return string(r, NULL, p->born, sizeof(p->born));
    if (strcmp(key, "sex") == 0)
        return string(r, NULL, p->sex, sizeof(p->sex));
    return string(r, NULL, NULL, 0);
}

static bool
read_person(struct hf_bytes json, struct person *p)
{
    struct reader r = {json.p, json.p + json.n};

    memset(p, 0, sizeof(*p));
    if (!take(&r, '{'))
        return false;
    if (take(&r, '}'))
        return true;
    do {
        if (!member(&r, p))
            return false;
    } while (take(&r, ','));
    return take(&r, '}');
}

/* ---- the plain form ---- */

/* Which name is the family's is written down differently each time. */
static void
sort(struct words *w)
{
    for (size_t i = 1; i < w->n; i++) {
        for (size_t k = i; k > 0 && strcmp(w->word[k - 1], w->word[k]) > 0;
             k--) {
            char swap[WORD_BYTES];

            memcpy(swap, w->word[k], WORD_BYTES);
            memcpy(w->word[k], w->word[k - 1], WORD_BYTES);
            memcpy(w->word[k - 1], swap, WORD_BYTES);
        }
    }
}

static void
append(char *out, size_t *n, const char *text, size_t max)
{
    for (size_t i = 0; i < max && text[i] != '\0' && *n + 1 < NAMES_BYTES; i++)
        out[(*n)++] = text[i];
}

size_t
names_plain(struct hf_bytes json, char ret[static NAMES_BYTES])
{
    struct person p;
    size_t n = 0;

    if (!read_person(json, &p) || p.words.n == 0)
        return 0;
    if (p.words.n == 1 && p.born[0] == '\0')
        return 0;
    sort(&p.words);
    for (size_t i = 0; i < p.words.n; i++) {
        append(ret, &n, p.words.word[i], WORD_BYTES);
        append(ret, &n, " ", 1);
    }
    append(ret, &n, "|", 1);
    append(ret, &n, p.born, 4); /* the year is known most often */
    append(ret, &n, "|", 1);
    append(ret, &n, p.sex, sizeof(p.sex));
    memset(&p, 0, sizeof(p));
    return n;
}
