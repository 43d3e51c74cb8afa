/* Unit tests of policy/sop_clock and sop_book: by when, and by which pack. */
#include "route_fixture.h"

TestSuite(sop_clock, .init = begin, .fini = end);

Test(sop_clock, sets_the_rules_clocks_and_a_quarter_for_delivery)
{
    offer("clinic-kbl", "clinic");
    route();
    cr_expect(eq(u64, d.decide_ms, NOW_MS + 48 * HOUR));
    cr_expect(eq(u64, d.contact_ms, NOW_MS + 72 * HOUR));
    cr_expect(eq(u64, d.report_ms, NOW_MS + 14 * DAY));
    cr_expect(eq(u64, d.deliver_ms, NOW_MS + 12 * HOUR));
}

Test(sop_clock, raises_an_urgency_but_never_lowers_it)
{
    offer("clinic-kbl", "clinic")->capacity = 0;
    req.urgency = URGENCY_EMERGENCY;
    goes_to("clinic-kbl");
    cr_expect(eq(u64, d.decide_ms, NOW_MS + HOUR));
    cr_expect(eq(u64, d.contact_ms, NOW_MS + 4 * HOUR));
    cr_expect(eq(u64, d.report_ms, NOW_MS + 3 * DAY));

    offer("rescue-kbl", "rescue");
    req.need = (struct hf_name){"health.emergency"};
    req.urgency = URGENCY_NORMAL;
    goes_to("rescue-kbl");
    cr_expect(eq(int, d.urgency, URGENCY_EMERGENCY));
}

Test(sop_clock, subtracts_what_passed_since_the_incident)
{
    offer("clinic-kbl", "clinic");
    req.incident_ms = NOW_MS - 60 * HOUR;
    route();
    cr_expect(eq(u64, d.decide_ms, NOW_MS), "over, so due now");
    cr_expect(eq(u64, d.contact_ms, NOW_MS + 12 * HOUR));
    req.incident_ms = NOW_MS + HOUR;
    route();
    cr_expect(eq(u64, d.contact_ms, NOW_MS + 72 * HOUR));
}

Test(sop_clock, keeps_to_the_services_ceiling)
{
    offer("rescue-kbl", "rescue");
    req.need = (struct hf_name){"health.emergency"};
    route();
    cr_expect(eq(u64, d.contact_ms, NOW_MS + 2 * HOUR));
    req.incident_ms = NOW_MS - HOUR / 2;
    route();
    cr_expect(eq(u64, d.contact_ms, NOW_MS + 2 * HOUR - HOUR / 2));
    cr_expect(eq(u64, d.decide_ms, NOW_MS + HOUR / 2));
}

Test(sop_clock, asks_the_most_local_pack_first_and_its_newest_version)
{
    static const struct {
        const char *pack, *level, *from;
        int version;
    } more[] = {{"world", "international", "2025-01-01", 1},
                {"town", "local", "2025-01-01", 3},
                {"town", "local", "2025-01-01", 4},
                {"town", "local", "2026-12-01", 5}};
    struct sop_pack *p[4];

    offer("clinic-kbl", "clinic");
    for (size_t i = 0; i < 4; i++) {
        char text[512];

        (void)snprintf(
            text, sizeof(text),
            "pack: %s\nversion: %d\ntitle: t\nlevel: %s\n"
            "effective: { from: %s }\n"
            "services:\n"
            "  - { code: clinic, family: health, required: [identity] }\n"
            "rules:\n"
            "  - { id: r%d, source: own, when: { needs: [health.general] },\n"
            "      service: clinic }\n",
            more[i].pack, more[i].version, more[i].level, more[i].from,
            more[i].version);
        p[i] = load(text);
        cr_assert(sop_book_add(book, p[i]));
        cr_expect(not(sop_book_add(book, p[i])), "no pack twice");
    }
    route();
    cr_expect(eq(str, d.rule.s, "r4"));
    req.now_ms = UINT64_C(1796256000000); /* 2026-12-03 */
    route();
    cr_expect(eq(str, d.rule.s, "r5"));
    sop_book_free(book);
    book = sop_book_new();
    for (size_t i = 0; i < 4; i++)
        sop_pack_free(p[i]);
}

Test(sop_clock, finds_a_pack_by_name_and_hash)
{
    const struct hf_name name = {"test"};
    const struct hf_hash hash = {{1, 2, 3}}, other = {{9}};

    sop_pack_set_hash(pack, &hash);
    cr_expect(sop_book_find(book, &name, &hash) == pack);
    cr_expect(sop_book_find(book, &name, &other) == NULL);
    cr_expect(eq(sz, sop_book_count(book), 1));
    cr_expect(sop_book_at(book, 1) == NULL);
    route();
    cr_expect(hf_hash_eq(&d.pack_hash, &hash), "also without a provider");
}

Test(sop_clock, has_the_default_clocks_of_each_urgency)
{
    uint64_t decide, contact, report;

    sop_default_clocks(URGENCY_NONE, 5, &decide, &contact, &report);
    cr_expect(eq(u64, decide, 5 + 7 * DAY));
    sop_default_clocks(URGENCY_URGENT, 0, &decide, &contact, &report);
    cr_expect(eq(u64, contact, 72 * HOUR));
    sop_default_clocks(URGENCY_EMERGENCY, 0, &decide, &contact, &report);
    cr_expect(eq(u64, report, 3 * DAY));
}
