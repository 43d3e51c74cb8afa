#include "cli_conn.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_yaml.h"
#include "hf_crypto.h"
#include "hf_text.h"

#define SOCKET_PATH_MAX 107 /* what sun_path takes */
#define TRIES           2
#define PAGE_TEXT       "200"
#define ITEMS_DEFAULT   10000

struct request {
    const char *method;
    const char *path;
    const char *type;
    struct hf_bytes body;
};

void
cli_answer_free(struct cli_answer *a)
{
    json_decref(a->json);
    hf_buf_free(&a->raw);
    a->json = NULL;
}

static size_t
take(char *p, size_t size, size_t n, void *ctx)
{
    struct hf_buf *buf = ctx;

    return hf_buf_add(buf, p, size * n) ? size * n : 0;
}

/* The socket's path. One too long for the system's structure goes through
 * its folder's descriptor, which *ret_fd keeps open. */
static void
socket_path(const struct cli *c, char *out, int *ret_fd)
{
    char run[CLI_PATH_BYTES];

    *ret_fd = -1;
    (void)cli_in_dir(c, "run/api.sock", out);
    if (strlen(out) <= SOCKET_PATH_MAX)
        return;
    *ret_fd = open(cli_in_dir(c, "run", run), O_PATH | O_DIRECTORY | O_CLOEXEC);
    (void)snprintf(out, CLI_PATH_BYTES, "/proc/self/fd/%d/api.sock", *ret_fd);
}

static struct curl_slist *
headers(const struct cli *c, const struct request *r, const char *key)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    char line[256];

    if (c->user != NULL) {
        (void)snprintf(line, sizeof(line), "X-Handoff-User: %.100s", c->user);
        list = curl_slist_append(list, line);
    }
    if (r->type != NULL) {
        (void)snprintf(line, sizeof(line), "Content-Type: %.100s", r->type);
        list = curl_slist_append(list, line);
    }
    if (strcmp(r->method, "POST") == 0) {
        (void)snprintf(line, sizeof(line), "Idempotency-Key: %s", key);
        list = curl_slist_append(list, line);
    }
    return list;
}

static CURLcode
perform(const struct cli *c, const struct request *r, const char *key,
        struct hf_buf *raw, long *ret_http, long *ret_errno)
{
    char socket[CLI_PATH_BYTES], url[CLI_PATH_BYTES];
    struct curl_slist *list = headers(c, r, key);
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_OUT_OF_MEMORY;
    int fd = -1;

    *ret_http = 0;
    *ret_errno = 0;
    if (curl == NULL || list == NULL)
        goto out;
    socket_path(c, socket, &fd);
    (void)snprintf(url, sizeof(url), "http://localhost/api/v1%s", r->path);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)raw);
    if (strcmp(r->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)r->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         r->body.n > 0 ? (const char *)r->body.p : "");
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
    }
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_http);
    (void)curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, ret_errno);

out:
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    if (fd >= 0)
        (void)close(fd);
    return code;
}

/* Why there is no node behind the socket. */
static int
not_reached(struct cli *c, CURLcode code, long os_errno)
{
    char yaml[CLI_PATH_BYTES];

    if (access(cli_in_dir(c, "handoff.yaml", yaml), F_OK) != 0 &&
        errno == ENOENT)
        return cli_fail(c, EX_NOINPUT, "no_node",
                        "make one with handoff -C DIR init, or check -C",
                        "%s is no node's directory", c->dir);
    if (code == CURLE_OUT_OF_MEMORY)
        return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    if (os_errno == EACCES || os_errno == EPERM)
        return cli_fail(c, EX_NOPERM, "not_permitted",
                        "ask who runs the node to let your account in",
                        "you may not speak to the node of %s", c->dir);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return cli_fail(c, EX_TEMPFAIL, "timeout",
                        "look at handoff status and DIR/log",
                        "the node of %s does not answer", c->dir);
    if (code == CURLE_WRITE_ERROR)
        return cli_fail(c, EX_SOFTWARE, "answer_too_large", "ask for less",
                        "the node's answer is too large");
    return cli_fail(c, EX_UNAVAILABLE, "node_not_running",
                    "start it with handoff-node -C DIR",
                    "the node of %s is not running", c->dir);
}

static int
status_of_http(long http)
{
    switch (http) {
    case 400:
        return EX_USAGE;
    case 403:
        return EX_NOPERM;
    case 404:
        return EX_NOINPUT;
    case 409:
        return EX_REFUSED;
    case 413:
    case 422:
        return EX_DATAERR;
    case 501:
        return EX_CONFIG;
    case 503:
        return EX_TEMPFAIL;
    default:
        return http >= 200 && http < 300 ? 0 : EX_SOFTWARE;
    }
}

static void
read_answer(struct cli_answer *a, long http)
{
    const json_t *exit_status;

    a->status = status_of_http(http);
    a->json = json_loadb((const char *)a->raw.p, a->raw.n, 0, NULL);
    if (a->status == 0 || a->json == NULL)
        return;
    exit_status = json_object_get(a->json, "exit");
    if (json_integer_value(exit_status) > 0 &&
        json_integer_value(exit_status) < 126)
        a->status = (int)json_integer_value(exit_status);
}

static int
call(struct cli *c, const struct request *r, struct cli_answer *ret)
{
    uint8_t random[16];
    char key[HF_HEX_BYTES(sizeof(random))];
    CURLcode code = CURLE_OK;
    long http = 0, os_errno = 0;
    const int status = cli_need_dir(c);
    struct hf_name user;

    *ret = (struct cli_answer){.json = NULL};
    hf_buf_init(&ret->raw, CLI_ANSWER_BYTES_MAX);
    if (status != 0)
        return status;
    if (c->user != NULL && !hf_name_parse(c->user, &user))
        return cli_fail(c, EX_USAGE, "usage",
                        "letters, digits and _ - . @, at most 31",
                        "--user %.40s is no user's name", c->user);
    hf_random(random, sizeof(random));
    (void)hf_hex(random, sizeof(random), key);
    for (int i = 0; i < TRIES; i++) {
        hf_buf_clear(&ret->raw);
        code = perform(c, r, key, &ret->raw, &http, &os_errno);
        /* Cut off half way: the key makes it safe to say it again. */
        if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR &&
            code != CURLE_GOT_NOTHING && code != CURLE_PARTIAL_FILE)
            break;
    }
    if (code != CURLE_OK)
        return not_reached(c, code, os_errno);
    read_answer(ret, http);
    return 0;
}

int
cli_conn_call(struct cli *c, const char *method, const char *path,
              const json_t *body, struct cli_answer *ret)
{
    struct request r = {.method = method, .path = path};
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    int status;

    if (text != NULL) {
        r.body = (struct hf_bytes){(const uint8_t *)text, strlen(text)};
        r.type = "application/json";
    }
    status = call(c, &r, ret);
    if (text != NULL) {
        hf_wipe(text, strlen(text));
        free(text);
    }
    return status;
}

int
cli_conn_bytes(struct cli *c, const char *path, const char *type,
               struct hf_bytes body, struct cli_answer *ret)
{
    const struct request r = {
        .method = "POST", .path = path, .type = type, .body = body};

    return call(c, &r, ret);
}

static const char *
member(const struct cli_answer *a, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(a->json, key));

    return text != NULL && text[0] != '\0' ? text : fallback;
}

int
cli_conn_refused(struct cli *c, const struct cli_answer *a)
{
    const char *code = member(a, "code", "refused");
    const char *hint = member(a, "hint", "");
    const char *pointer = member(a, "pointer", NULL);
    const char *detail =
        member(a, "detail", member(a, "title", "the node refused"));
    unsigned line;

    if (c->file == NULL || (pointer == NULL && a->status != EX_DATAERR))
        return cli_fail(c, a->status, code, hint, "%s", detail);
    line = cli_file_line(c->file, pointer != NULL ? pointer : "");
    if (pointer == NULL || strstr(detail, pointer) != NULL)
        return cli_fail(c, a->status, code, hint, "%s:%u: %s", c->file->path,
                        line > 0 ? line : 1, detail);
    return cli_fail(c, a->status, code, hint, "%s:%u: %s: %s", c->file->path,
                    line > 0 ? line : 1, pointer, detail);
}

json_t *
cli_conn_problem(const struct cli_answer *a)
{
    return json_pack(
        "{s:s,s:s,s:s}", "code", member(a, "code", "refused"), "message",
        member(a, "detail", member(a, "title", "the node refused")), "hint",
        member(a, "hint", ""));
}

static int
finish(struct cli *c, int status, struct cli_answer *a, json_t **ret_json)
{
    if (status == 0 && a->status != 0)
        status = cli_conn_refused(c, a);
    else if (status == 0 && a->json == NULL)
        status = cli_fail(c, EX_SOFTWARE, "internal",
                          "are handoff and handoff-node of one version?",
                          "the node's answer is no JSON");
    if (status == 0)
        *ret_json = json_incref(a->json);
    cli_answer_free(a);
    return status;
}

int
cli_get(struct cli *c, const char *path, json_t **ret_json)
{
    struct cli_answer a;
    const int status = cli_conn_call(c, "GET", path, NULL, &a);

    return finish(c, status, &a, ret_json);
}

int
cli_post(struct cli *c, const char *path, const json_t *body, json_t **ret_json)
{
    struct cli_answer a;
    const int status = cli_conn_call(c, "POST", path, body, &a);

    return finish(c, status, &a, ret_json);
}

int
cli_get_list(struct cli *c, const char *path, json_t **ret_json)
{
    const char *limit_text = cli_value(c, "limit");
    const char *cursor = cli_value(c, "cursor");
    json_t *all = json_pack("{s:[]}", "items"), *page = NULL;
    uint64_t limit = ITEMS_DEFAULT;
    int status = 0;

    if (limit_text != NULL && !hf_parse_u64(limit_text, 1, 1000000, &limit))
        status = cli_fail(c, EX_USAGE, "usage", "a number from 1 to 1000000",
                          "--limit %s is no number of lines", limit_text);
    while (status == 0) {
        const size_t have = json_array_size(json_object_get(all, "items"));
        struct cli_path p;
        char left[24];

        (void)snprintf(left, sizeof(left), "%llu",
                       (unsigned long long)(limit - have));
        cli_path_begin(&p, path);
        p.has_query = strchr(path, '?') != NULL;
        cli_path_query(&p, "limit", limit - have < 200 ? left : PAGE_TEXT);
        cli_path_query(&p, "cursor", cursor);
        status = cli_get(c, p.text, &page);
        if (status != 0)
            break;
        (void)json_array_extend(json_object_get(all, "items"),
                                json_object_get(page, "items"));
        (void)json_object_del(all, "next");
        (void)json_object_set(all, "next", json_object_get(page, "next"));
        json_decref(page);
        cursor = json_string_value(json_object_get(all, "next"));
        if (cursor == NULL ||
            json_array_size(json_object_get(all, "items")) >= limit)
            break;
    }
    if (status != 0)
        json_decref(all);
    else
        *ret_json = all;
    return status;
}

static void
append(struct cli_path *p, const char *text, bool escape)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    for (; *text != '\0' && !p->is_too_long; text++) {
        const size_t room = sizeof(p->text) - p->n;
        int n;

        if (!escape || strchr(safe, *text) != NULL)
            n = snprintf(p->text + p->n, room, "%c", *text);
        else
            n = snprintf(p->text + p->n, room, "%%%02X",
                         (unsigned)(unsigned char)*text);
        if (n < 0 || (size_t)n >= room) {
            /* Half a path would be another one. */
            p->n = (size_t)snprintf(p->text, sizeof(p->text), "/too-long");
            p->is_too_long = true;
            return;
        }
        p->n += (size_t)n;
    }
}

void
cli_path_begin(struct cli_path *p, const char *base)
{
    *p = (struct cli_path){.n = 0};
    append(p, base, false);
}

void
cli_path_add(struct cli_path *p, const char *part)
{
    append(p, "/", false);
    append(p, part, true);
}

void
cli_path_query(struct cli_path *p, const char *key, const char *value)
{
    if (value == NULL)
        return;
    append(p, p->has_query ? "&" : "?", false);
    append(p, key, false);
    append(p, "=", false);
    append(p, value, true);
    p->has_query = true;
}
