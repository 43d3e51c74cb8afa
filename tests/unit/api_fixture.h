/*
 * api_fixture.h - a real socket, a small deciding thread over a fixture store,
 * and requests by libcurl. Commands are not stepped: the last one is kept for
 * inspection and answered with `fixture.reply`. Tests only.
 */
#ifndef TESTS_API_FIXTURE_H
#define TESTS_API_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "hf_text.h"
#include "records.h"
#include "view_fixture.h"

#define NOW       UINT64_C(1795000000000) /* 2026-11-18 */
#define QUEUE_MAX 16
#define DAY_MS    UINT64_C(86400000)

static struct {
    struct api *api;
    struct fixture_store store;
    struct node_view view;
    struct node_crypto crypto;
    struct node_config config;
    struct node_env env;
    struct api_status status;
    char dir[64], socket[128];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct api_request *queue[QUEUE_MAX];
    size_t n;
    bool stop, is_deaf, leaves_settle_out;
    unsigned n_commands;
    struct node_command command; /* the last one; its spans are gone */
    char details[512];           /* ... but for these */
    char sections[2048];
    enum api_shell_op op;
    struct node_reply reply;
} fixture;

/** What came back. */
struct fixture_answer {
    long http;
    json_t *json; /* NULL when it is none */
    char text[65536];
    size_t n;
};
static struct fixture_answer answer;

static inline void
fixture_post(void *ctx, struct api_request *req)
{
    (void)ctx;
    (void)pthread_mutex_lock(&fixture.lock);
    HF_ASSERT(fixture.n < QUEUE_MAX);
    fixture.queue[fixture.n++] = req;
    (void)pthread_cond_signal(&fixture.more);
    (void)pthread_mutex_unlock(&fixture.lock);
}

static inline void
fixture_keep(const struct node_command *c)
{
    fixture.n_commands++;
    fixture.command = *c;
    (void)snprintf(fixture.details, sizeof(fixture.details), "%.*s",
                   (int)c->details.n, c->details.p ? (char *)c->details.p : "");
    fixture.sections[0] = '\0';
    for (int k = 1; k < CATEGORY_END; k++)
        if (c->section[k].n > 0 && c->section[k].n + strlen(fixture.sections) <
                                       sizeof(fixture.sections))
            (void)strncat(fixture.sections, (const char *)c->section[k].p,
                          c->section[k].n);
}

static inline void
fixture_decide(struct api_request *req)
{
    static struct node_command c;
    struct api_shell shell;
    static const char text[] = "{\"shell\":true}";

    switch (api_handle(req, &fixture.env, &fixture.status, NOW, &c, &shell)) {
    case API_ANSWERED:
        return;
    case API_COMMAND:
        fixture_keep(&c);
        if (!fixture.leaves_settle_out)
            api_settle(req, &fixture.env, &fixture.reply, NOW);
        api_reply(req, &fixture.reply);
        return;
    case API_SHELL:
        fixture.op = shell.op;
        api_shell_reply(req, 0, "", "",
                        (struct hf_bytes){(const uint8_t *)text, 14}, true);
        return;
    }
}

static inline void *
fixture_loop(void *ctx)
{
    (void)pthread_mutex_lock(&fixture.lock);
    while (!fixture.stop) {
        if (fixture.n == 0 || fixture.is_deaf) {
            (void)pthread_cond_wait(&fixture.more, &fixture.lock);
            continue;
        }
        struct api_request *req = fixture.queue[0];

        fixture.n--;
        memmove(fixture.queue, fixture.queue + 1,
                fixture.n * sizeof(fixture.queue[0]));
        (void)pthread_mutex_unlock(&fixture.lock);
        fixture_decide(req);
        (void)pthread_mutex_lock(&fixture.lock);
    }
    (void)pthread_mutex_unlock(&fixture.lock);
    return ctx;
}

static inline void
fixture_user(const char *name, uint32_t roles)
{
    struct node_user u;

    memset(&u, 0, sizeof(u));
    (void)snprintf(u.name.s, sizeof(u.name.s), "%s", name);
    u.roles = roles;
    user_put(&fixture.view, &u);
}

static inline void
fixture_begin(void)
{
    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    fixture.view = fixture_view(&fixture.store);
    fixture.crypto = fixture_crypto();
    fixture.config.org = (struct hf_org){"iom-af"};
    fixture.config.kind = ORG_IOM_OFFICE;
    fixture.env = (struct node_env){.config = &fixture.config,
                                    .view = &fixture.view,
                                    .crypto = &fixture.crypto};
    fixture_user("cm", ROLE_BIT(ROLE_CASE_MANAGER));
    fixture_user("fp", ROLE_BIT(ROLE_FOCAL_POINT));
    fixture_user("nurse", ROLE_BIT(ROLE_HEALTH));
    fixture_user("aud", ROLE_BIT(ROLE_AUDITOR));
    (void)pthread_mutex_init(&fixture.lock, NULL);
    (void)pthread_cond_init(&fixture.more, NULL);
    (void)snprintf(fixture.dir, sizeof(fixture.dir), "/tmp/handoff-api-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(fixture.dir), NULL));
    (void)snprintf(fixture.socket, sizeof(fixture.socket), "%s/api.sock",
                   fixture.dir);
    cr_assert(
        eq(int, (int)api_open(fixture.socket, fixture_post, NULL, &fixture.api),
           HF_OK));
    cr_assert(
        eq(int, pthread_create(&fixture.thread, NULL, fixture_loop, NULL), 0));
}

static inline void
fixture_end(void)
{
    (void)pthread_mutex_lock(&fixture.lock);
    fixture.stop = true;
    (void)pthread_cond_signal(&fixture.more);
    (void)pthread_mutex_unlock(&fixture.lock);
    (void)pthread_join(fixture.thread, NULL);
    api_close(fixture.api);
    json_decref(answer.json);
    fixture_clear(&fixture.store);
    (void)unlink(fixture.socket);
    (void)rmdir(fixture.dir);
}

static inline size_t
fixture_take(char *p, size_t size, size_t n, void *ctx)
{
    struct fixture_answer *a = ctx;

    if (a->n + size * n >= sizeof(a->text))
        return 0;
    memcpy(a->text + a->n, p, size * n);
    a->n += size * n;
    a->text[a->n] = '\0';
    return size * n;
}

/** fixture_ask: @user NULL: no header, so the account that owns the node.
 * @body with single quotes for double ones; NULL: none. */
static inline void
fixture_ask(const char *method, const char *path, const char *user,
            const char *key, const char *body)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    char url[512], line[256], *json = NULL;
    CURL *curl = curl_easy_init();

    json_decref(answer.json);
    memset(&answer, 0, sizeof(answer));
    (void)snprintf(url, sizeof(url), "http://localhost/api/v1%s", path);
    if (user != NULL) {
        (void)snprintf(line, sizeof(line), "X-Handoff-User: %s", user);
        headers = curl_slist_append(headers, line);
    }
    if (key != NULL) {
        (void)snprintf(line, sizeof(line), "Idempotency-Key: %s", key);
        headers = curl_slist_append(headers, line);
    }
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, fixture.socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, fixture_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    if (strcmp(method, "GET") != 0) {
        json = strdup(body == NULL ? "" : body);
        for (char *p = json; *p != '\0'; p++)
            if (*p == '\'')
                *p = '"';
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
    cr_assert(eq(int, (int)curl_easy_perform(curl), CURLE_OK));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.http);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(json);
    answer.json = json_loads(answer.text, 0, NULL);
}

static inline void
get(const char *path, const char *user)
{
    fixture_ask("GET", path, user, NULL, NULL);
}

static inline void
post(const char *path, const char *user, const char *body)
{
    fixture_ask("POST", path, user, NULL, body);
}

/** The text of a member of the answer; "" when there is none. */
static inline char *
text_of(const char *key)
{
    const char *text = json_string_value(json_object_get(answer.json, key));

    return (char *)(text == NULL ? "" : text);
}

static inline json_t *
item(size_t i)
{
    return json_array_get(json_object_get(answer.json, "items"), i);
}

static inline size_t
n_items(void)
{
    return json_array_size(json_object_get(answer.json, "items"));
}

static inline char *
item_text(size_t i, const char *key)
{
    const char *text = json_string_value(json_object_get(item(i), key));

    return (char *)(text == NULL ? "" : text);
}

/* jansson's tests are macros, which cr_expect() does not take. */
static inline bool
is(json_t *value, json_type type)
{
    return value != NULL && json_typeof(value) == type;
}

/** The exit status that an error names. */
static inline int
exit_of(void)
{
    return (int)json_integer_value(json_object_get(answer.json, "exit"));
}

/* ---- what a store holds ---- */

/* A case HC-... whose id is sixteen times @byte but for the last one. */
static inline const char *
hold_case(uint8_t byte, uint8_t last, char *out)
{
    struct node_case c;
    static const char identity[] =
        "{\"given_name\":\"Nasir\",\"family_name\":\"W.\"}";
    static const char health[] = "{\"conditions\":[]}";

    memset(&c, 0, sizeof(c));
    memset(c.id.b, byte, HF_ID_BYTES);
    c.id.b[HF_ID_BYTES - 1] = last;
    c.stage = STAGE_ARRIVED;
    c.holder = (struct hf_org){"iom-af"};
    c.epoch = 2;
    c.held = CATEGORY_BIT(CATEGORY_IDENTITY) | CATEGORY_BIT(CATEGORY_HEALTH);
    c.facts.origin[0] = 'A';
    c.facts.origin[1] = 'F';
    c.owner = (struct hf_name){"cm"};
    case_put(&fixture.view, &c);
    section_put(
        &fixture.view, &c.id, CATEGORY_IDENTITY,
        (struct hf_bytes){(const uint8_t *)identity, sizeof(identity) - 1});
    section_put(&fixture.view, &c.id, CATEGORY_HEALTH,
                (struct hf_bytes){(const uint8_t *)health, sizeof(health) - 1});
    return hf_id_format("HC", &c.id, out);
}

static inline struct node_object
make_object(enum object_kind kind, enum side side, uint8_t byte,
            enum state state)
{
    struct node_object o;

    memset(&o, 0, sizeof(o));
    o.kind = kind;
    o.side = side;
    memset(o.id.b, byte, HF_ID_BYTES);
    o.peer = (struct hf_org){"clinic-kbl"};
    o.state = state;
    o.terms.service = (struct hf_name){"primary_health_care"};
    o.terms.urgency = URGENCY_URGENT;
    o.created_ms = NOW - DAY_MS;
    o.changed_ms = NOW - byte * 1000u;
    return o;
}

#endif /* TESTS_API_FIXTURE_H */
