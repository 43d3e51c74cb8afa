/*
 * broker_init.c - a directory becomes a broker.
 */
#include "broker_init.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker_ctl.h"
#include "broker_seal.h"
#include "hf_assert.h"
#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "request.h"

/* An error without a cause beside it: @what says it all. */
static enum hf_err
refuse(char *error, enum hf_err err, const char *where, const char *what)
{
    (void)snprintf(error, HF_CONF_ERROR_BYTES, "%s: %s", where, what);
    return err;
}

static enum hf_err
say(char *error, enum hf_err err, const char *where, const char *what)
{
    (void)snprintf(error, HF_CONF_ERROR_BYTES, "%s: %s: %s", where, what,
                   hf_err_text(err));
    return err;
}

/** The port that the kernel gives for host:0, which then stays. */
static bool
free_port(const char *host, uint16_t *ret_port)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct sockaddr_storage at;
    socklen_t n = sizeof(at);
    char service[NI_MAXSERV];
    uint64_t port = 0;
    int fd = -1;

    if (getaddrinfo(host, "0", &hints, &found) != 0)
        return false;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        getsockname(fd, (struct sockaddr *)&at, &n) == 0 &&
        getnameinfo((struct sockaddr *)&at, n, NULL, 0, service,
                    sizeof(service), NI_NUMERICSERV) == 0 &&
        !hf_parse_u64(service, 1, 65535, &port))
        port = 0;
    if (fd >= 0)
        (void)close(fd);
    freeaddrinfo(found);
    *ret_port = (uint16_t)port;
    return port != 0;
}

/** "host:port" (or "tcp://host:port") into tcp://host:port. */
static bool
resolve(const char *listen, char out[static REGISTRY_ENDPOINT_BYTES])
{
    char host[REGISTRY_ENDPOINT_BYTES];
    const char *colon;
    uint64_t port;
    uint16_t chosen;
    int n;

    if (strncmp(listen, "tcp://", 6) == 0)
        listen += 6;
    colon = strrchr(listen, ':');
    if (colon == NULL || colon == listen ||
        (size_t)(colon - listen) >= sizeof(host) ||
        !hf_parse_u64(colon + 1, 0, 65535, &port))
        return false;
    memcpy(host, listen, (size_t)(colon - listen));
    host[colon - listen] = '\0';
    if (port == 0) {
        if (!free_port(host, &chosen))
            return false;
        port = chosen;
    }
    n = snprintf(out, REGISTRY_ENDPOINT_BYTES, "tcp://%s:%u", host,
                 (unsigned)port);
    return n > 0 && n < REGISTRY_ENDPOINT_BYTES;
}

static enum hf_err
make_key(const char *dir, const char *name, enum hf_key_use use,
         const struct hf_secret *wrap, struct hf_secret **ret)
{
    char path[PATH_MAX];
    enum hf_err err = hf_secret_load_under(
        hf_path(path, sizeof(path), dir, name), use, wrap, ret);

    if (err == HF_OK)
        return HF_OK; /* a first init was interrupted: go on with it */
    err = hf_secret_new(use, ret);
    return err ? err : hf_secret_store_under(path, *ret, wrap);
}

static enum hf_err
make_request(const char *dir, const struct broker_file *f,
             const struct hf_secret *wrap, struct hf_buf *request)
{
    struct join_request r = {.is_broker = true};
    struct hf_secret *identity = NULL;
    struct hf_secret *op = NULL;
    struct hf_secret *link = NULL;
    char path[PATH_MAX];
    enum hf_err err;

    err = hf_mkdir(hf_path(path, sizeof(path), dir, "keys"));
    if (!err)
        err = make_key(dir, "keys/identity.key", HF_KEY_SIGN, wrap, &identity);
    if (!err)
        err = make_key(dir, "keys/op.key", HF_KEY_SIGN, wrap, &op);
    if (!err)
        err = make_key(dir, "keys/link.key", HF_KEY_DH, wrap, &link);
    if (!err) {
        r.made_ms = hf_clock_wall_ms();
        r.broker.id = f->name;
        r.broker.operated_by = f->operated_by;
        memcpy(r.broker.endpoint, f->endpoint, sizeof(r.broker.endpoint));
        hf_secret_public(identity, r.broker.identity_pk);
        hf_secret_public(op, r.broker.op[0].pk);
        r.broker.op[0].from_ms = r.made_ms;
        r.broker.n_op = 1;
        hf_secret_public(link, r.broker.link_pk);
        err = request_print(&r, identity, request);
    }
    if (!err)
        err = hf_file_write(hf_path(path, sizeof(path), dir, "request.yaml"),
                            request->p, request->n, 0644);
    hf_secret_free(identity);
    hf_secret_free(op);
    hf_secret_free(link);
    return err;
}

static enum hf_err
make_broker(const struct broker_init *how, struct hf_buf *request, char *error)
{
    struct hf_secret *wrap = NULL;
    struct broker_file f = {0};
    enum hf_err err;

    if (!hf_org_parse(how->name, &f.name))
        return refuse(error, HF_ERR_MALFORMED, "--name",
                      "an id is a-z, 0-9 and -, at most 31 characters");
    if (how->operated_by != NULL &&
        !hf_org_parse(how->operated_by, &f.operated_by))
        return refuse(error, HF_ERR_MALFORMED, "--operator",
                      "an id is a-z, 0-9 and -, at most 31 characters");
    if (how->listen == NULL || !resolve(how->listen, f.listen))
        return refuse(error, HF_ERR_MALFORMED, "--listen",
                      "give HOST:PORT, such as 192.0.2.7:7700, of an address "
                      "of this machine; port 0 takes a free one");
    memcpy(f.endpoint, f.listen, sizeof(f.endpoint));
    err = broker_seal_key("", &wrap, error);
    if (err)
        return err;
    err = hf_mkdir(how->dir);
    if (!err)
        err = make_request(how->dir, &f, wrap, request);
    hf_secret_free(wrap);
    /* The configuration last: with it, the directory is a broker. */
    if (!err)
        err = broker_conf_write(how->dir, &f);
    return err ? say(error, err, how->dir, "cannot initialise") : HF_OK;
}

/** Of a broker that is there: its keys may lie sealed by now. */
static enum hf_err
request_again(const char *dir, const struct broker_file *f,
              struct hf_buf *request, char *error)
{
    struct hf_secret *wrap = NULL;
    enum hf_err err = broker_seal_key(f->key_file, &wrap, error);

    if (!err)
        err = make_request(dir, f, wrap, request);
    hf_secret_free(wrap);
    return err;
}

/* In the words of the node's init. */
static void
say_registry(char *error, const char *file, enum hf_err err)
{
    static const char again[] = "; get it from the committee again";
    char what[128];

    switch ((int)err) {
    case HF_ERR_UNTRUSTED:
        (void)snprintf(what, sizeof(what),
                       "too few of those who must sign have signed%s", again);
        break;
    case HF_ERR_ROLLBACK:
        (void)snprintf(what, sizeof(what),
                       "older than, or at odds with, the one held%s", again);
        break;
    case HF_ERR_EXPIRED:
        (void)snprintf(what, sizeof(what), "has expired%s", again);
        break;
    case HF_ERR_NOT_FOUND:
        (void)snprintf(what, sizeof(what), "no such file; check its name");
        break;
    case HF_ERR_IO:
    case HF_ERR_FULL:
    case HF_ERR_NOMEM:
        (void)snprintf(what, sizeof(what), "registry not installed: %s",
                       hf_err_text(err));
        break;
    default:
        (void)snprintf(what, sizeof(what), "is no registry set: %s%s",
                       hf_err_text(err), again);
    }
    (void)refuse(error, err, file, what);
}

/* What people compare; behind a request it is a comment of that file. */
static void
tell_root(const struct registry *r, bool is_held, struct hf_buf *out)
{
    const char *mark = out->n > 0 ? "# " : "";
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)];

    (void)hf_buf_printf(
        out,
        "%sregistry, members version %u: %s; its root is\n%s%s\n"
        "%sCompare it with the committee's by telephone.\n",
        mark, (unsigned)r->version[REGISTRY_ORGS],
        is_held ? "held already" : "installed", mark,
        hf_hex(r->root_hash.b, HF_HASH_BYTES, hex), mark);
}

static enum hf_err
install_registry(const struct broker_init *how, struct hf_buf *out, char *error)
{
    char path[PATH_MAX];
    struct hf_buf set;
    struct hf_buf held;
    struct hf_buf answer;
    struct registry *r = NULL;
    enum hf_err err;
    bool is_held = false;

    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    hf_buf_init(&held, REGISTRY_BYTES_MAX);
    hf_buf_init(&answer, 4096);
    hf_path(path, sizeof(path), how->dir, "registry.set");
    err = hf_file_read(how->registry, &set);
    if (!err) {
        err = hf_file_read(path, &held);
        if (err == HF_ERR_NOT_FOUND)
            err = HF_OK; /* the first one */
    }
    if (!err)
        err = registry_accept(hf_buf_bytes(&set), hf_buf_bytes(&held),
                              hf_clock_wall_ms(), &r);
    if (!err)
        err = hf_file_write(path, set.p, set.n, 0644);
    if (err == HF_ERR_EXISTS) {
        is_held = true;
        err = registry_load(hf_buf_bytes(&held), &r);
    }
    if (!err) /* one that runs takes it up now, others at their start */
        (void)!broker_ctl_ask(how->dir, "reload", &answer);
    if (err)
        say_registry(error, how->registry, err);
    else
        tell_root(r, is_held, out);
    registry_free(r);
    hf_buf_free(&set);
    hf_buf_free(&held);
    hf_buf_free(&answer);
    return err;
}

enum hf_err
broker_init(const struct broker_init *how, struct hf_buf *request,
            char error[static HF_CONF_ERROR_BYTES])
{
    struct broker_file f;
    enum hf_err err = hf_crypto_start();

    if (!err)
        err = broker_conf_load(how->dir, &f, error);
    if (err == HF_ERR_NOT_FOUND) {
        if (how->name == NULL)
            return say(error, HF_ERR_NOT_FOUND, how->dir,
                       "no broker here; give --name and --listen");
        err = make_broker(how, request, error);
    } else if (!err && how->name != NULL) {
        struct hf_org name;

        if (!hf_org_parse(how->name, &name) || !hf_org_eq(&name, &f.name))
            return say(error, HF_ERR_EXISTS, how->dir,
                       "is the directory of another broker");
        err = request_again(how->dir, &f, request, error);
        if (err)
            (void)say(error, err, how->dir, "cannot write the request");
    }
    if (!err && how->registry != NULL)
        err = install_registry(how, request, error);
    return err;
}
