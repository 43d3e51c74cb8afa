/* The daemon's half: which notice is next, how the one before it ended. */
#include "notify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "notify_slip.h"

#define LOOK_MS  50   /* while one is running */
#define AGAIN_MS 5000 /* a keeper that could not be made */

static void
slip_path(const struct notify *n, char out[static PATH_MAX])
{
    char run[PATH_MAX];

    hf_path(run, sizeof(run), n->dir, "run");
    hf_path(out, PATH_MAX, run, "notify");
}

/* Of one notice for ever: a last rung that is said again has another instant.
 */
static void
name_of(const struct node_notice *at, char out[static NOTIFY_NAME_BYTES])
{
    char hex[HF_HEX_BYTES(HF_ID_BYTES)];

    (void)snprintf(out, NOTIFY_NAME_BYTES, "%s-%u-%" PRIu64,
                   hf_hex(at->task.b, HF_ID_BYTES, hex), (unsigned)at->rung,
                   at->at_ms);
}

static const char *
id_of(const struct node_notice *at, char out[static HF_ID_TEXT_BYTES])
{
    static const char *const prefix[] = {"HK", "HR", "HT", "HW"};

    return hf_id_format(prefix[at->kind < OBJECT_END ? at->kind : 0], &at->id,
                        out);
}

void
notify_init(struct notify *n, const char *dir, const char *command)
{
    char path[PATH_MAX];

    memset(n, 0, sizeof(*n));
    (void)snprintf(n->dir, sizeof(n->dir), "%s", dir);
    (void)snprintf(n->command, sizeof(n->command), "%s", command);
    slip_path(n, path);
    n->is_running = notify_slip_is_kept(path); /* by one who outlived us */
}

/* ---- beginning ---- */

static bool
spawn_keeper(struct notify *n, const char *path, const char *name,
             const char *id)
{
    char *argv[] = {"handoff-node",
                    NOTIFY_KEEP,
                    (char *)(uintptr_t)path,
                    (char *)(uintptr_t)name,
                    n->command,
                    (char *)(uintptr_t)id,
                    NULL,
                    NULL,
                    NULL};
    char path_var[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char lang_var[] = "LANG=C.UTF-8";
    char *env[] = {path_var, lang_var, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, pipe_only;
    int err;

    argv[6] = (char *)(uintptr_t)urgency_text(n->at.urgency);
    argv[7] = (char *)(uintptr_t)rung_text(n->at.rung);
    (void)sigemptyset(&none);
    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    if (posix_spawn_file_actions_init(&files) != 0)
        return false;
    if (posix_spawnattr_init(&attr) != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return false;
    }
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &pipe_only);
    err = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
    for (int fd = 1; fd <= 2 && err == 0; fd++)
        err = posix_spawn_file_actions_adddup2(&files, 0, fd);
    if (err == 0)
        err = posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (err == 0)
        err =
            posix_spawn(&n->keeper, "/proc/self/exe", &files, &attr, argv, env);
    (void)posix_spawnattr_destroy(&attr);
    (void)posix_spawn_file_actions_destroy(&files);
    return err == 0;
}

/* ---- ending ---- */

static struct work *
done(struct notify *n, int status)
{
    struct work *w = work_new(WORK_NOTICE);
    char id[HF_ID_TEXT_BYTES];

    if (w == NULL)
        return NULL; /* the slip stays: asked again */
    w->envelope = n->at.task;
    w->token = n->at.rung;
    if (status != 0) {
        n->n_failed++;
        n->failed_ms = n->at.at_ms;
        n->failed_status = status;
    }
    hf_log(status == 0 ? HF_LOG_INFO : HF_LOG_WARN,
           status == 0 ? "notified" : "notify_failed",
           "id=%s rung=%s status=%d", id_of(&n->at, id), rung_text(n->at.rung),
           status);
    n->is_waiting = true;
    return w;
}

/* The first notice on record: given already, as the slip says, or given now. */
static struct work *
begin(struct notify *n, struct node_store *store)
{
    char path[PATH_MAX], name[NOTIFY_NAME_BYTES], id[HF_ID_TEXT_BYTES];
    int status = 0;
    bool found;

    if (node_store_begin(store, false) != HF_OK)
        return NULL;
    memset(&n->at, 0, sizeof(n->at));
    found = notice_next(node_store_view(store), &n->at);
    node_store_abort(store);
    if (!found)
        return NULL;
    slip_path(n, path);
    name_of(&n->at, name);
    if (notify_slip_read(path, name, &status))
        return done(n, status);
    n->is_running = spawn_keeper(n, path, name, id_of(&n->at, id));
    if (!n->is_running) {
        n->keeper = 0;
        n->is_running = true; /* nobody will be found, and it begins again */
        n->look_ms = hf_clock_mono_ms() + AGAIN_MS;
        hf_log(HF_LOG_ERROR, "notify_failed", "id=%s rung=%s status=%d", id,
               rung_text(n->at.rung), NOTIFY_NO_KEEPER);
    }
    return NULL;
}

/* Ours has ended, or the one that an earlier process left. */
static bool
has_ended(struct notify *n)
{
    char path[PATH_MAX];

    if (n->keeper != 0 && waitpid(n->keeper, NULL, WNOHANG) == 0)
        return false;
    n->keeper = 0;
    slip_path(n, path);
    return !notify_slip_is_kept(path);
}

struct work *
notify_tend(struct notify *n, struct node_store *store, bool has_news)
{
    const uint64_t now = hf_clock_mono_ms();

    if (n->command[0] == '\0' || n->is_waiting)
        return NULL;
    if (n->is_running) {
        if (now < n->look_ms)
            return NULL;
        n->look_ms = now + LOOK_MS;
        if (!has_ended(n))
            return NULL;
        n->is_running = false;
        has_news = true;
    }
    return has_news ? begin(n, store) : NULL;
}

void
notify_settled(struct notify *n)
{
    n->is_waiting = false;
}

uint64_t
notify_wake_ms(const struct notify *n)
{
    return n->is_running ? n->look_ms : UINT64_MAX;
}
