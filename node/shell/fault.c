#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

bool
fault_set(struct fault *f, int status, const char *fmt, ...)
{
    va_list args;

    if (f->status != 0)
        return false;
    f->status = status;
    va_start(args, fmt);
    (void)vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
    return false;
}
