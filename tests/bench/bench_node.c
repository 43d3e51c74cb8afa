/*
 * bench_node: a real node daemon, asked from outside over its socket:
 * `bench_node PROGRAM DIR [--asks N]`. Starts it three times (exec to the first
 * good answer), then asks for pages, cases, referrals and tasks, one
 * connection, one question at a time; then gives commands over 1 and 16
 * connections.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ANSWER_MAX (4u * 1024u * 1024u)
#define ASKS_MAX   20000u
#define LINES_MAX  16
#define IDS_MAX    400

static char answer[ANSWER_MAX];
static char socket_path[100];

/* ---- HTTP, as little as it takes ---- */

static int
connect_once(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static void
ask(int fd, const char *method, const char *path, const char *body)
{
    char head[1024];
    const int n = snprintf(head, sizeof(head),
                           "%s /api/v1%s HTTP/1.1\r\nHost: node\r\n"
                           "X-Handoff-User: demo\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: %zu\r\n\r\n%s",
                           method, path, strlen(body), body);

    if (n < 0 || (size_t)n >= sizeof(head) || write(fd, head, (size_t)n) != n)
        bench_die("%s: cannot ask", path);
}

/* The status; the body in `answer`, NUL-terminated. */
static int
read_answer(int fd)
{
    size_t n = 0, length = 0;
    char *body = NULL;
    int status = 0;

    while (body == NULL || n < (size_t)(body - answer) + length) {
        const ssize_t got = read(fd, answer + n, sizeof(answer) - 1 - n);
        char *at;

        if (got <= 0)
            return 0;
        n += (size_t)got;
        answer[n] = '\0';
        if (body != NULL || (at = strstr(answer, "\r\n\r\n")) == NULL)
            continue;
        body = at + 4;
        at = strcasestr(answer, "content-length:");
        length = at == NULL ? 0 : strtoul(at + 15, NULL, 10);
        (void)sscanf(answer, "HTTP/1.1 %d", &status);
    }
    memmove(answer, body, n - (size_t)(body - answer) + 1);
    return status;
}

/* ---- the daemon ---- */

static pid_t
start(const char *program, const char *dir, double *ret_s)
{
    const double began = bench_now();
    const pid_t pid = fork();

    if (pid == 0) {
        execl(program, program, "-C", dir, (char *)NULL);
        _exit(127);
    }
    while (bench_now() - began < 60) {
        const int fd = connect_once();
        int status = 0;

        if (fd >= 0) {
            ask(fd, "GET", "/objects?limit=1", "");
            status = read_answer(fd);
            (void)close(fd);
        }
        if (status == 200) {
            *ret_s = bench_now() - began;
            return pid;
        }
        (void)usleep(2000);
    }
    bench_die("the node does not answer");
}

static void
stop(pid_t pid)
{
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
}

/* ---- questions ---- */

static int
compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static char ids[IDS_MAX][64];
static size_t n_ids;

/* Ids like "HC-..." out of the last answer. */
static void
gather(const char *member, size_t most)
{
    const char *p = answer;

    while (n_ids < IDS_MAX && most-- > 0 && (p = strstr(p, member)) != NULL) {
        p += strlen(member);
        (void)snprintf(ids[n_ids++], sizeof(ids[0]), "%.*s",
                       (int)strcspn(p, "\""), p);
    }
}

/* %s in @path is an id of the gathered ones, in turn. */
static void
measure(int fd, const char *what, const char *path, size_t n)
{
    static double took[ASKS_MAX];
    char full[512];
    int status = 0;

    for (size_t i = 0; i < n; i++) {
        const double began = bench_now();

        (void)snprintf(full, sizeof(full), "%.200s%.64s%.200s",
                       path[0] == '@' ? path + 1 : path,
                       path[0] == '@' ? ids[i % n_ids] : "", "");
        ask(fd, "GET", full, "");
        status = read_answer(fd);
        took[i] = bench_now() - began;
        if (status != 200)
            bench_die("%s: %d %.200s", full, status, answer);
    }
    qsort(took, n, sizeof(took[0]), compare);
    printf("%-44s p50 %7.2f ms  p99 %7.2f ms  max %7.2f ms\n", what,
           took[n / 2] * 1e3, took[n * 99 / 100] * 1e3, took[n - 1] * 1e3);
}

/* ---- commands ---- */

static const char *
fresh_case(char *room, size_t bytes, unsigned i)
{
    (void)snprintf(room, bytes,
                   "{\"origin\":\"AF\",\"identity\":{\"given_name\":\"Bench "
                   "%u\"}}",
                   i);
    return room;
}

static void
command(size_t connections, double seconds)
{
    struct pollfd fds[64];
    const double began = bench_now();
    char body[256];
    unsigned n = 0, given = 0;

    for (size_t i = 0; i < connections; i++) {
        fds[i] = (struct pollfd){connect_once(), POLLIN, 0};
        ask(fds[i].fd, "POST", "/cases", fresh_case(body, 256, given++));
    }
    while (bench_now() - began < seconds) {
        if (poll(fds, (nfds_t)connections, 1000) <= 0)
            bench_die("no answer");
        for (size_t i = 0; i < connections; i++) {
            if ((fds[i].revents & POLLIN) == 0)
                continue;
            if (read_answer(fds[i].fd) != 200)
                bench_die("case new: %.200s", answer);
            n++;
            ask(fds[i].fd, "POST", "/cases", fresh_case(body, 256, given++));
        }
    }
    printf("case new, %2zu connections: %.0f/s\n", connections,
           n / (bench_now() - began));
    for (size_t i = 0; i < connections; i++) {
        (void)read_answer(fds[i].fd);
        (void)close(fds[i].fd);
    }
}

static void
questions(size_t n)
{
    const int fd = connect_once();

    measure(fd, "inbox page (list --in, 50)", "/objects?direction=in&limit=50",
            n);
    measure(fd, "list, 50", "/objects?limit=50", n);
    measure(fd, "list --state received", "/objects?state=received&limit=50", n);
    measure(fd, "list --in --state received",
            "/objects?direction=in&state=received&limit=50", n);
    measure(fd, "list --mine", "/objects?mine=1&limit=50", n);
    measure(fd, "list --overdue", "/objects?overdue=1&limit=50", n);
    ask(fd, "GET", "/objects?limit=100", "");
    (void)read_answer(fd);
    gather("\"id\":\"", 100);
    measure(fd, "show ID", "@/objects/", n);
    n_ids = 0;
    ask(fd, "GET", "/cases?limit=100", "");
    (void)read_answer(fd);
    gather("\"case\":\"", 100);
    measure(fd, "case show", "@/cases/", n);
    measure(fd, "case list, 50", "/cases?limit=50", n);
    measure(fd, "case list --mine", "/cases?mine=1&limit=50", n);
    measure(fd, "tasks", "/tasks", n / 4 + 1);
    measure(fd, "tasks --mine", "/tasks?mine=1", n);
    measure(fd, "status", "/status", n);
    (void)close(fd);
}

int
main(int argc, char **argv)
{
    size_t n = 500;
    double took[3];
    pid_t pid = 0;

    if (argc < 3)
        bench_die("usage: bench_node PROGRAM DIR [--asks N]");
    if (argc == 5 && strcmp(argv[3], "--asks") == 0)
        n = strtoul(argv[4], NULL, 10);
    if (n == 0 || n > ASKS_MAX)
        bench_die("1 to %u asks", ASKS_MAX);
    (void)snprintf(socket_path, sizeof(socket_path), "%s/run/api.sock",
                   argv[2]);
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            stop(pid);
        pid = start(argv[1], argv[2], &took[i]);
    }
    printf("start to the first answer: %.0f, %.0f, %.0f ms\n", took[0] * 1e3,
           took[1] * 1e3, took[2] * 1e3);
    printf("anonymous memory after the start: %.1f MiB\n",
           (double)bench_anonymous_kib(pid) / 1024);
    questions(n);
    command(1, 3);
    command(16, 3);
    printf("anonymous memory after all that: %.1f MiB\n",
           (double)bench_anonymous_kib(pid) / 1024);
    stop(pid);
    return 0;
}
