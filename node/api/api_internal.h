/* api_internal.h - between the files of node/api only.
 *
 * api.c        the socket, the thread, who asks
 * api_handle.c a request on the deciding thread: path, permission, body, the
 *              stored answer of an Idempotency-Key
 * api_route.c  the table of paths, and /openapi.json made from it
 * api_json.c   answers and problems, ids and times
 * api_reads.c  what this user may read: the one gate of all of these
 * query_*.c    questions answered from the store
 * command_*.c  JSON to struct node_command
 */
#ifndef NODE_API_INTERNAL_H
#define NODE_API_INTERNAL_H

#include <jansson.h>
#include <sysexits.h>

#include "access.h"
#include "along.h"
#include "api.h"
#include "filecheck.h"
#include "hf_buf.h"
#include "hf_text.h"
#include "permit.h"
#include "score.h"

#define API_EX_REFUSED     1
#define API_PREFIX         "/api/v1"
#define API_ARGS_MAX       16
#define API_PARTS_MAX      6  /* segments of a path */
#define API_KEPT_MAX       24 /* texts that a command borrows */
#define API_LIST_MAX       500
#define API_LIST_DEFAULT   100
#define API_SCAN_MAX       4096 /* rows that one list request looks at */
#define API_KEY_BYTES      128  /* of an Idempotency-Key */
#define API_ANSWER_LIFE_MS (24ull * 3600 * 1000)
#define API_AHEAD_MS       (5ull * 60 * 1000) /* clocks of people part */

struct node_file;

enum api_phase {
    API_READING, /* MHD's thread is still taking it in */
    API_POSTED,  /* the deciding thread has it; the connection sleeps */
    API_HELD,    /* answered, to be sent at api_release() */
    API_DONE     /* MHD's thread may send the answer */
};

struct api_arg {
    char *key, *value;
};

struct api_request {
    struct api *api;
    void *connection; /* struct MHD_Connection */
    enum api_phase phase;
    bool is_live; /* counted among those that api_close() waits for */
    struct api_request *next, *prev; /* while POSTED or HELD */

    char *method;
    char *path;  /* as asked */
    char *split; /* the same, cut into part[] */
    char *part[API_PARTS_MAX];
    size_t n_parts;
    size_t n_args;
    struct api_arg arg[API_ARGS_MAX];
    struct hf_buf body;
    bool is_too_big;
    struct hf_name user;
    bool is_owner;
    const char *who_wrong; /* why nobody can be named; static */
    int who_exit;
    char key[API_KEY_BYTES]; /* Idempotency-Key; "" none */

    /* The deciding thread's. */
    const struct api_route *route;
    json_t *json;
    char *kept[API_KEPT_MAX];
    size_t n_kept;
    uint8_t *data; /* bytes that a command borrows; NULL: none */
    size_t n_data;
    struct consent *consent;
    struct service *services;
    struct node_access access; /* of an answer that is a reading */
    struct attest attest;
    struct node_score score; /* of a survey file */
    struct hf_id case_id; /* what the command is about, for its answer */
    struct hf_id object;
    enum object_kind kind;
    enum stage stage;
    struct hf_name user_name;
    uint32_t roles;
    size_t n_services;

    int http;
    const char *type; /* content type of the answer */
    char *answer;
    size_t answer_bytes;
};

/** What packs let the asker read of others' work, of persons of these two
 * countries: looked up once a request (api_reads.c). */
struct api_reads {
    bool is_set, of_case;
    char origin[4], host[4];
    uint32_t categories;
};
#define API_READS_MAX 8

/** One api_handle(). */
struct api_call {
    struct api_request *req;
    const struct node_env *env;
    const struct api_status *status;
    uint64_t now_ms;
    uint32_t roles;
    bool is_copy; /* for the person: that is the reason of every reading */
    size_t n_reads;
    struct api_reads reads[API_READS_MAX];
    struct node_command *command;
    struct api_shell *shell;
};

typedef enum api_verdict api_handler(struct api_call *c);

/** How a command's reply becomes JSON. */
enum api_shape {
    SHAPE_NONE,
    SHAPE_CASE,
    SHAPE_STAGE,
    SHAPE_CLOSING,
    SHAPE_ASSIGN,
    SHAPE_CONSENT,
    SHAPE_WITHDRAW,
    SHAPE_REFERRAL,
    SHAPE_TRANSFER,
    SHAPE_EVENT,
    SHAPE_USER,
    SHAPE_SERVICES,
    SHAPE_FILE,
    SHAPE_HOUSEHOLD,
    SHAPE_TASK,
    SHAPE_SLIP_MADE,
    SHAPE_SLIP,
    SHAPE_END
};

/** Who may ask: a query's row of permit.h, or one of these. */
#define API_ANYBODY 0  /* no user needed */
#define API_KNOWN   -1 /* any user of this node; the core decides the rest */

struct api_route {
    const char *method;
    const char *path; /* below API_PREFIX, {name} stands for one segment */
    const char *summary;
    api_handler *handle;
    int permit;           /* enum permit_query, API_ANYBODY or API_KNOWN */
    const char *args;     /* query parameters, by spaces; NULL: none */
    const char *fields;   /* of the body, "a b c?"; NULL: the handler checks */
    enum api_shape shape; /* of a command */
};

/* ---- api.c ---- */

/** api_finish: the answer is in place; wake the connection. */
void api_finish(struct api_request *req);

/* ---- api_route.c ---- */

/** api_route_find: NULL when no route has this path; *ret_other when one has
 * it with another method. */
const struct api_route *api_route_find(const char *method, char *const *part,
                                       size_t n_parts, bool *ret_other);
enum api_verdict api_openapi(struct api_call *c);

/* ---- api_kept.c ---- */

/** api_say_again: the kept answer of the request's Idempotency-Key, or why
 * there is none for this request under it; false when nothing was answered. */
bool api_say_again(struct api_call *c);
/** api_keep_answer: for that; a request without a key keeps nothing. */
void api_keep_answer(struct api_request *req, const struct node_env *env,
                     uint64_t now_ms);

/* ---- api_json.c ---- */

/** api_set_text: the answer's bytes; @text is taken, NULL gives a 500. */
void api_set_text(struct api_request *req, int http, const char *type,
                  char *text, size_t n);
/** api_set_problem: problem details. @pointer, @hint may be NULL or "". */
void api_set_problem(struct api_request *req, int http, int status,
                     const char *code, const char *message, const char *hint,
                     const char *pointer);
/** api_http: the HTTP status of an exit status. */
int api_http(int status);

/** api_say: answer @json, which is taken (also when NULL: out of memory). */
enum api_verdict api_say(struct api_call *c, json_t *json);
/** api_refuse: answer a problem. Nothing personal in any of the texts. */
enum api_verdict api_refuse(struct api_call *c, int status, const char *code,
                            const char *pointer, const char *hint,
                            const char *message);
/** api_refuse_file: a complaint about the body. */
enum api_verdict api_refuse_file(struct api_call *c,
                                 const struct filecheck_error *error);

/* Members of @o; "" and zero become null. */
void api_put_text(json_t *o, const char *key, const char *text);
void api_put_time(json_t *o, const char *key, uint64_t ms);
/** api_put_loan: until when the owner has it, and who has it then; nothing
 * when it is not lent. */
void api_put_loan(json_t *o, const struct node_loan *loan);
void api_put_id(json_t *o, const char *key, const char *prefix,
                const struct hf_id *id);
void api_put_u64(json_t *o, const char *key, uint64_t v);
void api_put_bool(json_t *o, const char *key, bool v);
void api_put_hex(json_t *o, const char *key, const uint8_t *p, size_t n);
/** api_put_json: stored JSON as a value; text that does not parse as text. */
void api_put_json(json_t *o, const char *key, struct hf_bytes json);
json_t *api_categories(uint32_t set);
json_t *api_purposes(uint32_t set);
json_t *api_roles(uint32_t set);
json_t *api_groups(uint32_t set);
/** api_prefix: "HR", "HT", "HW". */
const char *api_prefix(enum object_kind kind);

/** api_arg: a query parameter; NULL when not given. */
const char *api_arg(const struct api_call *c, const char *key);
bool api_arg_flag(const struct api_call *c, const char *key);
/** api_bad_cursor: false, answered: it is of another list, or of none. */
bool api_bad_cursor(struct api_call *c);
/** api_arg_limit / api_arg_time: false after having answered. */
bool api_arg_limit(struct api_call *c, size_t *ret);
bool api_arg_time(struct api_call *c, const char *key, uint64_t *ret_ms);

/* ---- api_find.c: ids and prefixes to rows; false after having answered ---*/

bool api_find_case(struct api_call *c, const char *text, struct node_case *ret);
/** api_find_open_case: the same for who wants to read all of it: refused of
 * what is in the archive, but to a supervisor. */
bool api_find_open_case(struct api_call *c, const char *text,
                        struct node_case *ret);
bool api_find_object(struct api_call *c, const char *text,
                     struct node_object *ret);
/** api_find_disclosure: a referral that went from here without consent; to
 * who reviews there are no others. */
bool api_find_disclosure(struct api_call *c, const char *text,
                         struct node_object *ret);
/** api_find_decision: one of ours, or one that came along (along.h). */
bool api_find_decision(struct api_call *c, const char *text,
                       struct hf_id *ret);
/** api_along: why we were chosen, as the record that came with @o says. */
json_t *api_along(struct api_call *c, const struct node_object *o,
                  const struct decision *d);
bool api_find_file(struct api_call *c, const char *text,
                   struct node_file *ret);
bool api_find_task(struct api_call *c, const char *text, struct hf_id *ret);
/** api_is_object: whether one begins like this; answers nothing. */
bool api_is_object(const struct api_call *c, const char *text);
/** api_sides: who is first and who second in @o. */
void api_sides(const struct node_env *env, const struct node_object *o,
               const struct hf_org **ret_first,
               const struct hf_org **ret_second);

/* ---- api_reads.c: what this user may read; a CATEGORY_BIT set (R-4) ---- */

/** api_is_own_case: the case manager of it. api_is_own: this user wrote it,
 * owns it, or owns its case. Needs no reason, and no pack narrows it. */
bool api_is_own_case(const struct api_call *c, const struct node_case *row);
bool api_is_own(const struct api_call *c, const struct node_object *o);
/** api_reads_case: now: without a reason, nothing sensitive of others' work
 * where the node asks for one. api_copies_case: the same for a copy that the
 * person gets, which is its own reason. */
uint32_t api_reads_case(struct api_call *c, const struct node_case *row);
uint32_t api_copies_case(struct api_call *c, const struct node_case *row);
/** api_reads_archive: false when the case is in the archive, which only a
 * supervisor looks at; the others read nothing of it then. @case_id may
 * be zero, or not be here. */
bool api_reads_archive(const struct api_call *c, const struct hf_id *case_id);
/** api_reads_object: of what lies beside a referral, transfer, withdrawal. */
uint32_t api_reads_object(struct api_call *c, const struct node_object *o);
/** api_knows_need: whether a need of the case may be known, which it is not
 * where its family is sensitive and the role hides that. */
bool api_knows_need(struct api_call *c, const struct hf_id *case_id,
                    const struct hf_name *need);
/** api_sensitive: the sensitive categories that what @o is about touches: a
 * referral to a sensitive service, a withdrawal of such scopes; 0: none. */
uint32_t api_sensitive(const struct api_call *c, const struct node_object *o);
/** api_sees: whether this user may know what a referral is about: service and
 * provider of sensitive families are hidden from others. */
bool api_sees(struct api_call *c, const struct node_object *o);

/* ---- query_chain.c ---- */

/** api_put_chain: "chain", merged in the order in which it can have happened;
 * with @export also both chains as `chain state` reads them. True when a report
 * or words were among what travelled beside it. */
bool api_put_chain(struct api_call *c, json_t *o,
                   const struct node_object *object, bool export);
void api_put_receipts(struct api_call *c, json_t *o,
                      const struct node_object *object);

/* ---- query_access.c ---- */

/** api_say_read: answer @json, which is taken and holds @categories of a case
 * or object (@kind, @id), and have the reading recorded if any of them is
 * sensitive. @is_own: the reader's own work, which needs no reason. */
enum api_verdict api_say_read(struct api_call *c, json_t *json,
                              enum object_kind kind, const struct hf_id *id,
                              uint32_t categories, bool is_own);
/** api_say_copy: the same for a copy made for the person: always recorded. */
enum api_verdict api_say_copy(struct api_call *c, json_t *json,
                              const struct hf_id *case_id, uint32_t categories);

/* ---- query_next.c ---- */

/** api_asks_next: whether another provider is to be thought of: this one said
 * no, or its silence has climbed that far. api_put_next: who, by the SOP, as
 * "next": "to" (null: nobody), "service", "need", "missing_consent". */
bool api_asks_next(struct api_call *c, const struct node_object *o);
void api_put_next(struct api_call *c, json_t *j, const struct node_object *o);

/* ---- query_case.c ---- */

/** api_put_name: "name" of a case's person, if this user may read identity. */
void api_put_name(struct api_call *c, json_t *o, const struct node_case *row);

/* ---- query_closing.c ---- */

/** api_put_closing: stage; why and when it was closed; whether it is kept. */
void api_put_closing(json_t *o, const struct node_case *row);

/* ---- query_unmet.c, query_flows.c ---- */

/** api_unmet: needs of one case that are not met. */
json_t *api_unmet(struct api_call *c, const struct hf_id *case_id);
/** api_is_committee: figures of all members are added up here. */
bool api_is_committee(const struct node_env *env);

/* ---- query_follow.c ---- */

/** api_put_surveys: "surveys", as far as this user may see them. */
void api_put_surveys(struct api_call *c, json_t *o,
                     const struct node_case *row);

/* ---- query_file.c, query_together.c ---- */

/** api_put_files: "attachments" of an object, and how far each has come. */
void api_put_files(struct api_call *c, json_t *j, const struct node_object *o);
/** api_put_duplicates: "duplicates", other cases of what may be one person. */
void api_put_duplicates(struct api_call *c, json_t *o,
                        const struct node_case *row);
/** api_put_custody: "proof": for each take-over what both signed of it, with
 * the keys, to be shown to somebody else (query_custody.c). */
void api_put_custody(struct api_call *c, json_t *o,
                     const struct node_case *row);
/** api_put_household: "household" and "members", if it has one. */
void api_put_household(struct api_call *c, json_t *o,
                       const struct node_case *row);

/* ---- query_onward.c ---- */

/** api_put_onward: "part_of", "onward", "may_send_on" of a referral, as far as
 * it has them. */
void api_put_onward(struct api_call *c, json_t *j, const struct node_object *o);
/** api_add_onward: what @x's receiver says it sent on, to @list; @open_only:
 * where somebody is at it still. */
void api_add_onward(struct api_call *c, const struct node_object *x,
                    bool open_only, json_t *list);

/* ---- query_vital.c ---- */

/** api_put_vital: "vital_interest" of a referral that was made without
 * consent, @may_read with what was attested of the person; false: it was
 * not. */
bool api_put_vital(struct api_call *c, json_t *j, const struct node_object *o,
                   bool may_read);

/* ---- query_review.c ---- */

struct node_review;
/** api_find_review: @text names what we review for others, of @member or (NULL)
 * of any. False: nothing that we review; look for an object. Else *ret_verdict
 * is API_COMMAND, and *ret filled, or API_ANSWERED: there is more than one. */
bool api_find_review(struct api_call *c, const char *text, const char *member,
                     struct node_review *ret, enum api_verdict *ret_verdict);
json_t *api_review(struct api_call *c, const struct node_review *r);
/** api_put_reviewer: "reviewer", if another organisation is to review it. */
void api_put_reviewer(const struct api_call *c, json_t *o,
                      const struct hf_id *referral);

/* ---- query_consent.c, query_object.c, query_route.c ---- */

/** api_consent: the case's consent, scopes and history; @full: with the scopes
 * that each version had. */
json_t *api_consent(struct api_call *c, const struct node_case *row, bool full);
/** api_consent_state: "given", "refused", "withdrawn". */
const char *api_consent_state(enum consent_state s);

/** api_withdrawal: a line of the list. api_put_withdrawal: the rest of one. */
json_t *api_withdrawal(struct api_call *c, const struct node_object *o);
void api_put_withdrawal(struct api_call *c, json_t *j,
                        const struct node_object *o);

/** api_object: a line of a list. api_direction: "out" or "in", as it says. */
json_t *api_object(struct api_call *c, const struct node_object *o);
const char *api_direction(const struct node_object *o);
json_t *api_decision(const struct node_decision *d);
/** api_put_ask: "ask_consent": the consent that is missing for what the SOP
 * needs or allows; nothing when none is. */
void api_put_ask(const struct api_call *c, json_t *o,
                 const struct node_decision *d);

/* ---- command_body.c: members of a body; false after having answered ---- */

/** Not there is fine: *ret is untouched. */
bool api_body_org(struct api_call *c, const char *key, struct hf_org *ret);
bool api_body_name(struct api_call *c, const char *key, struct hf_name *ret);
bool api_body_time(struct api_call *c, const char *key, uint64_t *ret_ms);
bool api_body_bool(struct api_call *c, const char *key, bool *ret);
bool api_body_text(struct api_call *c, const char *key, struct hf_bytes *ret);
bool api_body_language(struct api_call *c, const char *key, char *out,
                       size_t out_bytes);
/** api_path_case: the case that the path names. api_body_case: the body's
 * member "case". Found, the command is about it. */
bool api_path_case(struct api_call *c, struct node_case *ret);
bool api_body_case(struct api_call *c, struct node_case *ret);
/** api_body_later: what happened elsewhere and is entered now: on_behalf,
 * happened_at, by. api_body_later_of_sender: of a command that only the holder
 * of a case gives, with spoke_to; on nobody's behalf. */
bool api_body_later(struct api_call *c);
bool api_body_later_of_sender(struct api_call *c);
/** api_keep_json: @json dumped; kept as long as the request. */
bool api_keep_json(struct api_call *c, json_t *json, struct hf_bytes *ret);
/** api_need: refuse when @key is missing. */
bool api_need(struct api_call *c, const char *key);
/** api_bad: answer 64 about @pointer, an option of the command. */
enum api_verdict api_bad(struct api_call *c, const char *pointer,
                         const char *what);

/* ---- handlers ---- */

api_handler query_case_list, query_case_show, query_consent_show;
api_handler query_case_export;
api_handler query_object_list, query_object_show, query_events;
api_handler query_withdrawals, query_tasks, command_task_done;
api_handler query_follow_plan, command_follow_plan;
api_handler query_scores, command_score, query_follow_report;
api_handler query_plan, query_decision;
api_handler query_me, query_users, query_user;
api_handler query_services, query_policy;
api_handler query_service_documents;
api_handler query_access, query_flows, query_exceptions;
api_handler query_status, query_health, query_ready;
api_handler command_case_new, command_case_set, command_case_stage;
api_handler command_case_shred, command_case_assign, command_object_assign;
api_handler command_consent, command_consent_withdraw;
api_handler command_share_withdraw;
api_handler command_slip_make, command_slip_enter, query_slips;
api_handler query_vital, command_review;
api_handler query_closing, command_case_close, command_case_reopen;
api_handler command_case_hold;
api_handler query_unmet, command_unmet_add, query_audit_unmet;
api_handler query_feedback, command_feedback_add;
api_handler command_refer, command_transfer_offer, command_transfer_request;
api_handler command_event;
api_handler command_attach, command_attach_put, command_attach_done;
api_handler query_file, query_file_bytes;
api_handler command_case_link, command_case_pair;
api_handler command_user_add, command_user_role, command_user_disable;
api_handler command_user_absent;
api_handler command_services;
api_handler shell_registry_get, shell_registry_post, shell_policy_post;
api_handler shell_backup_begin, shell_backup_done, shell_clock_confirm;

#endif /* NODE_API_INTERNAL_H */
