/* The Unix socket, its thread, and who asks. */
#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <microhttpd.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "api_internal.h"
#include "hf_assert.h"
#include "hf_crypto.h"
#include "hf_file.h"

#define CONNECTIONS_MAX 128
/* Request line, headers, and what is read at a time; over 32 KiB, so that it
 * is mapped, and goes back to the system when the connection is closed. */
#define CONNECTION_BYTES_MAX (64u * 1024u)
#define IDLE_S               60u
#define CLOSE_WAIT_S         2 /* for answers on their way */

struct api {
    struct MHD_Daemon *daemon;
    api_post *post;
    void *ctx;
    pthread_mutex_t lock;     /* of everything below */
    pthread_cond_t is_less;   /* n_live fell */
    struct api_request *open; /* POSTED and HELD, a list */
    size_t n_live;
    bool is_closing;
    bool is_holding;
};

/* ---- nothing stays in freed memory ---- */

/* What people wrote and read passes through here in clear: it is wiped where
 * it was, so that a shredded case is not found in the memory of the node. */
static void
free_wiped(void *p)
{
    if (p != NULL)
        hf_wipe(p, malloc_usable_size(p));
    free(p);
}

/* ---- requests ---- */

static void
request_free(struct api_request *req)
{
    for (size_t i = 0; i < req->n_args; i++) {
        free(req->arg[i].key);
        free(req->arg[i].value);
    }
    if (req->data != NULL)
        hf_wipe(req->data, req->n_data);
    free(req->data);
    for (size_t i = 0; i < req->n_kept; i++) {
        hf_wipe(req->kept[i], strlen(req->kept[i]));
        free(req->kept[i]);
    }
    if (req->answer != NULL)
        hf_wipe(req->answer, req->answer_bytes);
    free(req->answer);
    hf_buf_free(&req->body);
    json_decref(req->json);
    free(req->consent);
    free(req->services);
    free(req->method);
    free(req->path);
    free(req->split);
    free(req);
}

/* Under the lock. */
static void
open_add(struct api *api, struct api_request *req)
{
    req->prev = NULL;
    req->next = api->open;
    if (api->open != NULL)
        api->open->prev = req;
    api->open = req;
}

/* Under the lock. */
static void
open_remove(struct api *api, struct api_request *req)
{
    if (req->prev != NULL)
        req->prev->next = req->next;
    else
        api->open = req->next;
    if (req->next != NULL)
        req->next->prev = req->prev;
    req->next = req->prev = NULL;
}

/* Under the lock. Once resumed, MHD's thread may free @req. */
static void
wake(struct api *api, struct api_request *req)
{
    HF_ASSERT(req->phase == API_POSTED || req->phase == API_HELD);
    open_remove(api, req);
    req->phase = API_DONE;
    MHD_resume_connection(req->connection);
}

void
api_finish(struct api_request *req)
{
    struct api *api = req->api;

    (void)pthread_mutex_lock(&api->lock);
    if (api->is_holding && !api->is_closing)
        req->phase = API_HELD;
    else
        wake(api, req);
    (void)pthread_mutex_unlock(&api->lock);
}

void
api_hold(struct api *api)
{
    (void)pthread_mutex_lock(&api->lock);
    api->is_holding = true;
    (void)pthread_mutex_unlock(&api->lock);
}

void
api_release(struct api *api)
{
    struct api_request *req, *next;

    (void)pthread_mutex_lock(&api->lock);
    api->is_holding = false;
    for (req = api->open; req != NULL; req = next) {
        next = req->next;
        if (req->phase == API_HELD)
            wake(api, req);
    }
    (void)pthread_mutex_unlock(&api->lock);
}

/* ---- who asks ---- */

static bool
account_name(uid_t uid, struct hf_name *ret)
{
    struct passwd pw, *found = NULL;
    char room[4096];

    return getpwuid_r(uid, &pw, room, sizeof(room), &found) == 0 &&
           found != NULL && hf_name_parse(pw.pw_name, ret);
}

static void
nobody(struct api_request *req, int status, const char *why)
{
    memset(&req->user, 0, sizeof(req->user));
    req->is_owner = false;
    req->who_exit = status;
    req->who_wrong = why;
}

/* The peer's account; a header may name another user only when that account
 * is the node's own or root, and then with that user's rights, no more. */
static void
find_user(struct api_request *req)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        req->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const char *header = MHD_lookup_connection_value(
        req->connection, MHD_HEADER_KIND, "X-Handoff-User");
    struct ucred peer;
    socklen_t n = sizeof(peer);
    struct hf_name named;
    bool has_name;

    if (info == NULL ||
        getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0) {
        nobody(req, EX_NOPERM, "the socket does not say who you are");
        return;
    }
    req->is_owner = peer.uid == 0 || peer.uid == geteuid();
    has_name = account_name(peer.uid, &req->user);
    if (header == NULL) {
        if (!has_name && !req->is_owner)
            nobody(req, EX_NOPERM, "your account has no name");
        return;
    }
    if (!hf_name_parse(header, &named))
        nobody(req, EX_USAGE, "X-Handoff-User is not a user's name");
    else if (has_name && hf_name_eq(&named, &req->user))
        return;
    else if (!req->is_owner)
        nobody(req, EX_NOPERM, "you may only act as yourself");
    else {
        req->user = named;
        req->is_owner = false;
    }
}

/* ---- MHD's thread ---- */

static enum MHD_Result
take_arg(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct api_request *req = ctx;
    struct api_arg *arg = &req->arg[req->n_args];

    (void)kind;
    if (req->n_args == API_ARGS_MAX)
        return MHD_NO;
    arg->key = strdup(key);
    arg->value = strdup(value == NULL ? "1" : value);
    if (arg->key == NULL || arg->value == NULL) {
        free(arg->key);
        free(arg->value);
        return MHD_NO;
    }
    req->n_args++;
    return MHD_YES;
}

static struct api_request *
request_new(struct api *api, struct MHD_Connection *connection, const char *url,
            const char *method)
{
    struct api_request *req = calloc(1, sizeof(*req));
    const char *key;

    if (req == NULL)
        return NULL;
    req->api = api;
    req->connection = connection;
    hf_buf_init(&req->body, API_REQUEST_BYTES_MAX);
    req->method = strdup(method);
    req->path = strdup(url);
    if (req->method == NULL || req->path == NULL) {
        request_free(req);
        return NULL;
    }
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_arg,
                                    req);
    key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                      "Idempotency-Key");
    if (key != NULL && strlen(key) < sizeof(req->key))
        memcpy(req->key, key, strlen(key) + 1);
    find_user(req);
    (void)pthread_mutex_lock(&api->lock);
    req->is_live = true;
    api->n_live++;
    (void)pthread_mutex_unlock(&api->lock);
    return req;
}

static enum MHD_Result
send_answer(struct api_request *req)
{
    struct MHD_Response *response;
    enum MHD_Result result;

    response = MHD_create_response_from_buffer_with_free_callback(
        req->answer_bytes, req->answer, free_wiped);
    if (response == NULL)
        return MHD_NO;
    req->answer = NULL; /* the response's now */
    req->answer_bytes = 0;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                  req->type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                                  "no-store");
    result = MHD_queue_response(req->connection, (unsigned)req->http, response);
    MHD_destroy_response(response);
    return result;
}

static void
set_closing(struct api_request *req)
{
    api_set_problem(req, 503, EX_UNAVAILABLE, "closing",
                    "the node is going down", "try again when it is up", NULL);
}

/* The request is whole: it goes to the deciding thread, and the connection
 * sleeps until api_finish(). */
static enum MHD_Result
hand_over(struct api_request *req)
{
    struct api *api = req->api;

    (void)pthread_mutex_lock(&api->lock);
    if (api->is_closing) {
        (void)pthread_mutex_unlock(&api->lock);
        set_closing(req);
        req->phase = API_DONE;
        return send_answer(req);
    }
    req->phase = API_POSTED;
    open_add(api, req);
    MHD_suspend_connection(req->connection);
    (void)pthread_mutex_unlock(&api->lock);
    api->post(api->ctx, req);
    return MHD_YES;
}

/* Called once when the headers are there, then for each piece of the body,
 * once at its end, and once more after api_finish(). */
static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *connection, const char *url,
           const char *method, const char *version, const char *data,
           size_t *data_bytes, void **state)
{
    struct api_request *req = *state;

    (void)version;
    if (req == NULL) {
        req = request_new(ctx, connection, url, method);
        *state = req;
        return req == NULL ? MHD_NO : MHD_YES;
    }
    if (*data_bytes > 0) {
        if (!req->is_too_big && !hf_buf_add(&req->body, data, *data_bytes)) {
            req->is_too_big = true;
            hf_buf_free(&req->body);
        }
        *data_bytes = 0;
        return MHD_YES;
    }
    return req->phase == API_READING ? hand_over(req) : send_answer(req);
}

static void
on_completed(void *ctx, struct MHD_Connection *connection, void **state,
             enum MHD_RequestTerminationCode code)
{
    struct api *api = ctx;
    struct api_request *req = *state;

    (void)connection;
    (void)code;
    if (req == NULL)
        return;
    (void)pthread_mutex_lock(&api->lock);
    HF_ASSERT(req->phase != API_POSTED);
    HF_ASSERT(req->phase != API_HELD);
    if (req->is_live)
        api->n_live--;
    (void)pthread_cond_broadcast(&api->is_less);
    (void)pthread_mutex_unlock(&api->lock);
    request_free(req);
    *state = NULL;
}

/* ---- opening and closing ---- */

/* A socket's address has room for 107 bytes; a longer path goes through its
 * folder's descriptor. */
static enum hf_err
address_of(const char *path, struct sockaddr_un *ret, int *ret_dir)
{
    const char *slash = strrchr(path, '/');
    char dir[4096];
    size_t n;

    memset(ret, 0, sizeof(*ret));
    ret->sun_family = AF_UNIX;
    *ret_dir = -1;
    if (strlen(path) < sizeof(ret->sun_path)) {
        memcpy(ret->sun_path, path, strlen(path));
        return HF_OK;
    }
    n = slash == NULL ? sizeof(dir) : (size_t)(slash - path);
    if (n == 0 || n >= sizeof(dir))
        return HF_ERR_LIMIT;
    memcpy(dir, path, n);
    dir[n] = '\0';
    *ret_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*ret_dir < 0)
        return HF_ERR_IO;
    n = (size_t)snprintf(ret->sun_path, sizeof(ret->sun_path),
                         "/proc/self/fd/%d%s", *ret_dir, slash);
    return n < sizeof(ret->sun_path) ? HF_OK : HF_ERR_LIMIT;
}

static enum hf_err
listen_at(const char *path, int *ret_fd)
{
    struct sockaddr_un address;
    int dir = -1, fd = -1;
    enum hf_err err = address_of(path, &address, &dir);

    if (err != HF_OK)
        goto out;
    err = HF_ERR_IO;
    if (unlink(path) != 0 && errno != ENOENT)
        goto out;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0660) != 0 || listen(fd, CONNECTIONS_MAX) != 0)
        goto out;
    *ret_fd = fd;
    fd = -1;
    err = HF_OK;

out:
    if (fd >= 0)
        (void)close(fd);
    if (dir >= 0)
        (void)close(dir);
    return err;
}

/* MHD would write to stderr; what it says is about peers, not about us. */
static void say_nothing(void *ctx, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
say_nothing(void *ctx, const char *fmt, va_list args)
{
    (void)ctx;
    (void)fmt;
    (void)args;
}

enum hf_err
api_open(const char *socket_path, api_post *post, void *ctx,
         struct api **ret_api)
{
    struct api *api = calloc(1, sizeof(*api));
    int fd = -1;
    enum hf_err err;

    if (api == NULL)
        return HF_ERR_NOMEM;
    json_set_alloc_funcs(malloc, free_wiped);
    api->post = post;
    api->ctx = ctx;
    (void)pthread_mutex_init(&api->lock, NULL);
    (void)pthread_cond_init(&api->is_less, NULL);
    err = listen_at(socket_path, &fd);
    if (err != HF_OK)
        goto out;
    api->daemon = MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD |
            MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, api, MHD_OPTION_EXTERNAL_LOGGER, say_nothing,
        NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, api, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
        MHD_OPTION_END);
    if (api->daemon == NULL) {
        (void)close(fd);
        err = HF_ERR_IO;
        goto out;
    }
    *ret_api = api;
    api = NULL;

out:
    if (api != NULL)
        api_close(api);
    return err;
}

void
api_close(struct api *api)
{
    struct timespec until;

    if (api == NULL)
        return;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_WAIT_S;
    (void)pthread_mutex_lock(&api->lock);
    api->is_closing = true;
    while (api->open != NULL) { /* nobody else will answer these */
        set_closing(api->open);
        wake(api, api->open);
    }
    while (api->n_live > 0 &&
           pthread_cond_timedwait(&api->is_less, &api->lock, &until) == 0)
        continue;
    (void)pthread_mutex_unlock(&api->lock);
    if (api->daemon != NULL)
        MHD_stop_daemon(api->daemon);
    (void)pthread_cond_destroy(&api->is_less);
    (void)pthread_mutex_destroy(&api->lock);
    free(api);
}
