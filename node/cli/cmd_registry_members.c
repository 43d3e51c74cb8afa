/* registry set, suspend, reinstate, remove, rule: what the committee says of a
 * member. */
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "cmd_registry_packs.h"
#include "hf_proc.h"
#include "hf_text.h"

/* One of the working set, or the status that says that it is not there. */
static int
find_member(struct cli *c, struct registry_edit *e, const char *id,
            struct registry_org *ret)
{
    const struct registry_org *listed = NULL;
    struct registry *r = NULL;
    struct hf_org org;

    if (!hf_org_parse(id, &org))
        return cli_fail(c, EX_USAGE, "usage", "such as clinic-kbl",
                        "%.40s is no id", id);
    if (registry_edit_preview(e, &r) == HF_OK)
        listed = registry_org(r, &org);
    if (listed != NULL)
        *ret = *listed;
    registry_free(r);
    if (listed == NULL)
        return cli_fail(c, EX_NOINPUT, "no_such_member",
                        "registry show lists them", "%s: no member %s",
                        c->arg[0], org.s);
    return 0;
}

/* What the committee says of a member. */

static int
read_duties(struct cli *c, struct registry_org *org)
{
    const char *word;
    size_t i = 0;

    if (cli_has(c, "committee"))
        org->duties = DUTY_BIT(DUTY_REVIEW) - 1;
    else if (cli_has(c, "duty"))
        org->duties = 0;
    while ((word = cli_next_value(c, "duty", &i)) != NULL) {
        const enum duty duty = duty_parse(word);

        if (duty == DUTY_NONE && strcmp(word, "none") != 0)
            return cli_fail(c, EX_USAGE, "usage",
                            "figures, evidence, witness, escalation, review",
                            "--duty %.40s is unknown", word);
        if (duty != DUTY_NONE)
            org->duties |= DUTY_BIT(duty);
    }
    if (registry_has_duty(org, DUTY_REVIEW) &&
        org->duties != DUTY_BIT(DUTY_REVIEW))
        return cli_fail(c, EX_USAGE, "usage", "choose another reviewer",
                        "%s: who reviews has no other duty", org->id.s);
    return 0;
}

static int
read_homes(struct cli *c, struct registry_org *org)
{
    const char *home;
    size_t i = 0;

    if (cli_has(c, "home"))
        org->n_homes = 0;
    while ((home = cli_next_value(c, "home", &i)) != NULL) {
        if (org->n_homes == REGISTRY_HOMES_MAX ||
            !hf_org_parse(home, &org->home[org->n_homes++]))
            return cli_fail(c, EX_USAGE, "usage", "ids of brokers, at most two",
                            "--home %.40s does not do", home);
    }
    if (org->n_homes == 0 && org->via.s[0] == '\0')
        return cli_fail(c, EX_USAGE, "no_home", "add --home BROKER",
                        "%s has no home broker", org->id.s);
    return 0;
}

/* Objects and families in one list; only some of one kind: all of the other. */
static int
read_flow(struct cli *c, struct registry_edit *e, const char *name,
          struct registry_flow *f)
{
    struct registry_flow flow = {.is_limited = true};
    bool is_nothing = false;
    const char *word;
    size_t i = 0;

    if (!cli_has(c, name))
        return 0;
    while ((word = cli_next_value(c, name, &i)) != NULL) {
        const enum object_kind kind = object_kind_parse(word);
        struct hf_name family;
        unsigned bit;
        enum hf_err err;

        is_nothing = is_nothing || strcmp(word, "nothing") == 0;
        if (strcmp(word, "all") == 0 || strcmp(word, "nothing") == 0)
            continue;
        if (kind == OBJECT_REFERRAL || kind == OBJECT_TRANSFER) {
            flow.objects |= REGISTRY_OBJECT_BIT(kind);
            continue;
        }
        if (kind != OBJECT_NONE || !hf_name_parse(word, &family))
            return cli_fail(c, EX_USAGE, "usage",
                            "all, nothing, referral, transfer, or families",
                            "--%s %.40s does not do", name, word);
        err = registry_edit_family(e, &family, &bit);
        if (err)
            return cmd_registry_failed(c, c->arg[0], err);
        flow.families |= UINT64_C(1) << bit;
    }
    if (flow.families == 0)
        flow.families = UINT64_MAX;
    if (flow.objects == 0 && !is_nothing)
        flow.objects = REGISTRY_OBJECTS_ALL;
    if (flow.objects == REGISTRY_OBJECTS_ALL && flow.families == UINT64_MAX)
        flow = (struct registry_flow){.is_limited = false};
    *f = flow;
    return 0;
}

static int
read_vetting(struct cli *c, struct registry_org *org)
{
    const char *text = cli_value(c, "vetting"), *on = cli_value(c, "vetted");
    uint64_t ms = hf_clock_wall_ms();

    if (text == NULL && on == NULL)
        return 0;
    if (text == NULL || text[0] == '\0' || strlen(text) >= REGISTRY_NOTE_BYTES)
        return cli_fail(c, EX_USAGE, "usage",
                        "--vetting \"by whom, how\", at most 159 bytes",
                        "%s: no text of the vetting", org->id.s);
    if (on != NULL && !hf_time_parse(on, &ms))
        return cli_fail(c, EX_USAGE, "usage", "such as 2026-11-02",
                        "--vetted %.40s is no date", on);
    memset(org->vetting, 0, sizeof(org->vetting));
    memcpy(org->vetting, text, strlen(text));
    org->vetted_ms = ms;
    return 0;
}

int
cmd_registry_settings(struct cli *c, struct registry_edit *e,
                      struct registry_org *org)
{
    int status = read_duties(c, org);

    if (status == 0)
        status = read_homes(c, org);
    if (status == 0)
        status = read_flow(c, e, "may-send", &org->may_send);
    if (status == 0)
        status = read_flow(c, e, "may-receive", &org->may_receive);
    if (status == 0)
        status = read_vetting(c, org);
    return status;
}

int
cmd_registry_set(struct cli *c)
{
    struct registry_edit *e = NULL;
    struct registry_org org;
    int status = cmd_registry_open(c, c->arg[0], &e);

    if (status == 0)
        status = find_member(c, e, c->arg[1], &org);
    if (status == 0)
        status = cmd_registry_settings(c, e, &org);
    if (status == 0) {
        const enum hf_err err = registry_edit_put_org(e, &org);

        if (err)
            status = cmd_registry_failed(c, c->arg[0], err);
    }
    return cmd_registry_finish(c, e, status, REGISTRY_ORGS);
}

/* Status. */

static int
for_each_id(struct cli *c,
            enum hf_err (*change)(struct registry_edit *e,
                                  const struct hf_org *id),
            enum registry_role role)
{
    struct registry_edit *e = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);

    for (size_t i = 1; i < c->n_args && status == 0; i++) {
        struct hf_org org = {""};
        const enum hf_err err =
            hf_org_parse(c->arg[i], &org) ? change(e, &org) : HF_ERR_NOT_FOUND;

        if (err == HF_ERR_NOT_FOUND)
            status = cli_fail(c, EX_NOINPUT, "no_such_member",
                              "registry show lists them", "%s: no member %.40s",
                              c->arg[0], c->arg[i]);
        else if (err == HF_ERR_FORBIDDEN)
            status = cli_fail(
                c, EX_REFUSED, "draft", "take the set that was published last",
                "%s: its members are a draft, not signed", c->arg[0]);
        else if (err)
            status = cmd_registry_failed(c, c->arg[0], err);
    }
    if (status == 0)
        status = cmd_registry_remove_packs(c, e);
    return cmd_registry_finish(c, e, status, role);
}

int
cmd_registry_suspend(struct cli *c)
{
    return for_each_id(c, registry_edit_suspend, REGISTRY_SUSPEND);
}

static enum hf_err
reinstate(struct registry_edit *e, const struct hf_org *id)
{
    return registry_edit_status(e, id, MEMBER_ACTIVE);
}

/* A new version would cost its signatures for nothing. */
static int
check_is_out(struct cli *c, struct registry_edit *e, const char *id)
{
    struct registry_org listed;
    struct hf_org org;
    struct registry *r = NULL;
    int status = 0;

    if (!hf_org_parse(id, &org) || registry_edit_preview(e, &r) != HF_OK)
        return 0; /* said by what follows */
    if (registry_org(r, &org) != NULL) {
        listed = *registry_org(r, &org);
        if (listed.status == MEMBER_ACTIVE)
            status = cli_fail(c, EX_REFUSED, "not_suspended",
                              "registry show says how members stand",
                              "%s: %s is active, and not shut out", c->arg[0],
                              org.s);
    }
    registry_free(r);
    return status;
}

int
cmd_registry_reinstate(struct cli *c)
{
    struct registry_edit *e = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);

    for (size_t i = 1; i < c->n_args && status == 0; i++)
        status = check_is_out(c, e, c->arg[i]);
    registry_edit_free(e);
    if (status != 0)
        return status;
    return for_each_id(c, reinstate, REGISTRY_ORGS);
}

/* A member stays listed, as what it signed must verify; a broker goes. */
static enum hf_err
leave(struct registry_edit *e, const struct hf_org *id)
{
    const enum hf_err err = registry_edit_status(e, id, MEMBER_LEFT);

    return err == HF_ERR_FORBIDDEN ? registry_edit_drop(e, id) : err;
}

int
cmd_registry_remove(struct cli *c)
{
    if (c->n_args == 1 && !cli_has(c, "pack"))
        return cli_fail(c, EX_USAGE, "usage",
                        "give ids, or --pack NAME:VERSION",
                        "nothing to remove from %s", c->arg[0]);
    return for_each_id(c, leave, REGISTRY_ORGS);
}

/* Rulings. */

static int
read_ruling(struct cli *c, struct registry_ruling *ruling)
{
    const char *text = cli_value(c, "case"), *to = cli_value(c, "to");
    struct hf_id id;
    uint64_t epoch;

    if (!hf_id_parse("HC", text, &id))
        return cli_fail(c, EX_USAGE, "usage", "the whole id, HC-...",
                        "--case %.40s is no case", text);
    if (!hf_parse_u64(cli_value(c, "epoch"), 1, UINT32_MAX - 1, &epoch))
        return cli_fail(c, EX_USAGE, "usage",
                        "the epoch that ends, as case show --custody says",
                        "--epoch %.20s does not do", cli_value(c, "epoch"));
    if (!hf_org_parse(to, &ruling->holder))
        return cli_fail(c, EX_USAGE, "usage", "such as iom-af",
                        "--to %.40s is no id", to);
    registry_custody_tag(&id, (uint32_t)epoch, &ruling->tag);
    ruling->epoch = (uint32_t)epoch + 1;
    ruling->at_ms = hf_clock_wall_ms();
    return 0;
}

int
cmd_registry_rule(struct cli *c)
{
    struct registry_ruling ruling = {.epoch = 0};
    struct registry_edit *e = NULL;
    int status = read_ruling(c, &ruling);
    enum hf_err err;

    if (status == 0)
        status = cmd_registry_open(c, c->arg[0], &e);
    if (status != 0)
        return status;
    err = registry_edit_rule(e, &ruling);
    if (err == HF_ERR_UNKNOWN)
        status = cli_fail(c, EX_NOINPUT, "no_such_member",
                          "registry show lists them", "%s: no member %s",
                          c->arg[0], ruling.holder.s);
    else if (err == HF_ERR_EXISTS)
        status = cli_fail(c, EX_REFUSED, "ruled",
                          "a wrong ruling is mended by one on the next epoch",
                          "%s: that custody was ruled on", c->arg[0]);
    else if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    return cmd_registry_finish(c, e, status, REGISTRY_ORGS);
}
