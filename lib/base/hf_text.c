#include "hf_text.h"

/* ISO 3166-1 alpha-2, each followed by one separator. */
static const char countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG "
    "BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI "
    "CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ "
    "GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT "
    "JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU "
    "MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG "
    "PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK "
    "TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU "
    "WF WS YE YT ZA ZM ZW";

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool
is_org_char(char c, bool is_first)
{
    return is_lower(c) || is_digit(c) || (!is_first && c == '-');
}

bool
hf_org_parse(const char *text, struct hf_org *ret_org)
{
    struct hf_org org = {{0}};
    const size_t n = strnlen(text, HF_ORG_BYTES);

    if (n == 0 || n == HF_ORG_BYTES)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_org_char(text[i], i == 0))
            return false;
        org.s[i] = text[i];
    }
    *ret_org = org;
    return true;
}

static bool
is_name_char(char c, bool is_first)
{
    if (is_lower(c) || is_upper(c) || is_digit(c))
        return true;
    return !is_first && (c == '_' || c == '-' || c == '.' || c == '@');
}

bool
hf_name_parse(const char *text, struct hf_name *ret_name)
{
    struct hf_name name = {{0}};
    const size_t n = strnlen(text, HF_NAME_BYTES);

    if (n == 0 || n == HF_NAME_BYTES)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_name_char(text[i], i == 0))
            return false;
        name.s[i] = text[i];
    }
    *ret_name = name;
    return true;
}

const char *
hf_hex(const uint8_t *p, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 0x0f];
    }
    out[2 * n] = '\0';
    return out;
}

static int
hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool
hf_unhex(const char *text, uint8_t *out, size_t n)
{
    /* Look at all of it first, so that a failure leaves @out alone. */
    for (size_t i = 0; i < 2 * n; i++) {
        if (hex_value(text[i]) < 0)
            return false;
    }
    if (text[2 * n] != '\0')
        return false;
    for (size_t i = 0; i < n; i++) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);

        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

bool
hf_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;

    if (text[0] == '\0')
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        uint64_t digit;

        if (!is_digit(*c))
            return false;
        digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value < min || value > max)
        return false;
    *ret = value;
    return true;
}

/* Unicode 15, table 3-7: no overlong forms, no surrogates, nothing past
 * U+10FFFF. */
size_t
hf_utf8_step(const uint8_t *p, size_t n)
{
    const uint8_t c = p[0];
    size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
        (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

bool
hf_utf8_ok(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        const size_t len = hf_utf8_step(p + i, n - i);

        if (len == 0)
            return false;
        if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
            return false;
        i += len;
    }
    return true;
}

bool
hf_country_ok(const char *text)
{
    if (strcmp(text, "XXA") == 0 || strcmp(text, "XK") == 0)
        return true;
    if (strnlen(text, 3) != 2)
        return false;
    for (const char *c = countries; *c != '\0'; c += 3) {
        if (c[0] == text[0] && c[1] == text[1])
            return true;
        if (c[2] == '\0')
            break; /* the last one has no separator */
    }
    return false;
}

void
hf_put_bytes(uint8_t **p, const void *src, size_t n)
{
    if (n > 0)
        memcpy(*p, src, n);
    *p += n;
}

static void
put_le(uint8_t **p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        (*p)[i] = (uint8_t)(v >> (8 * i));
    *p += n;
}

void
hf_put_u8(uint8_t **p, uint8_t v)
{
    put_le(p, v, 1);
}

void
hf_put_u16(uint8_t **p, uint16_t v)
{
    put_le(p, v, 2);
}

void
hf_put_u32(uint8_t **p, uint32_t v)
{
    put_le(p, v, 4);
}

void
hf_put_u64(uint8_t **p, uint64_t v)
{
    put_le(p, v, 8);
}

void
hf_get_bytes(const uint8_t **p, void *dst, size_t n)
{
    if (n > 0)
        memcpy(dst, *p, n);
    *p += n;
}

static uint64_t
get_le(const uint8_t **p, unsigned n)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)(*p)[i] << (8 * i);
    *p += n;
    return v;
}

uint8_t
hf_get_u8(const uint8_t **p)
{
    return (uint8_t)get_le(p, 1);
}

uint16_t
hf_get_u16(const uint8_t **p)
{
    return (uint16_t)get_le(p, 2);
}

uint32_t
hf_get_u32(const uint8_t **p)
{
    return (uint32_t)get_le(p, 4);
}

uint64_t
hf_get_u64(const uint8_t **p)
{
    return get_le(p, 8);
}
