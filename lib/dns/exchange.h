/* exchange.h - one question and its answer over UDP and TCP, with time limits. */
#ifndef DNS_EXCHANGE_H
#define DNS_EXCHANGE_H

#include "answer.h"

struct exchange {
    const struct addrinfo *server;
    const struct name *name;
    uint16_t type;
    unsigned flags;   /* of the question, as packet.h has them */
    int64_t deadline; /* as answer_clock counts */
};

/*
 * Puts the question and reads the answer, its flags too. TLSAGEN_E_TIMEOUT, TLSAGEN_E_NETWORK when
 * no answer came; TLSAGEN_E_SYSTEM and TLSAGEN_E_MEMORY for faults of this machine.
 */
enum tlsagen_status exchange_run(const struct exchange *exchange, unsigned *flags,
                                 struct tlsagen_dns_answer *answer, struct tlsagen_err *err);

#endif
