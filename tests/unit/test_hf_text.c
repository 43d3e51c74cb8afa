/* Unit tests of lib/base/hf_text: what people type and what they are shown. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>
#include <time.h>

#include "hf_text.h"

static const struct hf_id some_id = {{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde,
                                      0xf0, 0x0f, 0xed, 0xcb, 0xa9, 0x87, 0x65,
                                      0x43, 0x21}};

Test(hf_text, ids_match_crockfords_description)
{
    char out[HF_ID_TEXT_BYTES];
    struct hf_id id = {{0}};

    cr_expect(eq(str, (char *)hf_id_format("HR", &id, out),
                 "HR-000000000000000000000000000"));
    id.b[15] = 36; /* 1*32 + 4, and 36 mod 37 is the last check symbol */
    cr_expect(eq(str, (char *)hf_id_format("HR", &id, out),
                 "HR-00000000000000000000000014U"));
    id.b[15] = 32;
    cr_expect(eq(str, (char *)hf_id_format("HR", &id, out),
                 "HR-00000000000000000000000010*"));
    memset(id.b, 0xff, sizeof(id.b)); /* 2^128 - 1 mod 37 is 32: "*" */
    cr_expect(eq(str, (char *)hf_id_format("HR", &id, out),
                 "HR-7ZZZZZZZZZZZZZZZZZZZZZZZZZ*"));
    cr_expect(eq(str, (char *)hf_id_format("HR", &some_id, out),
                 "HR-0J6HB7H6NWVVR0ZVEBN63PAGS13"));
}

Test(hf_text, an_id_survives_the_way_to_text_and_back)
{
    char out[HF_ID_TEXT_BYTES];
    struct hf_id id;
    struct hf_id back;

    for (unsigned i = 0; i < 1000; i++) {
        for (size_t j = 0; j < HF_ID_BYTES; j++)
            id.b[j] = (uint8_t)(i * 31 + j * 197 + (i >> 3));
        cr_assert(hf_id_parse("HC", hf_id_format("HC", &id, out), &back));
        cr_assert(hf_id_eq(&id, &back));
    }
}

Test(hf_text, any_single_wrong_symbol_of_an_id_is_caught)
{
    static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
    char out[HF_ID_TEXT_BYTES];
    struct hf_id back;

    hf_id_format("HR", &some_id, out);
    for (size_t i = 3; i < 30; i++) {
        const char right = out[i];

        for (const char *s = symbols; *s != '\0'; s++) {
            if (*s == right)
                continue;
            out[i] = *s;
            cr_assert(not(hf_id_parse("HR", out, &back)), "%s", out);
        }
        out[i] = right;
    }
    cr_assert(hf_id_parse("HR", out, &back));
}

Test(hf_text, two_exchanged_neighbours_in_an_id_are_caught)
{
    char out[HF_ID_TEXT_BYTES];
    struct hf_id back;

    hf_id_format("HR", &some_id, out);
    for (size_t i = 3; i < 29; i++) {
        const char c = out[i];

        if (c == out[i + 1])
            continue;
        out[i] = out[i + 1];
        out[i + 1] = c;
        cr_expect(not(hf_id_parse("HR", out, &back)), "%s", out);
        out[i + 1] = out[i];
        out[i] = c;
    }
}

Test(hf_text, ids_are_read_as_people_write_them)
{
    struct hf_id id;
    struct hf_id zero = {{0}};

    cr_assert(hf_id_parse("HR", "hr-oOoOoOoOoOoOoOoOoOoOoOoOoO0", &id));
    cr_expect(hf_id_eq(&id, &zero));
    cr_assert(hf_id_parse("HR", "Hr-0000000000000000000000000iL", &id));
    cr_expect(eq(u8, id.b[15], 1));
}

Test(hf_text, ids_of_another_kind_or_length_are_refused)
{
    struct hf_id id = some_id;

    cr_expect(not(hf_id_parse("HR", "HC-000000000000000000000000000", &id)));
    cr_expect(not(hf_id_parse("HR", "HR-00000000000000000000000000", &id)));
    cr_expect(not(hf_id_parse("HR", "HR-0000000000000000000000000000", &id)));
    cr_expect(not(hf_id_parse("HR", "HR-80000000000000000000000000", &id)));
    cr_expect(not(hf_id_parse("HR", "", &id)));
    cr_expect(not(hf_id_parse("HR", "HR", &id)));
    cr_expect(hf_id_eq(&id, &some_id), "untouched on failure");
}

Test(hf_text, a_prefix_gives_the_range_of_ids_that_begin_so)
{
    char text[HF_ID_TEXT_BYTES];
    struct hf_id low;
    struct hf_id high;

    hf_id_format("HR", &some_id, text);
    for (size_t n = 4; n <= 30; n++) {
        char cut[HF_ID_TEXT_BYTES];
        char shown[HF_ID_TEXT_BYTES];

        memcpy(cut, text, n);
        cut[n] = '\0';
        cr_assert(hf_id_parse_prefix("HR", cut, &low, &high), "%s", cut);
        cr_expect(memcmp(low.b, some_id.b, HF_ID_BYTES) <= 0);
        cr_expect(memcmp(high.b, some_id.b, HF_ID_BYTES) >= 0);
        cr_expect(strncmp(hf_id_format("HR", &low, shown), cut,
                          n < 29 ? n : 29) == 0);
        cr_expect(strncmp(hf_id_format("HR", &high, shown), cut,
                          n < 29 ? n : 29) == 0);
    }
    cr_expect(hf_id_eq(&low, &high));
    cr_expect(not(hf_id_parse_prefix("HR", "HR-", &low, &high)));
    cr_expect(not(hf_id_parse_prefix("HR", "HR-8", &low, &high)));
    cr_expect(not(hf_id_parse_prefix("HR", "HR-0*", &low, &high)));
    text[29] = text[29] == '0' ? '1' : '0'; /* a whole id is checked */
    cr_expect(not(hf_id_parse_prefix("HR", text, &low, &high)));
}

Test(hf_text, organisation_ids_are_lower_case_and_padded)
{
    struct hf_org org;
    static const char tail[HF_ORG_BYTES];

    memset(&org, 'x', sizeof(org));
    cr_assert(hf_org_parse("iom-at", &org));
    cr_expect(eq(str, org.s, "iom-at"));
    cr_expect(memcmp(org.s + 6, tail, HF_ORG_BYTES - 6) == 0);
    cr_expect(hf_org_parse("0123456789012345678901234567890", &org));
    cr_expect(not(hf_org_parse("01234567890123456789012345678901", &org)));
    cr_expect(not(hf_org_parse("", &org)));
    cr_expect(not(hf_org_parse("-at", &org)));
    cr_expect(not(hf_org_parse("IOM", &org)));
    cr_expect(not(hf_org_parse("iom at", &org)));
    cr_expect(not(hf_org_parse("iom/../at", &org)));
}

Test(hf_text, names_are_words_without_spaces_or_paths)
{
    struct hf_name name;

    cr_assert(hf_name_parse("case_manager", &name));
    cr_expect(hf_name_is(&name, "case_manager"));
    cr_expect(hf_name_parse("Amina.K@kbl", &name));
    cr_expect(not(hf_name_parse("", &name)));
    cr_expect(not(hf_name_parse(".hidden", &name)));
    cr_expect(not(hf_name_parse("a b", &name)));
    cr_expect(not(hf_name_parse("a\nb", &name)));
    cr_expect(not(hf_name_parse("a/b", &name)));
}

Test(hf_text, hex_goes_both_ways_and_refuses_other_lengths)
{
    char out[HF_HEX_BYTES(HF_ID_BYTES)];
    uint8_t back[HF_ID_BYTES] = {0};
    uint8_t two[2] = {7, 7};

    hf_hex(some_id.b, HF_ID_BYTES, out);
    cr_expect(eq(str, out, "123456789abcdef00fedcba987654321"));
    cr_assert(hf_unhex(out, back, HF_ID_BYTES));
    cr_expect(memcmp(back, some_id.b, HF_ID_BYTES) == 0);
    cr_expect(hf_unhex("00fF", two, 2));
    two[0] = 7;
    cr_expect(not(hf_unhex("00f", two, 2)));
    cr_expect(not(hf_unhex("00fff", two, 2)));
    cr_expect(not(hf_unhex("00fg", two, 2)));
    cr_expect(eq(u8, two[0], 7), "untouched on failure");
}

Test(hf_text, numbers_are_bounded_and_nothing_but_digits)
{
    uint64_t n = 5;

    cr_assert(hf_parse_u64("18446744073709551615", 0, UINT64_MAX, &n));
    cr_expect(eq(u64, n, UINT64_MAX));
    n = 5;
    cr_expect(not(hf_parse_u64("18446744073709551616", 0, UINT64_MAX, &n)));
    cr_expect(not(hf_parse_u64("11", 0, 10, &n)));
    cr_expect(not(hf_parse_u64("1", 2, 10, &n)));
    cr_expect(not(hf_parse_u64("", 0, 10, &n)));
    cr_expect(not(hf_parse_u64("-1", 0, UINT64_MAX, &n)));
    cr_expect(not(hf_parse_u64("+1", 0, 10, &n)));
    cr_expect(not(hf_parse_u64(" 1", 0, 10, &n)));
    cr_expect(not(hf_parse_u64("1 ", 0, 10, &n)));
    cr_expect(not(hf_parse_u64("0x1", 0, 10, &n)));
    cr_expect(eq(u64, n, 5), "untouched on failure");
}

Test(hf_text, times_are_read_with_offsets_and_fractions)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } rows[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-02T18:00:00Z", 1793642400000},
        {"2026-11-02T19:00:00+01:00", 1793642400000},
        {"2026-11-02T13:30:00-04:30", 1793642400000},
        {"2026-11-02t18:00:00z", 1793642400000},
        {"2026-11-02T18:00:00.5Z", 1793642400500},
        {"2026-11-02T18:00:00.1239Z", 1793642400123},
        {"2026-11-02T18:00:00.000000001Z", 1793642400000},
        {"2000-02-29", 951782400000},
        {"2024-02-29T23:59:59Z", 1709251199000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t ms = 1;

        cr_assert(hf_time_parse(rows[i].text, &ms), "%s", rows[i].text);
        cr_expect(eq(u64, ms, rows[i].ms), "%s", rows[i].text);
    }
}

Test(hf_text, times_that_do_not_exist_are_refused)
{
    static const char *const rows[] = {
        "2026-02-30",
        "2026-02-30T00:00:00Z",
        "2026-02-29",
        "2100-02-29",
        "1900-02-28",
        "2026-04-31",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-1-01",
        "26-01-01",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:60:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T23:59:59",
        "2026-01-01 23:59:59Z",
        "2026-01-01T23:59:59.Z",
        "2026-01-01T23:59:59+0100",
        "2026-01-01T23:59:59+24:00",
        "2026-01-01T23:59:59Zx",
        "2026-01-01 ",
        "1970-01-01T00:30:00+01:00",
        "",
        "tomorrow",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t ms = 42;

        cr_expect(not(hf_time_parse(rows[i], &ms)), "%s", rows[i]);
        cr_expect(eq(u64, ms, 42));
    }
}

Test(hf_text, every_day_of_four_centuries_survives_the_round_trip)
{
    char out[HF_TIME_TEXT_BYTES];

    for (uint64_t day = 0; day < 146097 + 10; day++) {
        const uint64_t ms = day * 86400000 + day % 86400 * 1000;
        uint64_t back = 0;

        hf_time_format(ms, out);
        cr_assert(hf_time_parse(out, &back), "%s", out);
        cr_assert(eq(u64, back, ms), "%s", out);
    }
}

Test(hf_text, leap_days_are_where_they_belong)
{
    char out[HF_TIME_TEXT_BYTES];

    cr_expect(eq(str, (char *)hf_time_format(951782400000 - 1, out),
                 "2000-02-28T23:59:59.999Z"));
    cr_expect(eq(str, (char *)hf_time_format(951782400000, out),
                 "2000-02-29T00:00:00Z"));
    cr_expect(eq(str, (char *)hf_time_format(4107542400000, out),
                 "2100-03-01T00:00:00Z"));
    cr_expect(eq(str, (char *)hf_time_format(4107542400000 - 86400000, out),
                 "2100-02-28T00:00:00Z"));
    cr_expect(strlen(hf_time_format(UINT64_MAX, out)) < HF_TIME_TEXT_BYTES);
}

Test(hf_text, local_time_follows_the_zone_of_the_process)
{
    char out[HF_TIME_TEXT_BYTES];

    setenv("TZ", "AFT-4:30", 1); /* Kabul */
    tzset();
    cr_expect(eq(str, (char *)hf_time_format_local(1793642400000, out),
                 "2026-11-02 22:30"));
}

Test(hf_text, durations_take_one_unit_and_at_most_ten_years)
{
    char out[HF_TIME_TEXT_BYTES];
    uint64_t ms = 3;

    cr_assert(hf_duration_parse("90s", &ms));
    cr_expect(eq(u64, ms, 90000));
    cr_expect(eq(str, (char *)hf_duration_format(ms, out), "90s"));
    cr_assert(hf_duration_parse("30m", &ms));
    cr_expect(eq(u64, ms, 1800000));
    cr_assert(hf_duration_parse("24h", &ms));
    cr_expect(eq(str, (char *)hf_duration_format(ms, out), "1d"));
    cr_assert(hf_duration_parse("3650d", &ms));
    ms = 3;
    cr_expect(not(hf_duration_parse("3654d", &ms)));
    cr_expect(not(hf_duration_parse("99999999999999999999d", &ms)));
    cr_expect(not(hf_duration_parse("18446744073709551615d", &ms)));
    cr_expect(not(hf_duration_parse("14", &ms)));
    cr_expect(not(hf_duration_parse("d", &ms)));
    cr_expect(not(hf_duration_parse("1h30m", &ms)));
    cr_expect(not(hf_duration_parse("-1h", &ms)));
    cr_expect(not(hf_duration_parse("1.5h", &ms)));
    cr_expect(eq(u64, ms, 3), "untouched on failure");
}

Test(hf_text, sizes_take_a_binary_unit_and_do_not_overflow)
{
    char out[HF_TIME_TEXT_BYTES];
    uint64_t n = 3;

    cr_assert(hf_size_parse("64KiB", &n));
    cr_expect(eq(u64, n, 65536));
    cr_expect(eq(str, (char *)hf_size_format(n, out), "64KiB"));
    cr_expect(eq(str, (char *)hf_size_format(1025, out), "1025B"));
    cr_expect(eq(str, (char *)hf_size_format(0, out), "0B"));
    n = 3;
    cr_expect(not(hf_size_parse("16777216TiB", &n)));
    cr_expect(not(hf_size_parse("64KB", &n)));
    cr_expect(not(hf_size_parse("64", &n)));
    cr_expect(eq(u64, n, 3));
}

static bool
utf8(const char *text)
{
    return hf_utf8_ok((const uint8_t *)text, strlen(text));
}

Test(hf_text, utf8_is_held_to_the_letter)
{
    cr_expect(utf8(""));
    cr_expect(utf8("Kabul\tكابل\r\nکابل"));
    cr_expect(utf8("\xf0\x9f\x98\x80"));
    cr_expect(utf8("\xf4\x8f\xbf\xbf"));
    cr_expect(not(utf8("\x80")), "continuation alone");
    cr_expect(not(utf8("\xc0\xaf")), "overlong");
    cr_expect(not(utf8("\xe0\x80\xaf")), "overlong");
    cr_expect(not(utf8("\xf0\x80\x80\xaf")), "overlong");
    cr_expect(not(utf8("\xed\xa0\x80")), "surrogate");
    cr_expect(not(utf8("\xf4\x90\x80\x80")), "past the end");
    cr_expect(not(utf8("\xff")));
    cr_expect(not(utf8("a\xe2\x82")), "cut short");
    cr_expect(not(utf8("a\x01")), "control");
    cr_expect(not(utf8("\x1b[0m")), "escape");
    cr_expect(not(hf_utf8_ok((const uint8_t *)"a\0b", 3)), "NUL");
}

Test(hf_text, countries_are_codes_in_capitals)
{
    cr_expect(hf_country_ok("AD"));
    cr_expect(hf_country_ok("AF"));
    cr_expect(hf_country_ok("AT"));
    cr_expect(hf_country_ok("ZW"));
    cr_expect(hf_country_ok("XXA"));
    cr_expect(hf_country_ok("XK"));
    cr_expect(not(hf_country_ok("XX")));
    cr_expect(not(hf_country_ok("at")));
    cr_expect(not(hf_country_ok("A")));
    cr_expect(not(hf_country_ok("")));
    cr_expect(not(hf_country_ok("AUT")));
    cr_expect(not(hf_country_ok("D ")), "not across two codes");
}

Test(hf_text, fields_are_little_endian_and_move_the_pointer)
{
    uint8_t bytes[32] = {0};
    uint8_t *w = bytes;
    const uint8_t *r = bytes;
    uint8_t three[3];

    hf_put_u8(&w, 0xab);
    hf_put_u16(&w, 0x0102);
    hf_put_u32(&w, 0x03040506);
    hf_put_u64(&w, 0xfffefdfcfbfaf9f8);
    hf_put_bytes(&w, "abc", 3);
    cr_expect(eq(sz, (size_t)(w - bytes), 18));
    cr_expect(eq(u8, bytes[1], 0x02));
    cr_expect(eq(u8, bytes[3], 0x06));
    cr_expect(eq(u8, bytes[7], 0xf8));

    cr_expect(eq(u8, hf_get_u8(&r), 0xab));
    cr_expect(eq(u16, hf_get_u16(&r), 0x0102));
    cr_expect(eq(u32, hf_get_u32(&r), 0x03040506));
    cr_expect(eq(u64, hf_get_u64(&r), 0xfffefdfcfbfaf9f8));
    hf_get_bytes(&r, three, 3);
    cr_expect(memcmp(three, "abc", 3) == 0);
    cr_expect(r == w);
}

/* ---- text for people ---- */

Test(hf_text, what_is_said_is_cut_at_a_whole_character)
{
    /* two, three and four bytes each; one byte less than the whole */
    static const char *const whole[] = {"a\xc3\xa4", "a\xe2\x82\xac",
                                        "a\xf0\x9f\x98\x80"};
    char out[8];

    for (size_t i = 0; i < 3; i++) {
        const size_t n = strlen(whole[i]);

        for (size_t room = 2; room <= n; room++) {
            hf_say(out, room, "%s", whole[i]);
            cr_expect(eq(str, out, "a"), "%zu of %zu bytes", room, n);
        }
        hf_say(out, n + 1, "%s", whole[i]);
        cr_expect(eq(str, out, (char *)whole[i]));
    }
    hf_say(out, 1, "%s", "text");
    cr_expect(eq(str, out, ""));
}

Test(hf_text, what_is_said_moves_no_terminal_and_is_utf8)
{
    char out[32];

    hf_say(out, sizeof(out), "%s", "a\x1b[2J\nb\x7f");
    cr_expect(eq(str, out, "a?[2J?b?"));
    hf_say(out, sizeof(out), "%s", "\xff\xc3\xa4\xc0\xaf\xed\xa0\x80z");
    cr_expect(eq(str, out, "?\xc3\xa4?????z"));
    cr_expect(hf_utf8_ok((const uint8_t *)out, strlen(out)));
}

Test(hf_text, what_is_said_leaves_zeros_behind_it)
{
    char out[16], zeros[16] = {0};

    memset(out, 'x', sizeof(out));
    hf_say(out, sizeof(out), "%d", 17);
    cr_expect(eq(int, memcmp(out + 2, zeros, sizeof(out) - 2), 0));
}

Test(hf_text, more_is_said_as_long_as_there_is_room)
{
    char out[12] = "";

    for (int i = 0; i < 5; i++)
        hf_say_more(out, sizeof(out), "%s%d", i > 0 ? ", " : "", i);
    cr_expect(eq(str, out, "0, 1, 2, 3,"));
    hf_say_more(out, sizeof(out), " more");
    cr_expect(eq(str, out, "0, 1, 2, 3,"));
}
