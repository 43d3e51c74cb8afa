/* The code of a slip: what people type is read, what is misread is not. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "slip_code.h"

static const uint8_t some[SLIP_CODE_BYTES] = {1, 2, 3, 250, 5, 6, 77, 8, 9, 10};

Test(slip_code, is_read_as_it_was_written)
{
    char text[SLIP_TEXT_BYTES];
    uint8_t back[SLIP_CODE_BYTES];

    slip_format(some, text);
    cr_expect(eq(sz, strlen(text), SLIP_TEXT_BYTES - 1));
    cr_assert(slip_parse(text, back));
    cr_expect(zero(int, memcmp(back, some, sizeof(some))));
}

Test(slip_code, forgives_how_people_write)
{
    uint8_t a[SLIP_CODE_BYTES], b[SLIP_CODE_BYTES];

    cr_assert(slip_parse("01AB-CDEF-GHJK-MNPQ", a));
    cr_assert(slip_parse("oi ab cdef ghjk mnpq", b));
    cr_expect(zero(int, memcmp(a, b, sizeof(a))));
}

Test(slip_code, refuses_what_is_none)
{
    static const char *const bad[] = {"", "01AB-CDEF-GHJK-MNP",
                                      "01AB-CDEF-GHJK-MNPQR",
                                      "01AB-CDEF-GHJK-MNPU", "01AB_CDEF"};
    uint8_t a[SLIP_CODE_BYTES];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect(not(slip_parse(bad[i], a)), "%s", bad[i]);
}

Test(slip_code, keeps_a_tag_beside_the_rest)
{
    uint8_t a[SLIP_CODE_BYTES];

    memcpy(a, some, sizeof(a));
    for (unsigned tag = 0; tag < 0x8000; tag += 77) {
        slip_set_tag(a, (uint16_t)tag);
        cr_assert(eq(uint, slip_tag(a), tag));
    }
    cr_expect(zero(int, memcmp(a, some, 8)), "65 bits stay");
}
