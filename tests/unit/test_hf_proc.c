/* Unit tests of lib/base/hf_proc and hf_log: one process per directory, an
 * honest start, and lines that cannot be forged. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "hf_text.h"

static char dir[64];
static struct hf_buf b;

static void
begin(void)
{
    strcpy(dir, "/tmp/hf-proc-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    hf_buf_init(&b, 100000);
}

static void
end(void)
{
    char command[128];

    hf_buf_free(&b);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    cr_expect(eq(int, system(command), 0));
}

TestSuite(hf_proc, .init = begin, .fini = end);

/* Run @body in a child; its exit status, or 128 + signal. */
static int
in_child(void (*body)(void))
{
    int status = 0;
    const pid_t pid = fork();

    if (pid == 0) {
        body();
        _exit(0);
    }
    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *
read_text(const char *name)
{
    char path[256];

    hf_buf_clear(&b);
    if (hf_file_read(hf_path(path, sizeof(path), dir, name), &b) != HF_OK)
        return NULL;
    cr_assert(hf_buf_add(&b, "", 1));
    return (const char *)b.p;
}

static void
take_the_lock(void)
{
    int holder = -1;

    switch (hf_proc_lock(dir, &holder)) {
    case HF_OK:
        _exit(0);
    case HF_ERR_BUSY:
        _exit(holder == getppid() ? 1 : 2);
    default:
        _exit(3);
    }
}

Test(hf_proc, a_second_process_learns_who_holds_the_directory)
{
    char pid[16];
    int holder = -1;

    cr_expect(eq(int, in_child(take_the_lock), 0));
    cr_assert(eq(int, hf_proc_lock(dir, &holder), HF_OK),
              "the holder's end frees it");
    snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    cr_expect(eq(str, (char *)read_text("run/pid"), pid));
    cr_expect(eq(int, in_child(take_the_lock), 1));
}

static void
start_well(void)
{
    char path[256];

    if (hf_proc_daemonize() != HF_OK)
        _exit(1);
    if (hf_file_write(hf_path(path, sizeof(path), dir, "was-here"), "x", 1,
                      0600) != HF_OK)
        _exit(1);
    hf_proc_ready();
}

static void
start_badly(void)
{
    if (hf_proc_daemonize() != HF_OK)
        _exit(1);
    _exit(78);
}

Test(hf_proc, the_parent_of_a_daemon_ends_with_what_became_of_it)
{
    cr_expect(eq(int, in_child(start_well), 0));
    cr_expect(ne(ptr, (void *)read_text("was-here"), NULL),
              "ready before the parent ended");
    cr_expect(eq(int, in_child(start_badly), 78), "its own status");
}

static void
harden_and_write_to_nobody(void)
{
    struct rlimit core;
    int fds[2];

    hf_proc_harden();
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        _exit(1);
    if (umask(0) != 077 || pipe(fds) != 0)
        _exit(2);
    close(fds[0]);
    if (write(fds[1], "x", 1) != -1)
        _exit(3);
}

Test(hf_proc, hardening_forbids_core_files_and_survives_broken_pipes)
{
    cr_expect(eq(int, in_child(harden_and_write_to_nobody), 0));
}

Test(hf_proc, the_clocks_are_sane)
{
    const uint64_t mono = hf_clock_mono_ms();

    cr_expect(hf_clock_wall_ms() > 1700000000000);
    cr_expect(hf_clock_mono_ms() >= mono);
}

Test(hf_proc, a_log_line_cannot_be_forged_from_a_value)
{
    struct stat st;
    char path[256];
    char when[21];
    const char *text;
    uint64_t ms;

    cr_assert(eq(int, hf_log_open(dir, "node"), HF_OK));
    hf_log(HF_LOG_INFO, "link.up", "peer=%s", "a\nb \"c\" \x1b[2J \xd8\xa7");
    hf_log(HF_LOG_DEBUG, "hidden", "n=%d", 1);
    hf_log_level(HF_LOG_ERROR);
    hf_log(HF_LOG_WARN, "hidden", "n=%d", 1);
    hf_log(HF_LOG_ERROR, "disk", "%s", "");

    text = read_text("log/node.log");
    cr_assert(ne(ptr, (void *)text, NULL));
    cr_expect(ne(ptr,
                 strstr(text, " info link.up peer=a\\x0ab \\x22c\\x22 "
                              "\\x1b[2J \\xd8\\xa7\n"),
                 NULL),
              "%s", text);
    cr_expect(eq(ptr, strstr(text, "hidden"), NULL));
    cr_expect(ne(ptr, strstr(text, " error disk\n"), NULL));
    memcpy(when, text, 20);
    when[20] = '\0';
    if (when[19] == '.') /* milliseconds follow */
        when[19] = 'Z';
    cr_expect(hf_time_parse(when, &ms), "%s", when);
    cr_assert(eq(
        int, stat(hf_path(path, sizeof(path), dir, "log/node.log"), &st), 0));
    cr_expect(eq(int, (int)(st.st_mode & 07777), 0600));
}

Test(hf_proc, a_very_long_log_line_is_cut_but_still_one_line)
{
    static char value[8000];
    const char *text;

    memset(value, 1, sizeof(value) - 1);
    cr_assert(eq(int, hf_log_open(dir, "node"), HF_OK));
    hf_log(HF_LOG_INFO, "long", "v=%s", value);
    text = read_text("log/node.log");
    cr_expect(b.n <= 2049);
    cr_expect(eq(ptr, strchr(text, '\n'), (char *)text + b.n - 2));
}

Test(hf_proc, a_log_that_was_rotated_away_is_opened_anew)
{
    char from[256];
    char to[256];

    cr_assert(eq(int, hf_log_open(dir, "node"), HF_OK));
    hf_log(HF_LOG_INFO, "one", "n=1");
    cr_assert(eq(int,
                 rename(hf_path(from, sizeof(from), dir, "log/node.log"),
                        hf_path(to, sizeof(to), dir, "log/node.log.1")),
                 0));
    cr_assert(eq(int, hf_log_open(dir, "node"), HF_OK));
    hf_log(HF_LOG_INFO, "two", "n=2");
    cr_expect(ne(ptr, strstr(read_text("log/node.log"), " two "), NULL));
    cr_expect(ne(ptr, strstr(read_text("log/node.log.1"), " one "), NULL));
}
