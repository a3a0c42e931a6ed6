/* believe.c - a validating resolver on loopback whose word is taken (the AD flag, RFC 6840). */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "exchange.h"
#include "packet.h"
#include "resolver.h"

#define RCODE_SERVFAIL 2

bool believe_is_loopback(const struct addrinfo *address)
{
    if (address->ai_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address->ai_addr, sizeof(in));
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 in6;
    if (address->ai_family != AF_INET6)
        return false;
    memcpy(&in6, address->ai_addr, sizeof(in6));
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

/*
 * A validating resolver answers SERVFAIL for what is bogus, and for a failure. Asked not to
 * validate (CD), it hands out what is bogus: so these are told apart.
 */
static enum tlsagen_status explain_servfail(const struct exchange *exchange,
                                            struct tlsagen_dns_answer *answer,
                                            struct tlsagen_err *err)
{
    struct exchange again = *exchange;
    unsigned flags = 0;
    struct tlsagen_err ignored;
    again.flags |= PACKET_CD;
    enum tlsagen_status status = exchange_run(&again, &flags, answer, &ignored);
    bool bogus = status == TLSAGEN_OK && answer->found != TLSAGEN_DNS_NOTHING;
    answer_forget(answer);
    answer->rcode = RCODE_SERVFAIL;
    if (status == TLSAGEN_E_MEMORY)
        return tlsagen_err_set(err, status, "%s", ignored.message);
    if (bogus) {
        answer->trust = TLSAGEN_DNS_BOGUS;
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_MISMATCH,
                              "the resolver has an answer and refuses it: validation failed");
    } else {
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_TIMEOUT, "the resolver answers SERVFAIL");
    }
    return TLSAGEN_OK;
}

enum tlsagen_status believe_lookup(struct tlsagen_dns *dns, uint32_t ms, const struct name *name,
                                   struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    unsigned flags = 0;
    char text[16];
    struct exchange exchange = {.server = dns->loopback,
                                .name = name,
                                .type = answer->type,
                                .flags = PACKET_RD | PACKET_AD,
                                .deadline = answer_clock() + (int64_t)ms};
    enum tlsagen_status status = exchange_run(&exchange, &flags, answer, &answer->err);
    if (status == TLSAGEN_E_MEMORY || status == TLSAGEN_E_SYSTEM)
        return tlsagen_err_set(err, status, "%s", answer->err.message);
    if (status != TLSAGEN_OK) {
        (void)tlsagen_err_prepend(&answer->err, "resolver on loopback");
        return TLSAGEN_OK;
    }
    if (answer->rcode == RCODE_SERVFAIL)
        return explain_servfail(&exchange, answer, err);
    if (answer->found != TLSAGEN_DNS_NOTHING)
        answer->trust = (flags & PACKET_AD) != 0 ? TLSAGEN_DNS_SECURE : TLSAGEN_DNS_INSECURE;
    else
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_TIMEOUT, "the resolver answers %s",
                              answer_rcode_text(answer->rcode, text));
    return TLSAGEN_OK;
}
