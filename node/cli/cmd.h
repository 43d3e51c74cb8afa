/*
 * cmd.h - the commands: one function each, in cmd_*.c by family.
 *
 * Each is called with the command line parsed and complete, does one thing,
 * prints its result (text, or JSON with --json), and gives the exit status.
 * Which function belongs to which command is in the table of cli_verbs.c.
 */
#ifndef NODE_CMD_H
#define NODE_CMD_H

struct cli;

#include <jansson.h>

struct hf_buf;

/** cmd_send_file: the file of --file to @path; 0 with *ret_json owned by the
 * caller, or the exit status after having said what is wrong. */
int cmd_send_file(struct cli *c, const char *method, const char *path,
                  json_t **ret_json);
/** cmd_check_paper: before anything is read or recorded: whether @path is an
 * .html or .json file to be made; @what ("copy", "report") it is to hold. */
int cmd_check_paper(struct cli *c, const char *path, const char *what);
/** cmd_write_paper: @j as JSON, or by @page as HTML, as @path ends. */
int cmd_write_paper(struct cli *c, const char *path, const json_t *j,
                    void (*page)(struct hf_buf *out, const json_t *j));

int cmd_init(struct cli *c);
int cmd_attach(struct cli *c);
int cmd_fetch(struct cli *c);
int cmd_case_link(struct cli *c);
int cmd_case_same(struct cli *c);
int cmd_case_different(struct cli *c);
int cmd_chain_custody(struct cli *c);
int cmd_status(struct cli *c);
int cmd_doctor(struct cli *c);

int cmd_user_add(struct cli *c);
int cmd_user_list(struct cli *c);
int cmd_user_show(struct cli *c);
int cmd_user_role(struct cli *c);
int cmd_user_disable(struct cli *c);
int cmd_user_absent(struct cli *c);

int cmd_registry_key(struct cli *c);
int cmd_registry_new(struct cli *c);
int cmd_registry_root(struct cli *c);
int cmd_registry_renew(struct cli *c);
int cmd_registry_timestamp(struct cli *c);
int cmd_registry_add(struct cli *c);
int cmd_registry_set(struct cli *c);
int cmd_registry_rotate(struct cli *c);
int cmd_registry_suspend(struct cli *c);
int cmd_registry_reinstate(struct cli *c);
int cmd_registry_remove(struct cli *c);
int cmd_registry_rule(struct cli *c);
int cmd_registry_request(struct cli *c);
int cmd_registry_adopt(struct cli *c);
int cmd_registry_sign(struct cli *c);
int cmd_registry_merge(struct cli *c);
int cmd_registry_show(struct cli *c);
int cmd_registry_verify(struct cli *c);
int cmd_registry_publish(struct cli *c);

int cmd_case_new(struct cli *c);
int cmd_case_show(struct cli *c);
int cmd_case_list(struct cli *c);
int cmd_case_set(struct cli *c);
int cmd_case_stage(struct cli *c);
int cmd_case_assign(struct cli *c);
int cmd_case_shred(struct cli *c);
int cmd_case_close(struct cli *c);
int cmd_case_reopen(struct cli *c);
int cmd_case_hold(struct cli *c);
int cmd_case_export(struct cli *c);

int cmd_consent_give(struct cli *c);
int cmd_consent_amend(struct cli *c);
int cmd_consent_refuse(struct cli *c);
int cmd_consent_show(struct cli *c);
int cmd_consent_status(struct cli *c);
int cmd_consent_withdraw(struct cli *c);

int cmd_plan_show(struct cli *c);
int cmd_plan_set(struct cli *c);
int cmd_score_add(struct cli *c);
int cmd_score_show(struct cli *c);
int cmd_case_report(struct cli *c);

int cmd_tasks(struct cli *c);
int cmd_next(struct cli *c);
int cmd_tasks_done(struct cli *c);
int cmd_route(struct cli *c);
int cmd_refer(struct cli *c);
int cmd_list(struct cli *c);
int cmd_show(struct cli *c);
int cmd_review(struct cli *c);
int cmd_print(struct cli *c);
int cmd_slip_make(struct cli *c);
int cmd_slip_enter(struct cli *c);
int cmd_slip_list(struct cli *c);
int cmd_unmet_add(struct cli *c);
int cmd_unmet_list(struct cli *c);
int cmd_feedback_add(struct cli *c);
int cmd_feedback_list(struct cli *c);
/** cmd_event: every command that adds an event to a chain: the event is the
 * last word of the command's name. */
int cmd_event(struct cli *c);

int cmd_transfer_offer(struct cli *c);
int cmd_transfer_request(struct cli *c);
int cmd_withdrawals(struct cli *c);
int cmd_withdrawal_answer(struct cli *c);

int cmd_services_show(struct cli *c);
int cmd_services_search(struct cli *c);
int cmd_services_set(struct cli *c);
int cmd_services_confirm(struct cli *c);
int cmd_services_import(struct cli *c);
int cmd_services_export(struct cli *c);

int cmd_policy_check(struct cli *c);
int cmd_policy_test(struct cli *c);
int cmd_policy_diff(struct cli *c);
int cmd_policy_needs(struct cli *c);
int cmd_policy_explain(struct cli *c);
int cmd_policy_show(struct cli *c);
int cmd_policy_install(struct cli *c);

int cmd_audit_flows(struct cli *c);
int cmd_audit_access(struct cli *c);
int cmd_audit_unmet(struct cli *c);
int cmd_audit_exceptions(struct cli *c);
int cmd_chain_state(struct cli *c);

int cmd_backup(struct cli *c);
int cmd_passphrase(struct cli *c);
int cmd_clock_confirm(struct cli *c);
int cmd_restore(struct cli *c);

#endif /* NODE_CMD_H */
