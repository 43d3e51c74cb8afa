#include "cli_progress.h"

#include <unistd.h>

#include "hf_proc.h"

#define EVERY_MS 200

void
cli_progress_begin(struct cli_progress *p, struct cli *c, const char *what,
                   uint64_t total)
{
    *p = (struct cli_progress){.what = what, .total = total};
    if (!c->json && isatty(STDERR_FILENO))
        p->to = c->err;
}

void
cli_progress_at(void *progress, uint64_t bytes)
{
    struct cli_progress *p = progress;
    const uint64_t now = hf_clock_mono_ms();

    if (p->to == NULL || now < p->told_ms + EVERY_MS)
        return;
    p->told_ms = now;
    if (p->total > 0)
        fprintf(p->to, "\r%s: %llu of %llu MiB", p->what,
                (unsigned long long)(bytes >> 20),
                (unsigned long long)(p->total >> 20));
    else
        fprintf(p->to, "\r%s: %llu MiB", p->what,
                (unsigned long long)(bytes >> 20));
    (void)fflush(p->to);
}

void
cli_progress_end(struct cli_progress *p)
{
    if (p->to != NULL && p->told_ms != 0)
        fputs("\r\033[K", p->to);
    p->to = NULL;
}
