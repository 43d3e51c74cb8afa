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

bool
fault_key(struct fault *f, const char *path, enum hf_err err)
{
    if (err == HF_ERR_FORBIDDEN)
        return fault_set(f, FAULT_FORBIDDEN,
                         "%s: must be a file of this account that nobody else "
                         "may read; chown it and chmod 600 it",
                         path);
    if (err == HF_ERR_MALFORMED)
        return fault_set(f, FAULT_DATA,
                         "%s: not a key of this kind; restore it from the "
                         "backup",
                         path);
    return fault_set(f, FAULT_INTERNAL, "%s: %s", path, hf_err_text(err));
}
