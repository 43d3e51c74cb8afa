/* Unit tests of node/api over a real socket: who may ask, what a body becomes
 * as a command, the same request twice, threads. */
#include <stdatomic.h>

#include "api_fixture.h"

TestSuite(api, .init = fixture_begin, .fini = fixture_end);

/* ---- who asks, and what ---- */

Test(api, the_socket_is_for_owner_and_group)
{
    struct stat st;

    cr_assert(eq(int, stat(fixture.socket, &st), 0));
    cr_expect(eq(int, (int)(st.st_mode & 0777), 0660));
}

Test(api, health_needs_no_user)
{
    get("/healthz", "nobody-known");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(is(json_object_get(answer.json, "ok"), JSON_TRUE));
    get("/readyz", NULL);
    cr_expect(eq(long, answer.http, 503), "no registry yet");
    cr_expect(eq(int, exit_of(), 69));
}

Test(api, unknown_paths_methods_and_parameters_say_so)
{
    get("/nothing", "cm");
    cr_expect(eq(long, answer.http, 404));
    cr_expect(eq(str, text_of("code"), "no_such_path"));
    cr_expect(eq(int, exit_of(), 66));
    fixture_ask("DELETE", "/cases", "cm", NULL, "");
    cr_expect(eq(long, answer.http, 405));
    get("/cases?colour=red", "cm");
    cr_expect(eq(long, answer.http, 400));
    cr_expect(eq(int, exit_of(), 64));
}

Test(api, a_user_that_nobody_added_may_do_nothing)
{
    get("/cases", "stranger");
    cr_expect(eq(long, answer.http, 403));
    cr_expect(eq(int, exit_of(), 77));
    post("/cases", "stranger", "{'origin':'AF'}");
    cr_expect(eq(long, answer.http, 403));
    cr_expect(eq(u32, fixture.n_commands, 0));
}

Test(api, the_account_that_runs_the_node_is_its_administrator)
{
    get("/users", NULL);
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(sz, n_items(), 4));
    get("/cases", NULL);
    cr_expect(eq(long, answer.http, 403), "an administrator reads no cases");
    get("/users", "fp");
    cr_expect(eq(long, answer.http, 403), "named as somebody: no more rights");
}

/* ---- commands ---- */

Test(api, a_case_file_becomes_a_command)
{
    fixture.reply.id.b[0] = 5;
    post("/cases", "cm",
         "{'origin':'AF','host':'AT','identity':{'name':'Gulzar',"
         "'sex':'male'},'health':{'conditions':[]}}");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(int, strncmp(text_of("case"), "HC-", 3), 0));
    cr_expect(eq(int, (int)fixture.command.type, CMD_CASE_NEW));
    cr_expect(eq(str, fixture.command.user.s, "cm"));
    cr_expect(not(fixture.command.is_node_owner));
    cr_expect(eq(int, (int)fixture.command.facts.sex, SEX_MALE));
    cr_expect(eq(int, (int)fixture.command.stage, STAGE_PRE_DEPARTURE));
    cr_expect(eq(str, fixture.sections,
                 "{\"name\":\"Gulzar\",\"sex\":\"male\"}"
                 "{\"conditions\":[]}"));
}

Test(api, a_bad_case_file_changes_nothing_and_names_the_field)
{
    post("/cases", "cm",
         "{'origin':'AF','identity':{'name':'Canary',"
         "'birth_date':'Canary'}}");
    cr_expect(eq(long, answer.http, 422));
    cr_expect(eq(int, exit_of(), 65));
    cr_expect(eq(str, text_of("pointer"), "identity.birth_date"));
    cr_expect(eq(ptr, strstr(answer.text, "Canary"), NULL));
    post("/cases", "cm", "{'origin':'AF','origin':'AT'}");
    cr_expect(eq(int, exit_of(), 65), "a key twice");
    post("/cases", "cm", "{'origin':'Canary");
    cr_expect(eq(int, exit_of(), 65));
    cr_expect(eq(ptr, strstr(answer.text, "Canary"), NULL));
    cr_expect(eq(u32, fixture.n_commands, 0));
}

Test(api, too_large_a_body_is_refused)
{
    char *body = malloc(API_REQUEST_BYTES_MAX + 100);

    memset(body, ' ', API_REQUEST_BYTES_MAX + 99);
    body[API_REQUEST_BYTES_MAX + 99] = '\0';
    post("/cases", "cm", body);
    cr_expect(eq(long, answer.http, 413));
    cr_expect(eq(int, exit_of(), 65));
    free(body);
}

Test(api, an_event_carries_reason_flags_and_details)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 3, STATE_ACCEPTED);
    char id[HF_ID_TEXT_BYTES], path[64];

    object_put(&fixture.view, &o, 0);
    fixture.reply.id = o.id;
    fixture.reply.kind = OBJECT_REFERRAL;
    fixture.reply.state = STATE_ACCEPTED;
    (void)snprintf(path, sizeof(path), "/objects/%s/events",
                   hf_id_format("HR", &o.id, id));
    post(path, "fp", "{'event':'contact','reached':true,'channel':'phone'}");
    cr_assert(eq(long, answer.http, 200), "%s", answer.text);
    cr_expect(eq(str, text_of("id"), id));
    cr_expect(eq(str, text_of("state"), "accepted"));
    cr_expect(eq(int, (int)fixture.command.event, EVENT_CONTACT));
    cr_expect(eq(int, (int)fixture.command.reason, REASON_REACHED));
    cr_expect(eq(int, fixture.command.flags, ENTRY_REACHED));
    cr_expect(ne(ptr, strstr(fixture.details, "\"channel\":\"phone\""), NULL));

    post(path, "fp", "{'event':'contact','channel':'pigeon'}");
    cr_expect(ne(ptr, strstr(answer.text, "visit or in_person"), NULL), "%s",
              answer.text);

    post(path, "fp", "{'event':'accept','contact_by':'2026-12-01'}");
    cr_expect(eq(str, fixture.command.user_name.s, "fp"));
    cr_expect(ne(ptr, strstr(fixture.details, "\"focal\":\"fp\""), NULL));
    cr_expect(gt(u64, fixture.command.when_ms, NOW));

    post(path, "fp", "{'event':'no-show'}");
    cr_expect(eq(int, (int)fixture.command.event, EVENT_NO_SHOW));
    post(path, "fp", "{'event':'complete','outcome':'partly_met'}");
    cr_expect(eq(int, (int)fixture.command.reason, REASON_PARTLY_MET));

    fixture.n_commands = 0;
    post(path, "fp", "{'event':'vanish'}");
    cr_expect(eq(int, exit_of(), 64));
    post(path, "fp", "{'event':'decline','reason':'mood'}");
    cr_expect(eq(int, exit_of(), 64));
    post(path, "fp", "{'event':'accept','when':'soon'}");
    cr_expect(eq(int, exit_of(), 64));
    post(path, "fp", "{'event':'accept','by':'pigeon'}");
    cr_expect(eq(int, exit_of(), 64));
    post(path, "fp", "{'event':'accept','colour':'red'}");
    cr_expect(eq(int, exit_of(), 64));
    cr_expect(eq(u32, fixture.n_commands, 0));
    post(path, "fp",
         "{'event':'accept','on_behalf':'ngo','by':'phone',"
         "'happened_at':'2026-11-02T10:00:00Z'}");
    cr_expect(eq(str, fixture.command.on_behalf.s, "ngo"));
    cr_expect(eq(u16, fixture.command.flags, ENTRY_PHONE));
    cr_expect(eq(u64, fixture.command.happened_ms, 1793613600000));
}

Test(api, a_referral_takes_wishes_and_an_attestation)
{
    char id[HF_ID_TEXT_BYTES], body[512];

    (void)hold_case(9, 9, id);
    fixture.reply = (struct node_reply){.kind = OBJECT_REFERRAL,
                                        .state = STATE_SENT,
                                        .to = {"clinic-kbl"},
                                        .service = {"primary_health_care"}};
    fixture.reply.id.b[0] = 1;
    fixture.reply.decision.b[0] = 2;
    (void)snprintf(body, sizeof(body),
                   "{'case':'%s','need':'health.general','urgency':'urgent',"
                   "'wishes':['practitioner=female','interpreter=prs',"
                   "'near=Kabul']}",
                   id);
    post("/referrals", "cm", body);
    cr_assert(eq(long, answer.http, 200), "%s", answer.text);
    cr_expect(eq(int, strncmp(text_of("referral"), "HR-", 3), 0));
    cr_expect(eq(int, strncmp(text_of("decision"), "HD-", 3), 0));
    cr_expect(eq(str, text_of("to"), "clinic-kbl"));
    cr_expect(fixture.command.wish_female);
    cr_expect(not(fixture.command.wish_male));
    cr_expect(eq(str, fixture.command.interpreter, "prs"));
    cr_expect(eq(str, fixture.command.near.s, "Kabul"));
    cr_expect(eq(int, (int)fixture.command.urgency, URGENCY_URGENT));

    (void)snprintf(body, sizeof(body),
                   "{'case':'%s','need':'health.general',"
                   "'vital_interest':true}",
                   id);
    post("/referrals", "cm", body);
    cr_expect(eq(int, exit_of(), 64), "without an attestation");
    (void)snprintf(body, sizeof(body),
                   "{'case':'%s','need':'health.emergency',"
                   "'vital_interest':true,'attestation':{'by':'Dr. A',"
                   "'ground':'life_at_risk','role':'health','text':'now'}}",
                   id);
    post("/referrals", "cm", body);
    cr_expect(eq(long, answer.http, 200));
    cr_expect(ne(ptr, (void *)(uintptr_t)fixture.command.attest, NULL));
    cr_expect(not(fixture.command.has_attempts));
    (void)snprintf(body, sizeof(body),
                   "{'case':'%s','need':'health.general',"
                   "'wishes':['colour=red']}",
                   id);
    post("/referrals", "cm", body);
    cr_expect(eq(int, exit_of(), 64));
    post("/referrals", "cm", "{'need':'health.general'}");
    cr_expect(eq(int, exit_of(), 64));
}

Test(api, what_came_with_a_referral_is_sent_on_as_part_of_it)
{
    struct node_object in =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 1, STATE_IN_SERVICE);
    char id[HF_ID_TEXT_BYTES], body[128];

    object_put(&fixture.view, &in, 0);
    (void)snprintf(body, sizeof(body), "{'case':'%s','need':'health.general'}",
                   hf_id_format("HR", &in.id, id));
    post("/referrals", "cm", body);
    cr_assert(eq(u32, fixture.n_commands, 1));
    cr_expect(eq(int, (int)fixture.command.type, CMD_REFER));
    cr_expect(hf_id_eq(&fixture.command.part_of, &in.id));
    cr_expect(hf_id_is_zero(&fixture.command.case_id));
    post("/route", "cm", body);
    cr_expect(ne(str, text_of("code"), "not_found"), "planned");
    post("/referrals", "aud", body);
    cr_expect(eq(str, text_of("code"), "not_found"), "who sees none");
    post("/referrals", "cm", "{'case':'HR-ZZZZ','need':'health.general'}");
    cr_expect(eq(int, exit_of(), 66));
    cr_expect(eq(u32, fixture.n_commands, 1));
}

Test(api, consent_is_checked_and_kept_as_it_was_given)
{
    char id[HF_ID_TEXT_BYTES], path[64];

    (void)snprintf(path, sizeof(path), "/cases/%s/consent",
                   hold_case(9, 9, id));
    fixture.reply.id.b[0] = 3;
    post(path, "cm",
         "{'action':'give','given_at':'2026-11-02','given_by':'self',"
         "'scopes':[{'id':'a','categories':['identity'],'recipients':"
         "[{'org':'clinic-kbl'}],'purposes':['referral']}]}");
    cr_assert(eq(long, answer.http, 200), "%s", answer.text);
    cr_expect(eq(int, strncmp(text_of("consent"), "CO-", 3), 0));
    cr_expect(eq(int, (int)fixture.command.type, CMD_CONSENT_GIVE));
    cr_expect(ne(ptr, strstr(fixture.details, "\"action\":\"give\""), NULL));
    post(path, "cm", "{'action':'give','given_at':'2026-11-02'}");
    cr_expect(eq(int, exit_of(), 65));
    post(path, "cm", "{'given_at':'2026-11-02'}");
    cr_expect(eq(int, exit_of(), 64));
    (void)snprintf(path, sizeof(path), "/cases/%s/consent/withdraw", id);
    post(path, "cm", "{'scopes':['a'],'effect':'stop'}");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(int, fixture.command.n_scopes, 1));
    cr_expect(not(fixture.command.erase));
    fixture.n_commands = 0;
    post(path, "cm", "{'scopes':[]}");
    cr_expect(eq(int, exit_of(), 64), "none named is not the whole consent");
    cr_expect(eq(u32, fixture.n_commands, 0));
}

Test(api, a_refusal_of_the_core_becomes_problem_details)
{
    fixture.reply = (struct node_reply){.status = 1,
                                        .code = "no_consent",
                                        .message = "not covered",
                                        .hint = "ask the person"};
    post("/cases", "cm", "{'origin':'AF'}");
    cr_expect(eq(long, answer.http, 409));
    cr_expect(eq(int, exit_of(), 1));
    cr_expect(eq(str, text_of("code"), "no_consent"));
    cr_expect(eq(str, text_of("detail"), "not covered"));
    cr_expect(eq(str, text_of("hint"), "ask the person"));
}

Test(api, what_only_the_shell_can_do_needs_an_administrator)
{
    post("/policy", "cm", "pack: x");
    cr_expect(eq(int, exit_of(), 77));
    post("/policy", NULL, "pack: x");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(int, (int)fixture.op, API_POLICY_INSTALL));
    get("/registry", "fp");
    cr_expect(eq(int, (int)fixture.op, API_REGISTRY_GET));
    post("/registry", NULL, "");
    cr_expect(eq(int, exit_of(), 65));
}

/* ---- the same again ---- */

Test(api, a_repeated_key_gets_the_stored_answer_and_no_second_effect)
{
    char *first;

    fixture.reply.id.b[0] = 5;
    fixture_ask("POST", "/cases", "cm", "key-1", "{'origin':'AF'}");
    cr_assert(eq(long, answer.http, 200));
    first = strdup(answer.text);
    fixture.reply.id.b[0] = 6;
    fixture_ask("POST", "/cases", "cm", "key-1", "{'origin':'AF'}");
    cr_expect(eq(str, answer.text, first));
    cr_expect(eq(u32, fixture.n_commands, 1));
    free(first);

    fixture_ask("POST", "/cases", "cm", "key-1", "{'origin':'IQ'}");
    cr_expect(eq(int, exit_of(), 65), "another request under that key");
    fixture_ask("POST", "/cases", "cm", "key-2", "{'origin':'AF'}");
    cr_expect(eq(u32, fixture.n_commands, 2));
}

Test(api, a_refused_request_is_tried_again_under_its_key)
{
    fixture.reply = (struct node_reply){.status = 75, .code = "busy"};
    fixture_ask("POST", "/cases", "cm", "key-1", "{'origin':'AF'}");
    cr_expect(eq(long, answer.http, 503));
    fixture.reply = (struct node_reply){.status = 0};
    fixture_ask("POST", "/cases", "cm", "key-1", "{'origin':'AF'}");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(u32, fixture.n_commands, 2));
}

/* ---- threads ---- */

static atomic_bool is_answered;

static void *
ask_health(void *ctx)
{
    get("/healthz", NULL);
    atomic_store(&is_answered, true);
    return ctx;
}

Test(api, closing_answers_what_is_open)
{
    pthread_t asker;

    (void)pthread_mutex_lock(&fixture.lock);
    fixture.is_deaf = true;
    (void)pthread_mutex_unlock(&fixture.lock);
    cr_assert(eq(int, pthread_create(&asker, NULL, ask_health, NULL), 0));
    for (;;) {
        (void)pthread_mutex_lock(&fixture.lock);
        const size_t n = fixture.n;
        (void)pthread_mutex_unlock(&fixture.lock);
        if (n > 0)
            break;
        (void)usleep(1000);
    }
    api_close(fixture.api);
    fixture.api = NULL;
    (void)pthread_join(asker, NULL);
    cr_expect(eq(long, answer.http, 503));
    cr_expect(eq(str, text_of("code"), "closing"));
}

Test(api, held_answers_wait_for_the_release)
{
    pthread_t asker;

    api_hold(fixture.api);
    cr_assert(eq(int, pthread_create(&asker, NULL, ask_health, NULL), 0));
    (void)usleep(50000);
    cr_expect(not(atomic_load(&is_answered)), "not before the commit");
    api_release(fixture.api);
    (void)pthread_join(asker, NULL);
    cr_expect(eq(long, answer.http, 200));
}
