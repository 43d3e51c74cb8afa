/* show ID [--trace]: one referral, transfer or withdrawal. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_i18n.h"
#include "cli_entry.h"
#include "cli_out.h"
#include "cmd.h"
#include "hf_text.h"

/* The keys under which the two chains of a kind are exported. */
static void
side_keys(const char *kind, const char *ret[2])
{
    ret[0] = "s";
    ret[1] = "r";
    if (strcmp(kind, "transfer") == 0) {
        ret[0] = "h";
        ret[1] = "n";
    } else if (strcmp(kind, "withdrawal") == 0) {
        ret[0] = "g";
        ret[1] = "a";
    }
}

/* A node that lists only "chain" leaves it to us to sort it by author, so
 * that the output can be fed to `chain state` as it is. */
static void
sort_by_author(json_t *j, const char *const keys[2])
{
    json_t *side[2] = {json_array(), json_array()}, *item;
    size_t i;

    json_array_foreach(json_object_get(j, "chain"), i, item)
    {
        const bool first =
            strcmp(cli_out_text(item, "author"), cli_out_text(j, "from")) == 0;

        (void)json_array_append(side[first ? 0 : 1], item);
    }
    (void)json_object_set_new(j, keys[0], side[0]);
    (void)json_object_set_new(j, keys[1], side[1]);
}

/* What was signed, into the line of "chain" that tells of it. */
static void
add_signed(json_t *line, const json_t *list)
{
    json_t *e;
    size_t i;

    json_array_foreach(list, i, e)
    {
        if (json_object_get(e, "sig") == NULL)
            (void)json_object_set(e, "sig", json_object_get(e, "signature"));
        if (!json_equal(json_object_get(e, "n"), json_object_get(line, "n")) ||
            strcmp(cli_out_text(e, "event"), cli_out_text(line, "event")) != 0)
            continue;
        (void)json_object_set(line, "hash", json_object_get(e, "hash"));
        (void)json_object_set(line, "sig", json_object_get(e, "sig"));
        (void)json_object_set(line, "entry", json_object_get(e, "entry"));
    }
}

static void
complete_export(json_t *j)
{
    const char *keys[2];
    json_t *item;
    size_t i;

    side_keys(cli_out_text(j, "kind"), keys);
    if (json_object_get(j, keys[0]) == NULL) {
        sort_by_author(j, keys);
        return;
    }
    json_array_foreach(json_object_get(j, "chain"), i, item)
    {
        const bool first = strcmp(cli_out_text(item, "side"), keys[0]) == 0;

        add_signed(item, json_object_get(j, keys[first ? 0 : 1]));
    }
}

static const char *
waits_text(const char *what)
{
    static const struct {
        const char *what, *text;
    } texts[] = {
        {"prekey", "no prekey of theirs: their node is off; telephone"},
        {"suspended", "they are suspended: only withdrawals go; telephone"},
        {"left", "they have left: only withdrawals go; telephone"},
        {"not_listed", "the registry does not list them; telephone"},
        {"we_are_suspended", "we are suspended: only withdrawals go"},
        {"registry_stale", "our registry is stale: see handoff status"}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(what, texts[i].what) == 0)
            return texts[i].text;
    return what;
}

/* What to do with a provider that says no, or nothing. */
static void
print_next(FILE *out, const json_t *j)
{
    const json_t *next = json_object_get(j, "next");
    const char *to = cli_out_text(next, "to");

    if (next == NULL)
        return;
    if (to[0] == '\0')
        cli_out_field(out, "Next",
                      "nobody, by the SOP: handoff close ID --unmet yes");
    else
        cli_out_fieldf(out, "Next", "%s, for %s: handoff next ID", to,
                       cli_out_text(next, "service"));
}

static void
print_head(FILE *out, const json_t *j)
{
    char at[CLI_OUT_TIME];
    const char *kind = cli_out_text(j, "kind");

    cli_out_fieldf(out, CLI_N("Id"), "%s (%s, %s)", cli_out_text(j, "id"), kind,
                   cli_out_text(j, "direction"));
    cli_out_fieldf(out, "State", "%s%s%s", cli_out_text(j, "state"),
                   cli_out_true(j, "forked") ? ", FORKED" : "",
                   cli_out_true(j, "overdue") ? ", OVERDUE" : "");
    if (cli_out_text(j, "waiting_for")[0] != '\0')
        cli_out_fieldf(out, CLI_N("Waiting"), "since %s: %s",
                       cli_out_time(cli_out_text(j, "waiting_since"), at),
                       waits_text(cli_out_text(j, "waiting_for")));
    cli_out_field(out, CLI_N("From"), cli_out_text(j, "from"));
    cli_out_field(out, CLI_N("To"), cli_out_text(j, "to"));
    cli_out_field(out, "Service", cli_out_text(j, "service"));
    cli_out_field(out, "Urgency", cli_out_text(j, "urgency"));
    cli_out_field(out, "Reason", cli_out_text(j, "reason"));
    cli_out_field(out, CLI_N("Owner here"), cli_out_text(j, "owner"));
    cli_out_field(out, "Case", cli_out_text(j, "case"));
    cli_out_field(out, CLI_N("Part of"), cli_out_text(j, "part_of"));
    cli_out_field(out, CLI_N("First from"),
                  cli_out_text(j, "referred_at_first_by"));
    cli_out_field(out, "Household", cli_out_text(j, "household"));
    cli_out_field(out, "Number", cli_out_text(j, "number"));
    cli_out_field(out, CLI_N("Decision"), cli_out_text(j, "decision"));
    print_next(out, j);
    cli_out_field(out, "Changed", cli_out_time(cli_out_text(j, "at"), at));
}

static void
print_contacts(FILE *out, const json_t *contacts)
{
    static const char *const sides[] = {"from", "to"};

    for (size_t i = 0; i < 2; i++) {
        const json_t *who = json_object_get(contacts, sides[i]);

        if (json_is_string(who))
            cli_out_fieldf(out, i == 0 ? CLI_N("Contacts") : "", "%s: %s",
                           sides[i], json_string_value(who));
        else if (json_object_size(who) > 0)
            cli_out_fieldf(out, i == 0 ? CLI_N("Contacts") : "", "%s: %s %s",
                           sides[i], cli_out_text(who, "org"),
                           cli_out_text(who, "name"));
    }
}

static void
print_clocks(FILE *out, const json_t *clocks)
{
    json_t *item;
    size_t i;

    json_array_foreach(clocks, i, item)
    {
        const json_t *met = json_object_get(item, "met");
        char due[CLI_OUT_TIME], at[CLI_OUT_TIME];

        (void)cli_out_time(cli_out_text(item, "due"), due);
        if (json_is_string(met))
            cli_out_fieldf(out, i == 0 ? CLI_N("Clocks") : "",
                           "%-8s by %s, done %s%s",
                           cli_out_text(item, "what"), due,
                           cli_out_time(json_string_value(met), at),
                           cli_out_true(item, "met_in_doubt")
                               ? " (clock in doubt)"
                               : "");
        else
            cli_out_fieldf(out, i == 0 ? CLI_N("Clocks") : "", "%-8s by %s%s",
                           cli_out_text(item, "what"), due,
                           json_is_true(met) ? ", done" : "");
    }
}

/* Whom the person was sent on to, and to whom they may be. */
static void
print_onward(FILE *out, const json_t *j)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(j, "onward"), i, item)
    {
        char id[CLI_OUT_ID];

        cli_out_fieldf(out, i == 0 ? CLI_N("Sent on") : "", "%s  %s%s%s  %s",
                       cli_out_id(cli_out_text(item, "id"), id),
                       cli_out_text(item, "state"),
                       cli_out_text(item, "to")[0] ? ", to " : "",
                       cli_out_text(item, "to"), cli_out_text(item, "service"));
    }
    json_array_foreach(json_object_get(j, "may_send_on"), i, item)
    {
        char *categories = cli_out_join(json_object_get(item, "categories"));
        const char *until = cli_out_text(item, "until");
        char at[CLI_OUT_TIME];

        cli_out_fieldf(out, i == 0 ? CLI_N("May go on") : "", "to %s: %s%s%s",
                       cli_out_text(item, "to"),
                       categories != NULL && categories[0] ? categories
                                                           : "nothing any more",
                       until[0] ? ", until " : "",
                       until[0] ? cli_out_time(until, at) : "");
        free(categories);
    }
}

/* A card has all its fields always; here those that say something. */
static void
drop_empty(json_t *map)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(map, next, key, value)
    {
        if (json_is_null(value) ||
            (json_is_array(value) && json_array_size(value) == 0) ||
            (json_is_object(value) && json_object_size(value) == 0))
            (void)json_object_del(map, key);
    }
}

static void
print_part(FILE *out, const char *title, json_t *part)
{
    drop_empty(part);
    if (json_object_size(part) == 0)
        return;
    fprintf(out, "\n%s\n", title);
    cli_out_data(out, 2, part);
}

static void
print_files(FILE *out, const json_t *files)
{
    json_t *f;
    size_t i;

    if (json_array_size(files) > 0)
        fputs("\nAttachments\n", out);
    json_array_foreach(files, i, f)
    {
        const json_int_t bytes =
            json_integer_value(json_object_get(f, "bytes"));
        const json_int_t held = json_integer_value(json_object_get(f, "held"));
        char *name = cli_out_clean(cli_out_text(f, "name"));

        fprintf(out, "  %s  %s\n    %s, %lld bytes, %s",
                cli_out_text(f, "attachment"), name != NULL ? name : "",
                cli_out_text(f, "category"), (long long)bytes,
                cli_out_text(f, "state"));
        if (held < bytes)
            fprintf(out, ", %lld %% here",
                    (long long)(bytes > 0 ? held * 100 / bytes : 0));
        fputc('\n', out);
        free(name);
    }
}

/* Sections that are held and that this user's role does not show. */
static void
print_withheld(FILE *out, const json_t *withheld)
{
    char *text;

    if (json_array_size(withheld) == 0)
        return;
    text = cli_out_join(withheld);
    fputc('\n', out);
    cli_out_field(out, "Not for you", text);
    free(text);
}

static void
print_receipt(FILE *out, const json_t *r)
{
    char at[CLI_OUT_TIME];

    if (strcmp(cli_out_text(r, "stage"), "local") == 0) {
        fprintf(out, "  %s  %-12s   here: %s, %s\n",
                cli_out_time(cli_out_text(r, "at"), at), cli_out_text(r, "by"),
                cli_out_text(r, "event"), cli_out_text(r, "user"));
        return;
    }
    if (strcmp(cli_out_text(r, "stage"), "overdue") == 0) {
        fprintf(out, "  %s  %-12s   overdue: %s, told: %s\n",
                cli_out_time(cli_out_text(r, "at"), at), cli_out_text(r, "by"),
                cli_out_text(r, "what"), cli_out_text(r, "rung"));
        return;
    }
    fprintf(out, "  %s  %-12s   receipt: %s%s%s\n",
            cli_out_time(cli_out_text(r, "at"), at), cli_out_text(r, "by"),
            cli_out_text(r, "stage"), cli_out_text(r, "reason")[0] ? ", " : "",
            cli_out_text(r, "reason"));
}

/* A line of the trace: an entry or a receipt, and when. */
struct moment {
    uint64_t at_ms;
    size_t order; /* among those of one instant */
    bool is_receipt;
    const json_t *what;
};

static int
by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;

    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static size_t
collect(struct moment *m, size_t n, const json_t *list, bool is_receipt)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        m[n] =
            (struct moment){.order = n, .is_receipt = is_receipt, .what = item};
        if (!hf_time_parse(cli_out_text(item, "at"), &m[n].at_ms))
            m[n].at_ms = 0;
        n++;
    }
    return n;
}

static void
print_trace(FILE *out, const json_t *j)
{
    const json_t *chain = json_object_get(j, "chain");
    const json_t *receipts = json_object_get(j, "receipts");
    const size_t max = json_array_size(chain) + json_array_size(receipts);
    struct moment *m = calloc(max + 1, sizeof(*m));
    size_t n;

    if (m == NULL)
        return;
    n = collect(m, 0, chain, false);
    n = collect(m, n, receipts, true);
    qsort(m, n, sizeof(*m), by_time);
    fputs("\nTrace\n", out);
    for (size_t i = 0; i < n; i++)
        if (m[i].is_receipt)
            print_receipt(out, m[i].what);
        else
            cli_entry_print(out, m[i].what);
    free(m);
}

static void
print_object(FILE *out, const json_t *j, bool trace)
{
    json_t *item;
    size_t i;

    print_head(out, j);
    print_contacts(out, json_object_get(j, "contacts"));
    print_clocks(out, json_object_get(j, "clocks"));
    print_onward(out, j);
    print_part(out, "Card", json_object_get(j, "card"));
    print_part(out, "Sections", json_object_get(j, "sections"));
    print_part(out, "Given back", json_object_get(j, "sections_back"));
    print_files(out, json_object_get(j, "attachments"));
    print_part(out, "Without consent, in a vital interest",
               json_object_get(j, "vital_interest"));
    print_withheld(out, json_object_get(j, "withheld"));
    if (trace) {
        print_trace(out, j);
        return;
    }
    if (json_array_size(json_object_get(j, "chain")) > 0)
        fputs("\nWhat happened\n", out);
    json_array_foreach(json_object_get(j, "chain"), i, item)
        cli_entry_print(out, item);
}

int
cmd_show(struct cli *c)
{
    const bool trace = cli_has(c, "trace");
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    cli_path_begin(&p, "/objects");
    cli_path_add(&p, c->arg[0]);
    cli_path_query(&p, "trace", trace ? "1" : NULL);
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &answer);
    if (status == 0) {
        if (trace)
            complete_export(answer);
        if (!cli_say(c, answer))
            print_object(c->out, answer, trace);
    }
    json_decref(answer);
    return status;
}
