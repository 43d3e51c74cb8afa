/* print ID|CASE: the inter-agency referral form, or the record of a case, for
 * paper and in the user's language. What this user may read stands in it, and
 * lines to fill in by hand for the rest. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_html.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "cmd.h"
#include "hf_file.h"

#define PAGE_BYTES_MAX (16u * 1024 * 1024)

/* ---- rows of a form ---- */

static void
heading(struct hf_buf *out, const char *text)
{
    cli_html_raw(out, "<h2>");
    cli_html_plain(out, cli_tr(text));
    cli_html_raw(out, "</h2>\n");
}

/* A row that stays empty is a line to write on. */
static void
row(struct hf_buf *out, const char *label, const char *value)
{
    cli_html_raw(out, "<dt>");
    cli_html_plain(out, cli_tr(label));
    cli_html_raw(out, "</dt><dd>");
    if (value != NULL && value[0] != '\0')
        cli_html_text(out, value);
    else
        cli_html_raw(out, "<span class=\"line\"></span>");
    cli_html_raw(out, "</dd>");
}

static void
row_time(struct hf_buf *out, const char *label, const char *time)
{
    char at[CLI_OUT_TIME];

    row(out, label, time[0] == '\0' ? "" : cli_out_time(time, at));
}

/* Words of a vocabulary, in the reader's language, with commas between. */
static void
row_words(struct hf_buf *out, const char *label, const json_t *list)
{
    char *text = NULL;
    size_t size = 0, i;
    FILE *f = open_memstream(&text, &size);
    json_t *item;

    if (f == NULL)
        return;
    json_array_foreach(list, i, item)
        fprintf(f, "%s%s", i > 0 ? ", " : "",
                json_is_string(item) ? cli_tr(json_string_value(item)) : "");
    (void)fclose(f);
    row(out, label, text);
    free(text);
}

static void
boxes(struct hf_buf *out, const char *const *labels)
{
    for (; *labels != NULL; labels++) {
        cli_html_raw(out, "<span class=\"box\"></span>&nbsp;");
        cli_html_plain(out, cli_tr(*labels));
        cli_html_raw(out, " &emsp;");
    }
}

static void
row_boxes(struct hf_buf *out, const char *label, const char *const *labels)
{
    cli_html_raw(out, "<dt>");
    cli_html_plain(out, cli_tr(label));
    cli_html_raw(out, "</dt><dd>");
    boxes(out, labels);
    cli_html_raw(out, "</dd>");
}

/* ---- parts of the referral form ---- */

static void
agency(struct hf_buf *out, const char *title, const json_t *contact)
{
    const char *name = cli_out_text(contact, "name");
    const char *focal = cli_out_text(contact, "focal");

    heading(out, title);
    cli_html_facts(out, true);
    row(out, CLI_N("Organisation"),
        name[0] ? name : cli_out_text(contact, "org"));
    row(out, CLI_N("Contact"),
        focal[0] ? focal : cli_out_text(contact, "manager"));
    row(out, CLI_N("Phone"), cli_out_text(contact, "phone"));
    row(out, CLI_N("E-mail"), "");
    row(out, CLI_N("Country"), cli_out_text(contact, "country"));
    cli_html_facts(out, false);
}

/* The whole name as it is written, in this order. */
static void
row_name(struct hf_buf *out, const json_t *identity)
{
    static const char *const parts[] = {"name", "given_name", "father_name",
                                        "family_name"};
    char name[512] = "";
    size_t n = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        const char *text = cli_out_text(identity, parts[i]);
        const int k = snprintf(name + n, sizeof(name) - n, "%s%s",
                               n > 0 && text[0] ? " " : "", text);

        if (k < 0 || (size_t)k >= sizeof(name) - n)
            break;
        n += (size_t)k;
    }
    row(out, CLI_N("Name"), name);
}

static void
client(struct hf_buf *out, const json_t *j)
{
    const json_t *sections = json_object_get(j, "sections");
    const json_t *identity = json_object_get(sections, "identity");
    const json_t *contact = json_object_get(sections, "contact");
    const json_t *card = json_object_get(j, "card");
    const json_t *way = json_array_get(json_object_get(contact, "ways"), 0);
    const char *sex = cli_out_text(identity, "sex");

    heading(out, CLI_N("Person referred"));
    cli_html_facts(out, true);
    row_name(out, identity);
    row(out, CLI_N("Date of birth"), cli_out_text(identity, "birth_date"));
    row(out, CLI_N("Age"), cli_out_text(card, "age_band"));
    row(out, CLI_N("Sex"), cli_tr(sex[0] ? sex : cli_out_text(card, "sex")));
    row(out, CLI_N("Nationality"), cli_out_text(identity, "nationality"));
    row_words(out, CLI_N("Languages"), json_object_get(card, "languages"));
    row(out, CLI_N("Place"), cli_out_text(card, "province"));
    row(out, CLI_N("Phone"), cli_out_text(way, "value"));
    row(out, CLI_N("Safe time to call"), cli_out_text(way, "safe_hours"));
    row(out, CLI_N("What may be said to others"), cli_out_text(way, "may_say"));
    row(out, CLI_N("Caregiver, if a child"), "");
    row_words(out, CLI_N("Particular needs"), json_object_get(card, "groups"));
    cli_html_facts(out, false);
}

static void
request(struct hf_buf *out, const json_t *j)
{
    const json_t *card = json_object_get(j, "card"), *item;
    const char *service = cli_out_text(j, "service");
    json_t *wishes = json_object_get(card, "wishes");
    json_t *clocks = json_object_get(j, "clocks");
    size_t i;

    heading(out, CLI_N("What is asked for"));
    cli_html_facts(out, true);
    row(out, CLI_N("Service"), cli_tr(service));
    row(out, CLI_N("Need"), cli_out_text(j, "need"));
    row(out, CLI_N("Urgency"), cli_tr(cli_out_text(j, "urgency")));
    row(out, CLI_N("Interpreter"), cli_out_text(wishes, "interpreter"));
    row(out, CLI_N("Practitioner"),
        cli_tr(cli_out_text(wishes, "practitioner")));
    json_array_foreach(clocks, i, item)
    {
        const char *what = cli_out_text(item, "what");

        if (strcmp(what, "decide") == 0)
            row_time(out, CLI_N("Answer by"), cli_out_text(item, "due"));
        else if (strcmp(what, "contact") == 0)
            row_time(out, CLI_N("First contact by"), cli_out_text(item, "due"));
        else if (strcmp(what, "report") == 0)
            row_time(out, CLI_N("Report by"), cli_out_text(item, "due"));
    }
    row(out, CLI_N("Reason for referral, and what was done already"), "");
    cli_html_facts(out, false);
}

/* What was given beyond name and contact, as it is written. */
static void
data(struct hf_buf *out, const json_t *sections)
{
    static const char *const shown[] = {"identity", "contact", NULL};
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)sections, key, value)
    {
        if (strcmp(key, shown[0]) == 0 || strcmp(key, shown[1]) == 0)
            continue;
        cli_html_heading(out, key);
        cli_html_value(out, value);
    }
}

static void
consent(struct hf_buf *out, const json_t *j)
{
    static const char *const forms[] = {CLI_N("written"),
                                        CLI_N("verbal, witnessed"), NULL};
    const json_t *sections = json_object_get(j, "sections");
    json_t *given = json_array(), *value;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)sections, key, value)(void)
        json_array_append_new(given, json_string(key));
    heading(out, CLI_N("Consent"));
    cli_html_note(
        out, cli_tr(CLI_N("The person agrees that what stands here is given "
                          "to the organisation above, for this purpose, and "
                          "may withdraw this at any time.")));
    cli_html_facts(out, true);
    row_words(out, CLI_N("Data given"), given);
    row_boxes(out, CLI_N("How consent was given"), forms);
    row(out, CLI_N("Restrictions"), "");
    row(out, CLI_N("Signature or thumbprint"), "");
    row(out, CLI_N("Date"), "");
    cli_html_facts(out, false);
    json_decref(given);
}

static void
answer(struct hf_buf *out, const json_t *j)
{
    static const char *const answers[] = {CLI_N("accepted"), CLI_N("declined"),
                                          CLI_N("on the waiting list"), NULL};
    static const char *const ways[] = {CLI_N("by phone"), CLI_N("on paper"),
                                       CLI_N("in person"), NULL};
    const char *state = cli_out_text(j, "state");

    heading(out, CLI_N("Answer of the receiving organisation"));
    cli_html_facts(out, true);
    row(out, CLI_N("State"), cli_tr(state));
    row_boxes(out, CLI_N("Answer"), answers);
    row_boxes(out, CLI_N("Given"), ways);
    row(out, CLI_N("Reason"), cli_tr(cli_out_text(j, "reason")));
    row(out, CLI_N("Appointment"), "");
    row(out, CLI_N("Name of the recipient"), "");
    row(out, CLI_N("Signature"), "");
    row(out, CLI_N("Date"), "");
    cli_html_facts(out, false);
}

static void
put_form(struct hf_buf *out, const json_t *j)
{
    const json_t *contacts = json_object_get(j, "contacts");

    cli_html_begin(out, cli_tr(CLI_N("Inter-agency referral form")));
    cli_html_note(out, cli_tr(CLI_N("Confidential. Keep it locked away; give "
                                    "it to nobody but the organisation it is "
                                    "addressed to.")));
    cli_html_facts(out, true);
    row(out, CLI_N("Number of the referral"), cli_out_text(j, "id"));
    row_time(out, CLI_N("Date of the referral"), cli_out_text(j, "created"));
    if (cli_out_text(j, "part_of")[0] != '\0')
        row(out, CLI_N("Sent on from"), cli_out_text(j, "part_of"));
    cli_html_facts(out, false);
    agency(out, CLI_N("Referring organisation"),
           json_object_get(contacts, "from"));
    agency(out, CLI_N("Receiving organisation"),
           json_object_get(contacts, "to"));
    client(out, j);
    request(out, j);
    data(out, json_object_get(j, "sections"));
    consent(out, j);
    answer(out, j);
    cli_html_end(out);
}

/* ---- the record ---- */

static void
matters(struct hf_buf *out, const json_t *list)
{
    static const char *const heads[] = {CLI_N("Number"), CLI_N("Service"),
                                        CLI_N("Organisation"), CLI_N("State"),
                                        CLI_N("Date")};
    json_t *item;
    size_t i;

    heading(out, CLI_N("Referrals and transfers"));
    cli_html_raw(out, "<table><thead><tr>");
    for (i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        cli_html_raw(out, "<th>");
        cli_html_plain(out, cli_tr(heads[i]));
        cli_html_raw(out, "</th>");
    }
    cli_html_raw(out, "</tr></thead><tbody>\n");
    json_array_foreach(list, i, item)
    {
        const char *state = cli_tr(cli_out_text(item, "state"));
        const char *in = cli_out_text(item, "direction");
        char at[CLI_OUT_TIME], id[CLI_OUT_ID];
        const char *cells[] = {
            cli_out_id(cli_out_text(item, "id"), id),
            cli_tr(cli_out_text(item, "service")),
            cli_out_text(item, strcmp(in, "in") == 0 ? "from" : "to"), state,
            cli_out_time(cli_out_text(item, "at"), at)};

        cli_html_raw(out, "<tr>");
        for (size_t k = 0; k < sizeof(cells) / sizeof(*cells); k++) {
            cli_html_raw(out, "<td>");
            cli_html_text(out, cells[k]);
            cli_html_raw(out, "</td>");
        }
        cli_html_raw(out, "</tr>\n");
    }
    cli_html_raw(out, "</tbody></table>\n");
}

static void
put_record(struct hf_buf *out, const json_t *j)
{
    const json_t *custody = json_object_get(j, "custody");
    const char *key;
    json_t *value;

    cli_html_begin(out, cli_tr(CLI_N("Case record")));
    cli_html_note(out, cli_tr(CLI_N("Confidential. Keep it locked away; give "
                                    "it to nobody but the organisation it is "
                                    "addressed to.")));
    cli_html_facts(out, true);
    row(out, CLI_N("Case"), cli_out_text(j, "case"));
    row(out, CLI_N("Number"), cli_out_text(j, "number"));
    row(out, CLI_N("Stage"), cli_tr(cli_out_text(j, "stage")));
    row(out, CLI_N("Responsible"), cli_out_text(custody, "holder"));
    row(out, CLI_N("Case manager"), cli_out_text(j, "owner"));
    row_time(out, CLI_N("Opened"), cli_out_text(j, "created"));
    row_time(out, CLI_N("Changed"), cli_out_text(j, "changed"));
    if (json_array_size(json_object_get(j, "withheld")) > 0)
        row_words(out, CLI_N("Not for you"), json_object_get(j, "withheld"));
    cli_html_facts(out, false);
    json_object_foreach(json_object_get(j, "sections"), key, value)
    {
        cli_html_heading(out, key);
        cli_html_value(out, value);
    }
    matters(out, json_object_get(j, "matters"));
    cli_html_end(out);
}

/* ---- the command ---- */

/* --language; else the user's own at this node; else the terminal's. */
static int
choose_language(struct cli *c)
{
    const char *wanted = cli_value(c, "language");
    json_t *me = NULL;
    int status = 0;

    if (wanted == NULL) {
        status = cli_get(c, "/me", &me);
        wanted = cli_out_text(me, "language");
    }
    if (status == 0 && wanted[0] != '\0' && !cli_i18n_use(wanted) &&
        cli_has(c, "language"))
        status = cli_fail(c, EX_USAGE, "usage", "en, fr or ar",
                          "--language %.20s has no translation", wanted);
    json_decref(me);
    return status;
}

static int
write_page(struct cli *c, const struct hf_buf *page)
{
    const char *path = cli_value(c, "to");
    json_t *said;

    if (page->failed)
        return cli_fail(c, EX_SOFTWARE, "internal", NULL, "out of memory");
    if (path == NULL) {
        said = json_pack("{s:s%}", "html", (const char *)page->p, page->n);
        if (!cli_say(c, said))
            (void)fwrite(page->p, 1, page->n, c->out);
    } else {
        const int status = cli_write_new(c, "to", path, page);

        if (status != 0)
            return status;
        said = json_pack("{s:s}", "to", path);
        if (!cli_say(c, said))
            fprintf(c->out, "%s\n", path);
    }
    json_decref(said);
    return 0;
}

static int
get_matter(struct cli *c, bool is_case, json_t **ret)
{
    struct cli_path p;

    cli_path_begin(&p, is_case ? "/cases" : "/objects");
    cli_path_add(&p, c->arg[0]);
    cli_path_query(&p, "matters", is_case ? "1" : NULL);
    cli_path_query(&p, "why", cli_value(c, "why"));
    return cli_get(c, p.text, ret);
}

static bool
is_page(const char *path)
{
    const size_t n = path != NULL ? strlen(path) : 0;

    return path == NULL || (n > 5 && strcmp(path + n - 5, ".html") == 0);
}

int
cmd_print(struct cli *c)
{
    const bool is_case = strncasecmp(c->arg[0], "HC-", 3) == 0;
    json_t *j = NULL;
    struct hf_buf page;
    int status;

    if (!is_page(cli_value(c, "to")))
        return cli_fail(c, EX_USAGE, "usage", "for example --to form.html",
                        "%s: paper is an .html file", cli_value(c, "to"));
    status = get_matter(c, is_case, &j);
    if (status == 0 && !is_case &&
        strcmp(cli_out_text(j, "kind"), "referral") != 0)
        status = cli_fail(c, EX_USAGE, "usage", "handoff print CASE",
                          "a form is printed of a referral, a record of a "
                          "case");
    if (status == 0)
        status = choose_language(c);
    if (status == 0) {
        hf_buf_init(&page, PAGE_BYTES_MAX);
        (is_case ? put_record : put_form)(&page, j);
        status = write_page(c, &page);
        hf_buf_free(&page);
    }
    json_decref(j);
    return status;
}
