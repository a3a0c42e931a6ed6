#include "link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t link_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* fails for an unknown clock only */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum tlsagen_status late(const struct link *link, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "the time limit passed while %s", link->step);
}

/* Until events or an error are there; interrupted waits go on with what is left of the time. */
static enum tlsagen_status wait_for(const struct link *link, short events, struct tlsagen_err *err)
{
    for (;;) {
        int64_t left = link->deadline - link_now();
        if (left <= 0)
            return late(link, err);
        struct pollfd p = {.fd = link->fd, .events = events};
        int n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0)
            return TLSAGEN_OK;
        if (n < 0 && errno != EINTR)
            return tlsagen_err_system(err, errno, "cannot wait while %s", link->step);
    }
}

/* What the peer or the network did, as against what this machine lacks. */
static enum tlsagen_status network_error(const struct link *link, int error,
                                         struct tlsagen_err *err)
{
    (void)tlsagen_err_system(err, error, "%s failed", link->step);
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
        return TLSAGEN_E_SYSTEM;
    if (err != NULL)
        err->code = error == ETIMEDOUT ? TLSAGEN_E_TIMEOUT : TLSAGEN_E_NETWORK;
    return error == ETIMEDOUT ? TLSAGEN_E_TIMEOUT : TLSAGEN_E_NETWORK;
}

static enum tlsagen_status finish_connect(struct link *link, struct tlsagen_err *err)
{
    int error = 0;
    socklen_t size = sizeof(error);
    enum tlsagen_status status = wait_for(link, POLLOUT, err);
    if (status != TLSAGEN_OK)
        return status;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return error == 0 ? TLSAGEN_OK : network_error(link, error, err);
}

enum tlsagen_status link_open(struct link *link, const struct addrinfo *address,
                              struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    link->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (link->fd < 0)
        return network_error(link, errno, err);
    if (connect(link->fd, address->ai_addr, address->ai_addrlen) != 0)
        /* An interrupted connect goes on by itself, as one in progress does. */
        status = errno == EINPROGRESS || errno == EINTR ? finish_connect(link, err)
                                                        : network_error(link, errno, err);
    if (status != TLSAGEN_OK)
        link_close(link);
    return status;
}

void link_close(struct link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
}

static bool is_transient(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

enum tlsagen_status link_send(struct link *link, const void *bytes, size_t len,
                              struct tlsagen_err *err)
{
    const char *p = bytes;
    while (len > 0) {
        enum tlsagen_status status = wait_for(link, POLLOUT, err);
        if (status != TLSAGEN_OK)
            return status;
        ssize_t n = send(link->fd, p, len, MSG_NOSIGNAL);
        if (n < 0 && !is_transient(errno))
            return network_error(link, errno, err);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return TLSAGEN_OK;
}

enum tlsagen_status link_receive(struct link *link, void *bytes, size_t size, size_t *len,
                                 struct tlsagen_err *err)
{
    for (;;) {
        enum tlsagen_status status = wait_for(link, POLLIN, err);
        if (status != TLSAGEN_OK)
            return status;
        ssize_t n = recv(link->fd, bytes, size, 0);
        if (n == 0)
            return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                                   "%s failed: the server closed the connection", link->step);
        if (n > 0) {
            *len = (size_t)n;
            return TLSAGEN_OK;
        }
        if (!is_transient(errno))
            return network_error(link, errno, err);
    }
}

bool link_has_bytes(const struct link *link)
{
    char byte;
    return recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}
