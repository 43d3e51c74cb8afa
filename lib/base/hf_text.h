/*
 * hf_text.h - bytes, ids, numbers and times as text, and back.
 *
 * All parsers take NUL-terminated text, accept nothing but the whole of it,
 * and leave their result untouched on failure. No locale is consulted.
 */
#ifndef HF_TEXT_H
#define HF_TEXT_H

#include <stdarg.h>

#include "hf_err.h"
#include "hf_types.h"

#define HF_ID_TEXT_BYTES   32 /* "HC-" + 26 characters + check + NUL, rounded */
#define HF_TIME_TEXT_BYTES 32
#define HF_HEX_BYTES(n)    ((n)*2 + 1)

/** hf_org_parse / hf_name_parse: check form and length, pad with NUL. A name
 * is letters, digits, and after its first character also _ - . @ */
HF_NODISCARD bool hf_org_parse(const char *text, struct hf_org *ret_org);
HF_NODISCARD bool hf_name_parse(const char *text, struct hf_name *ret_name);

/**
 * hf_id_format: "HR-" + Crockford base 32 (26 characters, upper case) + check
 * symbol (value mod 37, symbols 0-9A-Z without I L O U, then * ~ $ = U).
 *
 * @prefix  two letters, e.g. "HR"
 */
const char *hf_id_format(const char *prefix, const struct hf_id *id,
                         char out[static HF_ID_TEXT_BYTES]);

/**
 * hf_id_parse: the whole id with its check symbol; case-insensitive; o is
 * read as 0, i and l as 1.
 */
HF_NODISCARD bool hf_id_parse(const char *prefix, const char *text,
                              struct hf_id *ret_id);

/**
 * hf_id_parse_prefix: an unambiguous beginning, "HR-4K" and longer (at least
 * one symbol after the dash). Gives the lowest and highest id that begin so.
 */
HF_NODISCARD bool hf_id_parse_prefix(const char *prefix, const char *text,
                                     struct hf_id *ret_low,
                                     struct hf_id *ret_high);

/** hf_hex: lower case, NUL-terminated, HF_HEX_BYTES(n) long; returns @out. */
const char *hf_hex(const uint8_t *p, size_t n, char *out);
/** hf_unhex: exactly @n bytes. Constant time is not promised: not for keys. */
HF_NODISCARD bool hf_unhex(const char *text, uint8_t *out, size_t n);

HF_NODISCARD bool hf_parse_u64(const char *text, uint64_t min, uint64_t max,
                               uint64_t *ret);

/** hf_time_parse: RFC 3339 ("2026-11-02T18:00:00Z", "+01:00", fractions) or a
 * plain date "2026-11-02" (its first instant, UTC). 30 February is refused. */
HF_NODISCARD bool hf_time_parse(const char *text, uint64_t *ret_ms);
/** hf_time_format: RFC 3339 in UTC with milliseconds only when not zero. */
const char *hf_time_format(uint64_t ms, char out[static HF_TIME_TEXT_BYTES]);
/** hf_time_format_local: "2026-11-02 18:00" in the process's time zone. */
const char *hf_time_format_local(uint64_t ms,
                                 char out[static HF_TIME_TEXT_BYTES]);
/** hf_duration_parse: "30m" "24h" "14d" "90s"; at most ten years. */
HF_NODISCARD bool hf_duration_parse(const char *text, uint64_t *ret_ms);
/** hf_duration_format: the inverse, whole seconds, in the largest fitting
 * unit. */
const char *hf_duration_format(uint64_t ms,
                               char out[static HF_TIME_TEXT_BYTES]);
/** hf_size_parse: "512B" "64KiB" "16MiB" "2GiB" "1TiB". */
HF_NODISCARD bool hf_size_parse(const char *text, uint64_t *ret_bytes);
const char *hf_size_format(uint64_t bytes,
                           char out[static HF_TIME_TEXT_BYTES]);

/** hf_say: text into a field of @n bytes, for people: cut at a whole character;
 * '?' for what a terminal would act upon and for what is no UTF-8; zeros behind
 * it. hf_say_more: the same behind the text that is there. */
void hf_say(char *out, size_t n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void hf_say_more(char *out, size_t n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void hf_vsay(char *out, size_t n, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/** hf_utf8_step: how many bytes of @p are one character; 0: none is. */
size_t hf_utf8_step(const uint8_t *p, size_t n);
/** hf_utf8_ok: valid UTF-8 without NUL, C0 controls other than \t \n \r. */
bool hf_utf8_ok(const uint8_t *p, size_t n);

/** hf_country_ok: an ISO 3166-1 alpha-2 code, XXA (stateless), or XK, which
 * ISO leaves to its users and the EU uses for Kosovo. Upper case. */
bool hf_country_ok(const char *text);

/** hf_put / hf_get: little-endian fixed-layout fields; the pointer moves on. */
void hf_put_u8(uint8_t **p, uint8_t v);
void hf_put_u16(uint8_t **p, uint16_t v);
void hf_put_u32(uint8_t **p, uint32_t v);
void hf_put_u64(uint8_t **p, uint64_t v);
void hf_put_bytes(uint8_t **p, const void *src, size_t n);
uint8_t hf_get_u8(const uint8_t **p);
uint16_t hf_get_u16(const uint8_t **p);
uint32_t hf_get_u32(const uint8_t **p);
uint64_t hf_get_u64(const uint8_t **p);
void hf_get_bytes(const uint8_t **p, void *dst, size_t n);

#endif /* HF_TEXT_H */
