/* Slips: a code is made, or one is taken and passed on. */
#include <strings.h>

#include "api_internal.h"
#include "slip.h"

/* A referral or a transfer, or a case as a whole. */
static bool
take_subject(struct api_call *c)
{
    const char *of = filecheck_string(c->req->json, "of");
    struct node_object o;
    struct node_case row;

    if (of == NULL) {
        (void)api_bad(c, "of", "must be the id of a referral or a case");
        return false;
    }
    if (strncasecmp(of, "HC", 2) == 0) {
        if (!api_find_case(c, of, &row))
            return false;
        c->command->case_id = row.id;
        return true;
    }
    if (!api_find_object(c, of, &o))
        return false;
    c->command->object = o.id;
    return true;
}

enum api_verdict
command_slip_make(struct api_call *c)
{
    if (!take_subject(c))
        return API_ANSWERED;
    c->command->type = CMD_SLIP_MAKE;
    return API_COMMAND;
}

enum api_verdict
command_slip_enter(struct api_call *c)
{
    const char *code = filecheck_string(c->req->json, "code");
    const char *what = filecheck_string(c->req->json, "what");
    json_t *checked = json_object_get(c->req->json, "checked");
    struct node_command *m = c->command;

    if (code == NULL || !slip_parse(code, m->slip))
        return api_bad(c, "code", "must be 16 letters and digits of a slip");
    m->slip_what = what == NULL ? (enum slip_what)0 : slip_what_parse(what);
    if ((int)m->slip_what == 0)
        return api_bad(c, "what",
                       "must be confirmed, nobody_called or withdraw");
    if (checked != NULL) {
        m->slip_check = json_is_string(checked)
                            ? slip_check_parse(json_string_value(checked))
                            : SLIP_UNCHECKED;
        if (m->slip_check == SLIP_UNCHECKED)
            return api_bad(c, "checked",
                           "must be known, document or questions");
    }
    m->type = CMD_SLIP_ENTER;
    return API_COMMAND;
}

/* Those taken here, as far as they are still known. */
enum api_verdict
query_slips(struct api_call *c)
{
    json_t *list = json_array(), *o = json_object();
    struct hf_id id = {{0}};
    struct slip_entered e;

    while (json_array_size(list) < API_LIST_MAX &&
           slip_next(c->env->view, &id, &e)) {
        json_t *item = json_object();

        api_put_id(item, "slip", "HS", &e.id);
        api_put_text(item, "what", slip_what_text(e.what));
        api_put_text(item, "checked", slip_check_text(e.check));
        api_put_text(item, "state", slip_answer_text(e.answer));
        api_put_text(item, "by", e.user.s);
        api_put_time(item, "at", e.at_ms);
        (void)json_array_append_new(list, item);
    }
    (void)json_object_set_new(o, "items", list);
    return api_say(c, o);
}
