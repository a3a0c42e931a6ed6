/*
 * link.h - a TCP connection with time limits, for what is said before and within TLS.
 */
#ifndef PROBE_LINK_H
#define PROBE_LINK_H

#include <netdb.h>
#include <stdint.h>

#include <tlsagen/base.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t link_now(void);

struct link {
    int fd;           /* non-blocking; -1 when closed */
    int64_t deadline; /* of the present step, as link_now counts */
    const char *step; /* what is under way, for messages: "connecting" */
};

/* Connects by the deadline. TLSAGEN_E_NETWORK, TLSAGEN_E_TIMEOUT, TLSAGEN_E_SYSTEM. */
enum tlsagen_status link_open(struct link *link, const struct addrinfo *address,
                              struct tlsagen_err *err);
void link_close(struct link *link);
/* Sends all bytes by the deadline. Never raises SIGPIPE. */
enum tlsagen_status link_send(struct link *link, const void *bytes, size_t len,
                              struct tlsagen_err *err);
/* Waits for at least one byte. The peer's end of the connection is TLSAGEN_E_NETWORK. */
enum tlsagen_status link_receive(struct link *link, void *bytes, size_t size, size_t *len,
                                 struct tlsagen_err *err);
/* Whether bytes are waiting already; they are not taken. */
bool link_has_bytes(const struct link *link);

#endif
