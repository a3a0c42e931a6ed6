/* resolver.h - what stands behind struct tlsagen_dns. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include <pthread.h>

#include "answer.h"

struct ub_ctx;

struct tlsagen_dns {
    uint32_t timeout_ms;

    /* With trust_ad, and nothing else of it. */
    struct addrinfo *loopback;

    /* libunbound: it resolves in a thread of its own, and `collector` takes the results. */
    struct ub_ctx *unbound;
    pthread_t collector;
    bool collecting;
    int stop[2]; /* a pipe, whose closing ends the collector; -1 */
};

/* believe.c: as tlsagen_dns_lookup_within, from the resolver on loopback. */
enum tlsagen_status believe_lookup(struct tlsagen_dns *dns, uint32_t ms, const struct name *name,
                                   struct tlsagen_dns_answer *answer, struct tlsagen_err *err);
/* True for the addresses of this machine alone. */
bool believe_is_loopback(const struct addrinfo *address);

#endif
