#include "send.h"

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/answer.h"

#define UDP_MAX 512U /* bytes that every server takes (RFC 1035 section 4.2.1) */

struct talk {
    int fd;
    int64_t connect_by; /* milliseconds of answer_clock, as the deadline */
    int64_t deadline;
    const char *address;
};

static enum tlsagen_status broken(const struct talk *talk, int error, struct tlsagen_err *err)
{
    enum tlsagen_status status = tlsagen_err_system(err, error, "%s", talk->address);
    if (status != TLSAGEN_E_SYSTEM)
        return status;
    return err->code =
               error == ETIMEDOUT || error == ECONNREFUSED ? TLSAGEN_E_TIMEOUT : TLSAGEN_E_NETWORK;
}

static enum tlsagen_status wait_until(const struct talk *talk, short events, int64_t deadline,
                                      struct tlsagen_err *err)
{
    for (;;) {
        int64_t left = deadline - answer_clock();
        if (left <= 0)
            return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "%s does not answer in time",
                                   talk->address);
        struct pollfd poll_fd = {.fd = talk->fd, .events = events};
        int got = poll(&poll_fd, 1, left > 60000 ? 60000 : (int)left);
        if (got > 0)
            return TLSAGEN_OK;
        if (got < 0 && errno != EINTR)
            return tlsagen_err_system(err, errno, "cannot wait for %s", talk->address);
    }
}

static enum tlsagen_status wait_for(const struct talk *talk, short events, struct tlsagen_err *err)
{
    return wait_until(talk, events, talk->deadline, err);
}

static enum tlsagen_status open_talk(struct talk *talk, const struct addrinfo *server, int kind,
                                     struct tlsagen_err *err)
{
    int error = 0;
    socklen_t size = sizeof(error);
    talk->fd = socket(server->ai_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (talk->fd < 0)
        return tlsagen_err_system(err, errno, "cannot open a socket");
    if (connect(talk->fd, server->ai_addr, server->ai_addrlen) == 0)
        return TLSAGEN_OK;
    if (errno != EINPROGRESS && errno != EINTR)
        return broken(talk, errno, err);
    enum tlsagen_status status = wait_until(talk, POLLOUT, talk->connect_by, err);
    if (status != TLSAGEN_OK)
        return status;
    if (getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return error == 0 ? TLSAGEN_OK : broken(talk, error, err);
}

static enum tlsagen_status send_all(const struct talk *talk, const char *bytes, size_t len,
                                    struct tlsagen_err *err)
{
    while (len > 0) {
        enum tlsagen_status status = wait_for(talk, POLLOUT, err);
        if (status != TLSAGEN_OK)
            return status;
        ssize_t done = send(talk->fd, bytes, len, MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return broken(talk, errno, err);
        if (done > 0) {
            bytes += done;
            len -= (size_t)done;
        }
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status receive(const struct talk *talk, char *bytes, size_t size, size_t *len,
                                   struct tlsagen_err *err)
{
    for (;;) {
        enum tlsagen_status status = wait_for(talk, POLLIN, err);
        if (status != TLSAGEN_OK)
            return status;
        ssize_t got = recv(talk->fd, bytes, size, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got < 0)
            return broken(talk, errno, err);
        *len = (size_t)got;
        return TLSAGEN_OK;
    }
}

static enum tlsagen_status receive_all(const struct talk *talk, char *bytes, size_t size,
                                       struct tlsagen_err *err)
{
    for (size_t at = 0; at < size;) {
        size_t got = 0;
        enum tlsagen_status status = receive(talk, bytes + at, size - at, &got, err);
        if (status != TLSAGEN_OK)
            return status;
        if (got == 0)
            return tlsagen_err_set(err, TLSAGEN_E_NETWORK, "%s closed the connection",
                                   talk->address);
        at += got;
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status over_tcp(const struct talk *talk, const struct tlsagen_buf *message,
                                    struct tlsagen_buf *answer, struct tlsagen_err *err)
{
    char size[2] = {(char)(uint8_t)(message->len >> 8), (char)(uint8_t)message->len};
    enum tlsagen_status status = send_all(talk, size, sizeof(size), err);
    if (status == TLSAGEN_OK)
        status = send_all(talk, message->data, message->len, err);
    if (status == TLSAGEN_OK)
        status = receive_all(talk, size, sizeof(size), err);
    if (status != TLSAGEN_OK)
        return status;
    size_t len = (size_t)(uint8_t)size[0] << 8 | (uint8_t)size[1];
    if (!tlsagen_buf_reserve(answer, len + 1))
        return tlsagen_buf_check(answer, err);
    status = receive_all(talk, answer->data, len, err);
    answer->len = status == TLSAGEN_OK ? len : 0;
    return status;
}

/* Packets with another id are somebody else's. */
static enum tlsagen_status over_udp(const struct talk *talk, const struct tlsagen_buf *message,
                                    struct tlsagen_buf *answer, struct tlsagen_err *err)
{
    const size_t room = 65536;
    enum tlsagen_status status = send_all(talk, message->data, message->len, err);
    if (status == TLSAGEN_OK && !tlsagen_buf_reserve(answer, room))
        return tlsagen_buf_check(answer, err);
    while (status == TLSAGEN_OK) {
        size_t len = 0;
        status = receive(talk, answer->data, room, &len, err);
        if (status == TLSAGEN_OK && len >= 2 && memcmp(answer->data, message->data, 2) == 0) {
            answer->len = len;
            return TLSAGEN_OK;
        }
    }
    return status;
}

static enum tlsagen_status run(struct talk *talk, const struct addrinfo *server, int kind,
                               const struct tlsagen_buf *message, struct tlsagen_buf *answer,
                               bool *connected, struct tlsagen_err *err)
{
    talk->fd = -1;
    enum tlsagen_status status = open_talk(talk, server, kind, err);
    *connected = status == TLSAGEN_OK;
    if (status == TLSAGEN_OK)
        status = (kind == SOCK_STREAM ? over_tcp : over_udp)(talk, message, answer, err);
    if (talk->fd >= 0)
        (void)close(talk->fd);
    return status;
}

enum tlsagen_status send_message(const char *address, uint16_t port, uint32_t timeout_ms,
                                 const struct tlsagen_buf *message, struct tlsagen_buf *answer,
                                 struct tlsagen_err *err)
{
    struct addrinfo *server = NULL;
    const int64_t begin = answer_clock();
    const bool small = message->len <= UDP_MAX;
    /* A firewall may drop TCP without a word; there has to be time for UDP then. */
    struct talk talk = {.address = address,
                        .connect_by = begin + (int64_t)timeout_ms / (small ? 2 : 1),
                        .deadline = begin + (int64_t)timeout_ms};
    bool connected;
    enum tlsagen_status status = answer_address(address, port, &server, err);
    if (status != TLSAGEN_OK)
        return status;
    status = run(&talk, server, SOCK_STREAM, message, answer, &connected, err);
    if (!connected && status != TLSAGEN_OK && small && answer_clock() < talk.deadline)
        status = run(&talk, server, SOCK_DGRAM, message, answer, &connected, err);
    freeaddrinfo(server);
    return status;
}
