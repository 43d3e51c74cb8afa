#include "hf_log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"

#define LINE_BYTES 2048
#define TEXT_BYTES 1024

/* The one place in lib/ with state of the process: where lines go. */
static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_min = HF_LOG_INFO;

enum hf_err
hf_log_open(const char *dir, const char *name)
{
    char folder[PATH_MAX];
    char file[NAME_MAX];
    char path[PATH_MAX];
    enum hf_err err;
    int fd;
    int n;

    if (dir == NULL) {
        atomic_store(&log_fd, STDERR_FILENO);
        return HF_OK;
    }
    n = snprintf(file, sizeof(file), "%s.log", name);
    HF_ASSERT(n > 0);
    HF_ASSERT((size_t)n < sizeof(file));
    err = hf_mkdir(hf_path(folder, sizeof(folder), dir, "log"));
    if (err)
        return err;
    fd = open(hf_path(path, sizeof(path), folder, file),
              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return HF_ERR_IO;
    if (atomic_load(&log_fd) == STDERR_FILENO) {
        atomic_store(&log_fd, fd);
        return HF_OK;
    }
    /* Reopened, after rotation: another thread may be writing to the old
     * number, so put the new file behind it. */
    if (dup3(fd, atomic_load(&log_fd), O_CLOEXEC) < 0)
        err = HF_ERR_IO;
    (void)close(fd);
    return err;
}

void
hf_log_level(enum hf_log_level min)
{
    atomic_store(&log_min, (int)min);
}

static const char *
level_text(enum hf_log_level level)
{
    switch (level) {
    case HF_LOG_DEBUG:
        return "debug";
    case HF_LOG_INFO:
        return "info";
    case HF_LOG_WARN:
        return "warn";
    case HF_LOG_ERROR:
        return "error";
    }
    return "error";
}

/* @text at @line + @n, anything that could forge or break a line escaped;
 * cut rather than overrun. Returns the new length; leaves room for "\n". */
static size_t
add_escaped(char *line, size_t n, const char *text)
{
    for (const char *c = text; *c != '\0' && n + 6 < LINE_BYTES; c++) {
        const unsigned char byte = (unsigned char)*c;

        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
            line[n++] = *c;
        else
            n += (size_t)snprintf(line + n, 5, "\\x%02x", byte);
    }
    return n;
}

void
hf_log(enum hf_log_level level, const char *event, const char *fmt, ...)
{
    char time_text[HF_TIME_TEXT_BYTES];
    char text[TEXT_BYTES];
    char line[LINE_BYTES];
    enum hf_err err;
    va_list args;
    size_t n;
    int len;

    HF_ASSERT(event != NULL);
    if ((int)level < atomic_load(&log_min))
        return;
    va_start(args, fmt);
    len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0)
        text[0] = '\0';

    len = snprintf(line, sizeof(line), "%s %s ",
                   hf_time_format(hf_clock_wall_ms(), time_text),
                   level_text(level));
    n = len > 0 ? (size_t)len : 0;
    n = add_escaped(line, n, event);
    if (text[0] != '\0')
        line[n++] = ' ';
    n = add_escaped(line, n, text);
    line[n++] = '\n';
    HF_ASSERT(n <= sizeof(line));

    /* One write a line keeps the lines of two threads apart. */
    err = hf_file_write_all(atomic_load(&log_fd), line, n);
    (void)err; /* there is nobody to tell */
}
