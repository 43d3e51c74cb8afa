#include "field.h"

#include "hf_text.h"

bool
field_all_zero(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= b[i];
    return any == 0;
}

/* People read these texts in a terminal: nothing that moves the cursor, turns
 * the direction of what follows, or breaks the line. */
static bool
is_plain(const char *s)
{
    for (const uint8_t *p = (const uint8_t *)s; *p != 0; p++) {
        if (p[0] < 0x20 || p[0] == 0x7f)
            return false;
        if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
            return false; /* C1 controls */
        if (p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae)
            return false; /* line and paragraph, embeddings, overrides */
        if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
            return false; /* isolates */
    }
    return true;
}

bool
field_padded(const char *s, size_t n)
{
    const size_t len = strnlen(s, n);

    if (len == n || !field_all_zero(s + len, n - len))
        return false;
    return hf_utf8_ok((const uint8_t *)s, len) && is_plain(s);
}

bool
field_org(const struct hf_org *org)
{
    struct hf_org parsed;

    return org->s[HF_ORG_BYTES - 1] == '\0' && hf_org_parse(org->s, &parsed) &&
           hf_org_eq(&parsed, org);
}

bool
field_org_or_empty(const struct hf_org *org)
{
    return field_all_zero(org->s, HF_ORG_BYTES) || field_org(org);
}

bool
field_name(const struct hf_name *name)
{
    struct hf_name parsed;

    if (field_all_zero(name->s, HF_NAME_BYTES))
        return true;
    return name->s[HF_NAME_BYTES - 1] == '\0' &&
           hf_name_parse(name->s, &parsed) && hf_name_eq(&parsed, name);
}

const uint8_t *
field_take(struct field_rest *rest, size_t n)
{
    const uint8_t *p = rest->p;

    if (rest->n < n)
        return NULL;
    if (n > 0)
        rest->p += n;
    rest->n -= n;
    return p;
}

bool
field_take_u8(struct field_rest *rest, uint8_t *ret)
{
    const uint8_t *p = field_take(rest, 1);

    if (p == NULL)
        return false;
    *ret = hf_get_u8(&p);
    return true;
}

bool
field_take_u32(struct field_rest *rest, uint32_t *ret)
{
    const uint8_t *p = field_take(rest, 4);

    if (p == NULL)
        return false;
    *ret = hf_get_u32(&p);
    return true;
}

bool
field_take_u64(struct field_rest *rest, uint64_t *ret)
{
    const uint8_t *p = field_take(rest, 8);

    if (p == NULL)
        return false;
    *ret = hf_get_u64(&p);
    return true;
}

bool
field_take_bool(struct field_rest *rest, bool *ret)
{
    uint8_t v;

    if (!field_take_u8(rest, &v) || v > 1)
        return false;
    *ret = v == 1;
    return true;
}
