/*
 * slip_code.h - the code of a slip: what a person carries on neutral paper to
 * be heard by any member.
 *
 * 80 bits as 16 characters of Crockford's base 32, in groups of four: 65 random
 * ones, then a tag of 15 bits by which who holds the registry finds the member
 * that made it (node/core/slip.h); whoever finds the paper does not. Pure.
 */
#ifndef PROTO_SLIP_CODE_H
#define PROTO_SLIP_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLIP_CODE_BYTES 10
#define SLIP_TEXT_BYTES 20 /* "XXXX-XXXX-XXXX-XXXX" */

/** What the person says. */
enum slip_what {
    SLIP_CONFIRMED = 1, /* what was arranged took place */
    SLIP_NOBODY_CALLED,
    SLIP_WITHDRAW,      /* consent, in whole; needs a check of the person */
    SLIP_WHAT_END
};
const char *slip_what_text(enum slip_what what);
enum slip_what slip_what_parse(const char *text); /* 0: no such word */

/** How who took it made sure who it is. */
enum slip_check {
    SLIP_UNCHECKED,
    SLIP_KNOWN,     /* staff know the person */
    SLIP_DOCUMENT,  /* a paper with a picture */
    SLIP_QUESTIONS, /* questions that others could not answer */
    SLIP_CHECK_END
};
const char *slip_check_text(enum slip_check check);
enum slip_check slip_check_parse(const char *text); /* 0: no such word */

/** What its maker says of it. */
enum slip_answer {
    SLIP_ASKS,     /* not an answer */
    SLIP_DONE,
    SLIP_UNKNOWN,  /* no such code here, or its time is over */
    SLIP_USED,     /* once before, by another */
    SLIP_REFUSED,  /* a withdrawal without a check of the person */
    SLIP_BUSY,     /* too many wrong codes from there: later */
    SLIP_ANSWER_END
};
const char *slip_answer_text(enum slip_answer answer);

void slip_format(const uint8_t code[static SLIP_CODE_BYTES],
                 char out[static SLIP_TEXT_BYTES]);
/** slip_parse: groups, spaces and case do not count; O is 0, I and L are 1.
 * False when it is none. */
bool slip_parse(const char *text, uint8_t ret_code[static SLIP_CODE_BYTES]);

/** slip_tag: of a code; slip_set_tag: put one in. 15 bits. */
uint16_t slip_tag(const uint8_t code[static SLIP_CODE_BYTES]);
void slip_set_tag(uint8_t code[static SLIP_CODE_BYTES], uint16_t tag);

#endif /* PROTO_SLIP_CODE_H */
