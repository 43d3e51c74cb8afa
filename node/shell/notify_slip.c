#include "notify_slip.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hf_proc.h"

#define SLIP_BYTES 160
#define LOOK_MS    20

bool
notify_slip_is_kept(const char *path)
{
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    bool is_kept;

    if (fd < 0)
        return false;
    is_kept = flock(fd, LOCK_SH | LOCK_NB) != 0;
    (void)close(fd);
    return is_kept;
}

static bool
read_ended(int fd, const char *name, int *ret_status)
{
    char text[SLIP_BYTES], word[NOTIFY_NAME_BYTES];
    const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    int status;

    if (n <= 0)
        return false;
    text[n] = '\0';
    if (sscanf(text, "%79s ended %d", word, &status) != 2 ||
        strcmp(word, name) != 0)
        return false;
    *ret_status = status;
    return true;
}

bool
notify_slip_read(const char *path, const char *name, int *ret_status)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool has_ended;

    if (fd < 0)
        return false;
    has_ended = read_ended(fd, name, ret_status);
    (void)close(fd);
    return has_ended;
}

/* ---- the keeper ---- */

static bool
write_slip(int fd, const char *text)
{
    const size_t n = strlen(text);

    return pwrite(fd, text, n, 0) == (ssize_t)n &&
           ftruncate(fd, (off_t)n) == 0 && fsync(fd) == 0;
}

static void
nap(void)
{
    const struct timespec t = {.tv_nsec = LOOK_MS * 1000000L};

    (void)nanosleep(&t, NULL);
}

/* Its own group, so that what it started ends with it. */
static int
run(char *const command[])
{
    const uint64_t until = hf_clock_mono_ms() + NOTIFY_LIMIT_MS;
    const pid_t pid = fork();
    int status = 0;
    pid_t ended;

    if (pid < 0)
        return NOTIFY_NO_KEEPER;
    if (pid == 0) {
        (void)setpgid(0, 0);
        (void)execv(command[0], command);
        _exit(NOTIFY_NO_COMMAND);
    }
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 &&
           hf_clock_mono_ms() < until)
        nap();
    if (ended == 0) {
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        return NOTIFY_KILLED;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
notify_keep(int argc, char **argv)
{
    char text[SLIP_BYTES];
    int fd, status;

    if (argc != 7)
        return EX_USAGE;
    fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return EX_CANTCREAT;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return EX_TEMPFAIL; /* another keeper lives */
    if (read_ended(fd, argv[2], &status))
        return 0; /* by one who came in between */
    (void)snprintf(text, sizeof(text), "%s running\n", argv[2]);
    if (!write_slip(fd, text))
        return EX_IOERR;
    status = run(&argv[3]);
    (void)snprintf(text, sizeof(text), "%s ended %d\n", argv[2], status);
    return write_slip(fd, text) ? 0 : EX_IOERR;
}
