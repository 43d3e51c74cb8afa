#include "hf_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_text.h"

#define EXIT_INTERNAL 70 /* sysexits EX_SOFTWARE */

/* The child's end of the pipe on which its parent waits; -1 if none does. */
static int ready_fd = -1;

static int
read_pid(const char *path)
{
    struct hf_buf buf;
    uint64_t pid = 0;

    hf_buf_init(&buf, 32);
    if (hf_file_read(path, &buf) == HF_OK && buf.n > 0) {
        if (buf.p[buf.n - 1] == '\n')
            buf.n--;
        if (!hf_buf_add(&buf, "", 1) ||
            !hf_parse_u64((const char *)buf.p, 1, INT_MAX, &pid))
            pid = 0;
    }
    hf_buf_free(&buf);
    return (int)pid;
}

static enum hf_err
write_pid(const char *path)
{
    char text[16];
    const int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    HF_ASSERT(n > 0);
    HF_ASSERT((size_t)n < sizeof(text));
    return hf_file_write(path, text, (size_t)n, 0600);
}

enum hf_err
hf_proc_lock(const char *dir, int *ret_holder)
{
    char run[PATH_MAX];
    char lock_path[PATH_MAX];
    char pid_path[PATH_MAX];
    enum hf_err err;
    int fd;

    err = hf_mkdir(hf_path(run, sizeof(run), dir, "run"));
    if (err)
        return err;
    hf_path(lock_path, sizeof(lock_path), run, "lock");
    hf_path(pid_path, sizeof(pid_path), run, "pid");

    fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return HF_ERR_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? HF_ERR_BUSY : HF_ERR_IO;
        if (err == HF_ERR_BUSY)
            *ret_holder = read_pid(pid_path);
        (void)close(fd);
        return err;
    }
    err = write_pid(pid_path);
    if (err)
        (void)close(fd);
    return err; /* on HF_OK, fd stays open and locked until we end */
}

/* The parent: repeat to whoever started us how the child's start went. */
_Noreturn static void
await_child(pid_t pid, int fd)
{
    char byte;
    int status = 0;
    ssize_t n;

    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    if (n == 1)
        _exit(0);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    /* What it could not do is its own to say, by its status too. */
    _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status)
                                                        : EXIT_INTERNAL);
}

static bool
redirect(int fd, int flags)
{
    const int null_fd = open("/dev/null", flags | O_CLOEXEC);

    if (null_fd < 0)
        return false;
    if (dup2(null_fd, fd) < 0) {
        (void)close(null_fd);
        return false;
    }
    if (null_fd != fd)
        (void)close(null_fd);
    return true;
}

enum hf_err
hf_proc_daemonize(void)
{
    int fds[2];
    pid_t pid;

    HF_ASSERT(ready_fd == -1);
    if (pipe2(fds, O_CLOEXEC) != 0)
        return HF_ERR_IO;
    pid = fork();
    if (pid < 0) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        return HF_ERR_IO;
    }
    if (pid > 0) {
        (void)close(fds[1]);
        await_child(pid, fds[0]);
    }
    (void)close(fds[0]);
    ready_fd = fds[1];
    /* The folder stays: paths in the configuration may be relative. Output
     * stays until we are ready: a failing start shall be seen. */
    if (setsid() < 0 || !redirect(STDIN_FILENO, O_RDONLY))
        return HF_ERR_IO;
    return HF_OK;
}

void
hf_proc_ready(void)
{
    enum hf_err err;

    if (ready_fd < 0)
        return; /* in the foreground */
    (void)redirect(STDOUT_FILENO, O_WRONLY);
    (void)redirect(STDERR_FILENO, O_WRONLY);
    err = hf_file_write_all(ready_fd, "r", 1);
    (void)err; /* a parent that was killed needs no answer */
    (void)close(ready_fd);
    ready_fd = -1;
}

/* LeakSanitizer attaches to its own process, which must be dumpable then. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_TRACED_BY_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_TRACED_BY_SANITIZER true
#endif
#endif
#ifndef IS_TRACED_BY_SANITIZER
#define IS_TRACED_BY_SANITIZER false
#endif

void
hf_proc_harden(void)
{
    const struct rlimit none = {0, 0};
    const bool is_ok =
        setrlimit(RLIMIT_CORE, &none) == 0 &&
        (IS_TRACED_BY_SANITIZER || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) &&
        signal(SIGPIPE, SIG_IGN) != SIG_ERR;

    (void)umask(077);
    if (!is_ok) {
        /* A core file would hold keys: better not to run at all. */
        (void)fprintf(stderr, "cannot forbid core dumps\n");
        _exit(EXIT_INTERNAL);
    }
}

static uint64_t
clock_ms(clockid_t clock)
{
    struct timespec now;
    const int rc = clock_gettime(clock, &now);

    HF_ASSERT(rc == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
hf_clock_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint64_t
hf_clock_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t
hf_clock_boot_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}
