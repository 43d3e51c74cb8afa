/* Ids as text: Crockford base 32, most significant symbol first. 26 symbols
 * hold 130 bits, so the first one is at most 7; the check symbol is the value
 * mod 37, which catches any one wrong symbol and any two exchanged. */
#include "hf_text.h"

#include "hf_assert.h"

#define ID_SYMBOLS 26
#define CHECK_MOD  37
#define HEAD_BYTES 3 /* two letters and a dash */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

_Static_assert(sizeof(alphabet) == CHECK_MOD + 1, "one symbol per remainder");
_Static_assert(HEAD_BYTES + ID_SYMBOLS + 1 < HF_ID_TEXT_BYTES, "id fits");

/* The five bits of @id that symbol @i stands for. */
static unsigned
symbol_of(const struct hf_id *id, unsigned i)
{
    unsigned symbol = 0;

    for (unsigned bit = 0; bit < 5; bit++) {
        const unsigned at = i * 5 + bit; /* of 130; the first two are zero */

        symbol <<= 1;
        if (at >= 2)
            symbol |= (id->b[(at - 2) / 8] >> (7 - (at - 2) % 8)) & 1u;
    }
    return symbol;
}

static void
set_symbol(struct hf_id *id, unsigned i, unsigned symbol)
{
    for (unsigned bit = 0; bit < 5; bit++) {
        const unsigned at = i * 5 + bit;

        if (at >= 2 && ((symbol >> (4 - bit)) & 1u) != 0)
            id->b[(at - 2) / 8] |= (uint8_t)(1u << (7 - (at - 2) % 8));
    }
}

static unsigned
check_of(const struct hf_id *id)
{
    unsigned rest = 0;

    for (size_t i = 0; i < HF_ID_BYTES; i++)
        rest = (rest * 256 + id->b[i]) % CHECK_MOD;
    return rest;
}

static char
to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The value of a symbol as people type it; -1 if it is none of ours. */
static int
value_of(char c)
{
    const char *at;

    c = to_upper(c);
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    if (c == '\0')
        return -1;
    at = strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

const char *
hf_id_format(const char *prefix, const struct hf_id *id,
             char out[static HF_ID_TEXT_BYTES])
{
    HF_ASSERT(strlen(prefix) == 2);

    out[0] = prefix[0];
    out[1] = prefix[1];
    out[2] = '-';
    for (unsigned i = 0; i < ID_SYMBOLS; i++)
        out[HEAD_BYTES + i] = alphabet[symbol_of(id, i)];
    out[HEAD_BYTES + ID_SYMBOLS] = alphabet[check_of(id)];
    out[HEAD_BYTES + ID_SYMBOLS + 1] = '\0';
    return out;
}

/* What follows "HR-", or NULL. */
static const char *
skip_head(const char *prefix, const char *text)
{
    HF_ASSERT(strlen(prefix) == 2);
    if (to_upper(text[0]) != prefix[0] || to_upper(text[1]) != prefix[1] ||
        text[2] != '-')
        return NULL;
    return text + HEAD_BYTES;
}

/* The leading symbols of @text, at most 26; false if one is not legal. */
static bool
read_symbols(const char *text, unsigned n, struct hf_id *id)
{
    for (unsigned i = 0; i < n; i++) {
        const int value = value_of(text[i]);

        if (value < 0 || value > 31 || (i == 0 && value > 7))
            return false;
        set_symbol(id, i, (unsigned)value);
    }
    return true;
}

bool
hf_id_parse(const char *prefix, const char *text, struct hf_id *ret_id)
{
    struct hf_id id = {{0}};
    const char *symbols = skip_head(prefix, text);

    if (symbols == NULL || strnlen(symbols, ID_SYMBOLS + 2) != ID_SYMBOLS + 1)
        return false;
    if (!read_symbols(symbols, ID_SYMBOLS, &id))
        return false;
    if (value_of(symbols[ID_SYMBOLS]) != (int)check_of(&id))
        return false;
    *ret_id = id;
    return true;
}

bool
hf_id_parse_prefix(const char *prefix, const char *text, struct hf_id *ret_low,
                   struct hf_id *ret_high)
{
    struct hf_id low = {{0}};
    struct hf_id high;
    const char *symbols = skip_head(prefix, text);
    unsigned n;

    if (symbols == NULL)
        return false;
    n = (unsigned)strnlen(symbols, ID_SYMBOLS + 2);
    if (n == 0 || n > ID_SYMBOLS + 1)
        return false;
    if (n == ID_SYMBOLS + 1) {
        if (!hf_id_parse(prefix, text, &low))
            return false;
        *ret_low = low;
        *ret_high = low;
        return true;
    }
    if (!read_symbols(symbols, n, &low))
        return false;
    high = low;
    for (unsigned i = n; i < ID_SYMBOLS; i++)
        set_symbol(&high, i, 31);
    *ret_low = low;
    *ret_high = high;
    return true;
}
