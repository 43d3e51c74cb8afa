#include <inttypes.h>
#include <stdarg.h>

#include "hf_text.h"
#include "sop_internal.h"

#define COLUMNS 80
#define INDENT  4

/* One paragraph, wrapped between words. Leading spaces are kept; lines after
 * the first are indented by four. */
__attribute__((format(printf, 2, 3))) static void
say(struct hf_buf *out, const char *fmt, ...)
{
    char text[512];
    const char *p = text;
    bool is_begin = true;
    size_t column;
    va_list args;

    va_start(args, fmt);
    hf_vsay(text, sizeof(text), fmt, args);
    va_end(args);
    column = strspn(text, " ");
    (void)hf_buf_printf(out, "%*s", (int)column, "");
    for (p += column; *p != '\0'; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");

        if (!is_begin && column + 1 + n > COLUMNS) {
            (void)hf_buf_printf(out, "\n%*s", INDENT, "");
            column = INDENT;
        } else if (!is_begin) {
            (void)hf_buf_add(out, " ", 1);
            column++;
        }
        is_begin = false;
        (void)hf_buf_add(out, p, n);
        column += n;
        p += n;
    }
    (void)hf_buf_add(out, "\n", 1);
}

static void
say_categories(struct hf_buf *out, const char *what, uint32_t set)
{
    char list[256] = "";

    for (uint32_t i = 1; i < CATEGORY_END; i++)
        if ((set & CATEGORY_BIT(i)) != 0) {
            const size_t used = strlen(list);

            hf_say(list + used, sizeof(list) - used, "%s%s",
                     used > 0 ? ", " : "", category_text((enum category)i));
        }
    if (set != 0)
        say(out, "  %s: %s", what, list);
}

static void
say_clock(struct hf_buf *out, const char *what, uint64_t due_ms)
{
    char time[HF_TIME_TEXT_BYTES];

    if (due_ms != 0)
        say(out, "  %s by %s", what, hf_time_format(due_ms, time));
}

static void
say_outcome(const struct sop_decision *d, struct hf_buf *out)
{
    const char *what = sop_need_text(d->need.s);

    say(out, "Need: %s%s%s", d->need.s, what[0] != '\0' ? ", " : "", what);
    if (what[0] == '\0')
        say(out, "Nowhere: no such need is known.");
    else if (d->outcome == SOP_CHOSEN)
        say(out, "Goes to %s, service %s%s.", d->to.s, d->service.code.s,
            d->is_fallback ? ", the rule's fallback" : "");
    else if (d->outcome == SOP_NO_PROVIDER)
        say(out,
            "Nowhere: a rule asks for service %s, but nobody can serve. "
            "Record the unmet need.",
            d->service.code.s);
    else
        say(out, "Nowhere: no rule matches this need and this person.");
}

static void
say_rule(const struct sop_decision *d, struct hf_buf *out)
{
    say(out, "Because of rule %s in pack %s, version %u.", d->rule.s, d->pack.s,
        (unsigned)d->pack_version);
    say(out, "  Source: %s", d->clause);
    say(out, "Urgency: %s%s%s", urgency_text(d->urgency),
        d->urgency == URGENCY_EMERGENCY
            ? ". Telephone first. Cost, papers and free places do not count."
            : "",
        d->from_incident ? " Clocks run from the incident." : "");
    say_clock(out, "received", d->deliver_ms);
    say_clock(out, "decided", d->decide_ms);
    say_clock(out, "first contact", d->contact_ms);
    say_clock(out, "report", d->report_ms);
    if (d->calendar.s[0] != '\0')
        say(out, "  in the working hours of calendar %s", d->calendar.s);
    say(out, "Data of the case, as far as consent covers it, %s:",
        d->on_send ? "at once, with the referral"
                   : "after the provider has accepted");
    say_categories(out, "required", d->service.required);
    say_categories(out, "allowed", d->service.allowed);
    say_categories(out, "never", d->service.never);
    if (d->payer != PAYER_NONE || d->cost_minor > 0)
        say(out, "Cost for the returnee: %" PRIu32 ".%02" PRIu32 "%s%s%s%s",
            d->cost_minor / 100, d->cost_minor % 100,
            d->payer != PAYER_NONE ? "; paid by " : "",
            sop_payer_text(d->payer), d->budget.s[0] != '\0' ? ", budget " : "",
            d->budget.s);
    if (d->approval)
        say(out, "A supervisor must approve before it is sent.");
    if (d->expires)
        say(out, "It may expire when nobody decides in time.");
}

static void
say_candidates(const struct sop_decision *d, struct hf_buf *out)
{
    say(out, "Providers looked at:%s", d->n_candidates > 0 ? "" : " none.");
    for (size_t i = 0; i < d->n_candidates; i++) {
        const struct sop_candidate *c = &d->candidate[i];

        say(out, "  %s (%s): %s", c->org.s, c->code.s, c->why);
    }
}

static void
say_rules(const struct sop_decision *d, struct hf_buf *out)
{
    say(out, "Rules looked at:%s", d->n_rules > 0 ? "" : " none.");
    for (size_t i = 0; i < d->n_rules; i++)
        say(out, "  %s%s%s: %s", d->rule_seen[i].pack.s,
            d->rule_seen[i].rule.s[0] != '\0' ? " / " : "",
            d->rule_seen[i].rule.s, d->rule_seen[i].why);
}

void
sop_explain(const struct sop_decision *d, struct hf_buf *out)
{
    say_outcome(d, out);
    if (d->outcome != SOP_NO_RULE) {
        say_rule(d, out);
        say_candidates(d, out);
    }
    say_rules(d, out);
}
