#include <stdio.h>
#include <string.h>

#include "hf_text.h"

/* Nothing but whole characters that a terminal does not act upon: '?' for the
 * others, and a last one that is not all there goes. */
static size_t
mend(uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        size_t len = hf_utf8_step(p + i, n - i);
        size_t rest = 1;

        while (i + rest < n && (p[i + rest] & 0xc0) == 0x80)
            rest++;
        if (len == 0 && p[i] >= 0xc2 && i + rest == n && rest < 4)
            return i;
        if (len == 0 || p[i] < 0x20 || p[i] == 0x7f) {
            p[i] = '?';
            len = 1;
        }
        i += len;
    }
    return n;
}

void
hf_vsay(char *out, size_t n, const char *fmt, va_list args)
{
    size_t end = 0;

    if (n == 0)
        return;
    if (vsnprintf(out, n, fmt, args) >= 0)
        end = mend((uint8_t *)out, strlen(out));
    memset(out + end, 0, n - end);
}

void
hf_say(char *out, size_t n, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    hf_vsay(out, n, fmt, args);
    va_end(args);
}

void
hf_say_more(char *out, size_t n, const char *fmt, ...)
{
    const size_t used = strnlen(out, n);
    va_list args;

    va_start(args, fmt);
    hf_vsay(out + used, n - used, fmt, args);
    va_end(args);
}
