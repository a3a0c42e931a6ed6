#include "exchange.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"

#define TRIES 3
#define TCP_MAX 65535

/* A socket under way. */
struct talk {
    const struct exchange *exchange;
    int fd;
    uint16_t id;
    int64_t deadline; /* of this try */
};

static enum tlsagen_status network_error(int error, const char *what, struct tlsagen_err *err)
{
    (void)tlsagen_err_system(err, error, "%s", what);
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
        return TLSAGEN_E_SYSTEM;
    return err->code = error == ETIMEDOUT ? TLSAGEN_E_TIMEOUT : TLSAGEN_E_NETWORK;
}

static enum tlsagen_status wait_for(const struct talk *talk, short events, struct tlsagen_err *err)
{
    for (;;) {
        int64_t left = talk->deadline - answer_clock();
        if (left <= 0)
            return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "no answer in time");
        struct pollfd p = {.fd = talk->fd, .events = events};
        int n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0)
            return TLSAGEN_OK;
        if (n < 0 && errno != EINTR)
            return tlsagen_err_system(err, errno, "cannot wait for a name server");
    }
}

/* Connected, so that the kernel passes on only what that address sends. */
static enum tlsagen_status open_socket(struct talk *talk, int kind, struct tlsagen_err *err)
{
    const struct addrinfo *server = talk->exchange->server;
    talk->fd = socket(server->ai_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (talk->fd < 0)
        return network_error(errno, "cannot open a socket for DNS", err);
    if (connect(talk->fd, server->ai_addr, server->ai_addrlen) == 0)
        return TLSAGEN_OK;
    if (errno != EINPROGRESS && errno != EINTR)
        return network_error(errno, "cannot connect to the name server", err);
    int error = 0;
    socklen_t size = sizeof(error);
    enum tlsagen_status status = wait_for(talk, POLLOUT, err);
    if (status != TLSAGEN_OK)
        return status;
    if (getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return error == 0 ? TLSAGEN_OK : network_error(error, "cannot connect to the name server", err);
}

static bool is_transient(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static enum tlsagen_status send_all(const struct talk *talk, const uint8_t *bytes, size_t len,
                                    struct tlsagen_err *err)
{
    while (len > 0) {
        enum tlsagen_status status = wait_for(talk, POLLOUT, err);
        if (status != TLSAGEN_OK)
            return status;
        ssize_t n = send(talk->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && !is_transient(errno))
            return network_error(errno, "cannot send to the name server", err);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return TLSAGEN_OK;
}

/* At least one byte, or one datagram, into bytes. */
static enum tlsagen_status receive(const struct talk *talk, uint8_t *bytes, size_t size,
                                   size_t *len, struct tlsagen_err *err)
{
    for (;;) {
        enum tlsagen_status status = wait_for(talk, POLLIN, err);
        if (status != TLSAGEN_OK)
            return status;
        ssize_t n = recv(talk->fd, bytes, size, 0);
        if (n < 0 && is_transient(errno))
            continue;
        if (n < 0)
            return network_error(errno, "no answer of the name server", err);
        *len = (size_t)n;
        return TLSAGEN_OK;
    }
}

static enum tlsagen_status read_answer(const struct talk *talk, const uint8_t *bytes, size_t len,
                                       unsigned *flags, struct tlsagen_dns_answer *answer,
                                       struct tlsagen_err *err)
{
    const struct exchange *e = talk->exchange;
    answer_forget(answer);
    return packet_read(bytes, len, talk->id, e->name, e->type, flags, answer, err);
}

/* Until an answer to this question is there; *cut when it says that it is not whole. */
static enum tlsagen_status listen_udp(const struct talk *talk, bool *cut, unsigned *flags,
                                      struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    uint8_t bytes[4096];
    for (;;) {
        struct tlsagen_err why;
        size_t len = 0;
        enum tlsagen_status status = receive(talk, bytes, sizeof(bytes), &len, err);
        if (status != TLSAGEN_OK)
            return status;
        status = read_answer(talk, bytes, len, flags, answer, &why);
        *cut = status != TLSAGEN_E_MISMATCH && (*flags & PACKET_TC) != 0;
        if (status == TLSAGEN_OK || *cut)
            return TLSAGEN_OK;
        if (status == TLSAGEN_E_MEMORY)
            return tlsagen_err_set(err, status, "%s", why.message);
    }
}

static enum tlsagen_status new_id(uint16_t *id, struct tlsagen_err *err)
{
    if (getentropy(id, sizeof(*id)) != 0)
        return tlsagen_err_system(err, errno, "cannot get random bytes");
    return TLSAGEN_OK;
}

static enum tlsagen_status try_udp(const struct exchange *exchange, int64_t deadline, bool *cut,
                                   unsigned *flags, struct tlsagen_dns_answer *answer,
                                   struct tlsagen_err *err)
{
    struct talk talk = {.exchange = exchange, .fd = -1, .deadline = deadline};
    uint8_t bytes[PACKET_QUESTION_MAX];
    enum tlsagen_status status = new_id(&talk.id, err);
    if (status == TLSAGEN_OK)
        status = open_socket(&talk, SOCK_DGRAM, err);
    if (status == TLSAGEN_OK) {
        size_t len =
            packet_question(bytes, talk.id, exchange->flags, exchange->name, exchange->type);
        status = send_all(&talk, bytes, len, err);
    }
    if (status == TLSAGEN_OK)
        status = listen_udp(&talk, cut, flags, answer, err);
    if (talk.fd >= 0)
        (void)close(talk.fd);
    return status;
}

static enum tlsagen_status receive_all(const struct talk *talk, uint8_t *bytes, size_t size,
                                       struct tlsagen_err *err)
{
    for (size_t at = 0; at < size;) {
        size_t len = 0;
        enum tlsagen_status status = receive(talk, bytes + at, size - at, &len, err);
        if (status != TLSAGEN_OK)
            return status;
        if (len == 0)
            return tlsagen_err_set(err, TLSAGEN_E_NETWORK, "the name server closed the connection");
        at += len;
    }
    return TLSAGEN_OK;
}

/* RFC 1035 section 4.2.2: two bytes of length before each message. */
static enum tlsagen_status talk_tcp(const struct talk *talk, uint8_t *bytes, unsigned *flags,
                                    struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    const struct exchange *e = talk->exchange;
    uint8_t out[2 + PACKET_QUESTION_MAX], head[2];
    size_t len = packet_question(out + 2, talk->id, e->flags, e->name, e->type);
    out[0] = (uint8_t)(len >> 8);
    out[1] = (uint8_t)(len & 0xff);
    enum tlsagen_status status = send_all(talk, out, len + 2, err);
    if (status == TLSAGEN_OK)
        status = receive_all(talk, head, sizeof(head), err);
    len = status == TLSAGEN_OK ? (size_t)head[0] << 8 | head[1] : 0;
    if (status == TLSAGEN_OK)
        status = receive_all(talk, bytes, len, err);
    if (status == TLSAGEN_OK)
        status = read_answer(talk, bytes, len, flags, answer, err);
    if (status == TLSAGEN_E_MISMATCH || status == TLSAGEN_E_SYNTAX)
        err->code = status = TLSAGEN_E_NETWORK;
    return status;
}

static enum tlsagen_status try_tcp(const struct exchange *exchange, unsigned *flags,
                                   struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    struct talk talk = {.exchange = exchange, .fd = -1, .deadline = exchange->deadline};
    uint8_t *bytes = malloc(TCP_MAX);
    if (bytes == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a DNS answer");
    enum tlsagen_status status = new_id(&talk.id, err);
    if (status == TLSAGEN_OK)
        status = open_socket(&talk, SOCK_STREAM, err);
    if (status == TLSAGEN_OK)
        status = talk_tcp(&talk, bytes, flags, answer, err);
    if (talk.fd >= 0)
        (void)close(talk.fd);
    free(bytes);
    return status;
}

enum tlsagen_status exchange_run(const struct exchange *exchange, unsigned *flags,
                                 struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    bool cut = false;
    for (int left = TRIES; left > 0; left--) {
        int64_t now = answer_clock();
        int64_t deadline = now + (exchange->deadline - now) / left;
        status = try_udp(exchange, deadline, &cut, flags, answer, err);
        if (status != TLSAGEN_E_TIMEOUT)
            break;
    }
    if (status == TLSAGEN_OK && cut)
        status = try_tcp(exchange, flags, answer, err);
    if (status != TLSAGEN_OK)
        answer_forget(answer);
    return status;
}
