/* Unit tests of lib/base/hf_words: that no two words are taken for each
 * other. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "hf_words.h"

static char words[2][256][HF_WORDS_BYTES(1)];

static void
begin(void)
{
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t pair[2] = {(uint8_t)i, (uint8_t)i};
        char both[HF_WORDS_BYTES(2)];
        char *space;

        (void)hf_words(pair, 2, both);
        space = strchr(both, ' ');
        cr_assert(space != NULL);
        *space = '\0';
        strncpy(words[0][i], both, sizeof(words[0][i]) - 1);
        strncpy(words[1][i], space + 1, sizeof(words[1][i]) - 1);
    }
}

TestSuite(hf_words, .init = begin);

Test(hf_words, are_plain_and_of_the_length_of_their_list)
{
    for (int list = 0; list < 2; list++)
        for (unsigned i = 0; i < 256; i++) {
            const char *w = words[list][i];

            cr_expect(
                eq(sz, strspn(w, "abcdefghijklmnopqrstuvwxyz"), strlen(w)));
            cr_expect(ge(sz, strlen(w), list == 0 ? 3 : 6));
            cr_expect(le(sz, strlen(w), list == 0 ? 5 : 8));
        }
}

Test(hf_words, differ_within_their_first_four_letters)
{
    for (int list = 0; list < 2; list++)
        for (unsigned i = 0; i < 256; i++)
            for (unsigned j = 0; j < i; j++)
                cr_expect(strncmp(words[list][i], words[list][j], 4) != 0,
                          "%s and %s", words[list][i], words[list][j]);
}

Test(hf_words, stand_in_turn)
{
    const uint8_t bytes[4] = {0, 255, 255, 0};
    char out[HF_WORDS_BYTES(4)], want[64];

    (void)snprintf(want, sizeof(want), "%s %s %s %s", words[0][0],
                   words[1][255], words[0][255], words[1][0]);
    cr_expect(hf_words(bytes, 4, out) == out);
    cr_expect(eq(str, out, want));
    cr_expect(eq(str, (char *)(uintptr_t)hf_words(bytes, 0, out), ""));
}
