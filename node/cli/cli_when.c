#include "cli_when.h"

#include <string.h>
#include <time.h>

#include "hf_proc.h"

/* "2026-11-25 10:00" or "...T10:00[:30]": no zone, so the terminal's. */
static bool
parse_local(const char *text, uint64_t *ret_ms)
{
    static const char *const forms[] = {"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
                                        "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(text, forms[i], &tm);
        const int day = tm.tm_mday;
        time_t t;

        if (end == NULL || *end != '\0')
            continue;
        tm.tm_isdst = -1;
        t = mktime(&tm);
        if (t < 0 || tm.tm_mday != day)
            return false; /* 30 February */
        *ret_ms = (uint64_t)t * 1000;
        return true;
    }
    return false;
}

bool
cli_when_parse(const char *text, enum cli_side side, uint64_t now_ms,
               char out[static HF_TIME_TEXT_BYTES])
{
    uint64_t ms;

    if (hf_time_parse(text, &ms)) {
        if (strlen(text) >= HF_TIME_TEXT_BYTES)
            (void)hf_time_format(ms, out);
        else
            memcpy(out, text, strlen(text) + 1);
        return true;
    }
    if (parse_local(text, &ms)) {
        (void)hf_time_format(ms, out);
        return true;
    }
    if (!hf_duration_parse(text, &ms) || ms > now_ms)
        return false;
    ms = side == CLI_AHEAD ? now_ms + ms : now_ms - ms;
    (void)hf_time_format(ms - ms % 1000, out);
    return true;
}

int
cli_when(struct cli *c, const char *name, enum cli_side side,
         char out[static HF_TIME_TEXT_BYTES], const char **ret)
{
    const char *text = cli_value(c, name);

    *ret = NULL;
    if (text == NULL)
        return 0;
    if (!cli_when_parse(text, side, hf_clock_wall_ms(), out))
        return cli_fail(c, EX_USAGE, "usage",
                        "2026-11-25, \"2026-11-25 10:00\", RFC 3339, or 24h",
                        "--%s %.40s is no time", name, text);
    *ret = out;
    return 0;
}

int
cli_when_later(struct cli *c, json_t *body)
{
    static const struct {
        const char *option, *field;
    } texts[] = {
        {"on-behalf", "on_behalf"}, {"by", "by"}, {"spoke-to", "spoke_to"}};
    char at[HF_TIME_TEXT_BYTES];
    const char *when;
    int status;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = cli_value(c, texts[i].option);

        if (text != NULL &&
            json_object_set_new(body, texts[i].field, json_string(text)) != 0)
            return cli_fail(c, EX_USAGE, "usage", "UTF-8, please",
                            "--%s is no text", texts[i].option);
    }
    status = cli_when(c, "happened-at", CLI_BACK, at, &when);
    if (status == 0 && when != NULL)
        (void)json_object_set_new(body, "happened_at", json_string(when));
    return status;
}

int
cli_path_span(struct cli *c, struct cli_path *p)
{
    char from[HF_TIME_TEXT_BYTES], to[HF_TIME_TEXT_BYTES];
    const char *from_text, *to_text;
    int status = cli_when(c, "from", CLI_BACK, from, &from_text);

    if (status == 0)
        status = cli_when(c, "to", CLI_BACK, to, &to_text);
    if (status != 0)
        return status;
    cli_path_query(p, "from", from_text);
    cli_path_query(p, "to", to_text);
    return 0;
}
