/*
 * api.h - the node's HTTP API on its Unix socket: JSON in, JSON out.
 *
 * libmicrohttpd's thread reads whole requests, checks their form, and posts
 * them to the deciding thread, which calls api_handle() with the transaction
 * open: a query is answered there and then from the store; a command comes
 * back as a struct node_command to be stepped, and api_reply() answers it once
 * its commit is durable; what only the shell can do comes back as API_SHELL.
 * The only user of <microhttpd.h> and <jansson.h> in the node.
 *
 * Who asks: the socket's peer credentials name the account. The header
 * X-Handoff-User may name another user only when that account is the node's
 * own or root.
 */
#ifndef NODE_API_H
#define NODE_API_H

#include <sys/types.h>

#include "node.h"

#define API_REQUEST_BYTES_MAX (4u * 1024u * 1024u)

struct api;         /* the server */
struct api_request; /* one request, owned by the server until answered */

/** Called on the server's thread: hand @req to the deciding thread. */
typedef void api_post(void *ctx, struct api_request *req);

/** api_open: listen on @socket_path (mode 0660; a stale file is replaced). */
HF_NODISCARD enum hf_err api_open(const char *socket_path, api_post *post,
                                  void *ctx, struct api **ret_api);
/** api_close: answers what is open with 503, stops the thread; NULL is fine.
 * Requests that were posted and not yet answered are gone afterwards. */
void api_close(struct api *api);

/**
 * api_hold / api_release: between them, finished answers wait. For a batch
 * that is not yet committed: a query of the open transaction must not be heard
 * before the commit that makes what it saw true. Without a hold, answers go
 * out at once.
 */
void api_hold(struct api *api);
void api_release(struct api *api);

/** What the shell knows and the store does not; for status and doctor. */
#define API_BROKERS_MAX 4
#define API_ALARMS_MAX  16
struct api_status {
    size_t n_brokers;
    struct {
        struct hf_org name;
        bool up;
        uint64_t last_contact_ms; /* 0: never */
    } broker[API_BROKERS_MAX];
    uint64_t queue_out;    /* envelopes not yet acknowledged by the peer */
    uint64_t queue_unsent; /* ... not yet taken by a broker */
    uint64_t queue_in;
    uint64_t waiting;          /* objects that wait for their peer */
    uint64_t waiting_prekey;   /* those of them whose peer's node is off */
    uint64_t waiting_since_ms; /* the longest of them; 0: none */
    uint64_t registry_expires_ms; /* 0: no registry */
    uint32_t registry_version;
    uint64_t prekey_until_ms; /* of our newest prekey */
    uint64_t backup_ms;       /* when the last one was made; 0: never */
    uint64_t clock_skew_ms;
    const char *clock;       /* "no", or how it came to be in doubt; static */
    uint64_t map_used, map_max;
    size_t n_alarms;
    struct {
        char level[8]; /* info warn stop */
        char what[160];
        char mend[160];
    } alarm[API_ALARMS_MAX];
};

/** What api_handle() made of a request. */
enum api_verdict {
    API_ANSWERED, /* done; forget it */
    API_COMMAND,  /* *ret_command is filled: step it, then api_reply() */
    API_SHELL     /* *ret_shell is filled: do it, then api_shell_reply() */
};

enum api_shell_op {
    API_REGISTRY_PUBLISH = 1, /* bytes: a registry set; accept and shelve */
    API_POLICY_INSTALL,       /* bytes: a pack; check, keep, use */
    API_REGISTRY_GET,         /* answer with the set's bytes */
    API_BACKUP_BEGIN,         /* key: a snapshot, to be sealed to it */
    API_BACKUP_DONE,          /* path: it is there */
    API_CLOCK_CONFIRM         /* the wall clock is right */
};
struct api_shell {
    enum api_shell_op op;
    struct hf_bytes bytes; /* borrowed from the request, as path */
    const char *path;
    bool has_key;          /* else the node's own recovery key */
    uint8_t key[32];
};

/**
 * api_handle: on the deciding thread, within the open transaction.
 *
 * @ret_command  its spans borrow from @req; ticket is set by the caller
 */
enum api_verdict api_handle(struct api_request *req, const struct node_env *env,
                            const struct api_status *status, uint64_t now_ms,
                            struct node_command *ret_command,
                            struct api_shell *ret_shell);

/**
 * api_settle: within the transaction, after the step whose reply this is:
 * composes the answer from the store and keeps it under the request's
 * Idempotency-Key. api_reply() follows after the commit. A caller that leaves
 * it out loses both: no stored answers, and a consent's reply without version.
 */
void api_settle(struct api_request *req, const struct node_env *env,
                const struct node_reply *reply, uint64_t now_ms);

/** api_reply: answer a command; after its commit. The status maps to HTTP:
 * 0 -> 200, 1 -> 409, 65 -> 422, 66 -> 404, 70 -> 500, 75 -> 503, 77 -> 403,
 * 78 -> 501; the body of an error is RFC 9457 problem details with members
 * `status`, `code`, `detail`, `hint`, `exit`. */
void api_reply(struct api_request *req, const struct node_reply *reply);

/** api_shell_reply: status as in struct node_reply; @body: JSON text or raw
 * bytes (@is_json false) for status 0. */
void api_shell_reply(struct api_request *req, int status, const char *message,
                     const char *hint, struct hf_bytes body, bool is_json);

#endif /* NODE_API_H */
