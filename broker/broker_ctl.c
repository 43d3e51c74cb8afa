/*
 * broker_ctl.c - the asking side of the control socket.
 */
#include "broker_ctl.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_S 10

bool
broker_ctl_address(const char *dir, struct sockaddr_un *ret_address)
{
    int n;

    memset(ret_address, 0, sizeof(*ret_address));
    ret_address->sun_family = AF_UNIX;
    n = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path),
                 "%s/run/ctl.sock", dir);
    return n > 0 && (size_t)n < sizeof(ret_address->sun_path);
}

enum hf_err
broker_ctl_ask(const char *dir, const char *word, struct hf_buf *out)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_un address;
    enum hf_err err = HF_ERR_UNREACHABLE;
    uint8_t part[4096];
    ssize_t n;
    int fd;

    if (!broker_ctl_address(dir, &address))
        return HF_ERR_LIMIT;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return HF_ERR_IO;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        dprintf(fd, "%s\n", word) < 0)
        goto out;
    while ((n = read(fd, part, sizeof(part))) > 0)
        if (!hf_buf_add(out, part, (size_t)n))
            break;
    if (out->n > 0 && out->p[out->n - 1] == '\n')
        err = HF_OK;

out:
    (void)close(fd);
    return err;
}
