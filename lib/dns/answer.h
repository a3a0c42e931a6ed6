/* answer.h - what lookups and plain questions share. */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <netdb.h>

#include <tlsagen/dns.h>

#include "zone/name.h"

/* Reads the question's name, absolute in any case, and makes an empty answer to it. */
enum tlsagen_status answer_begin(const char *text, uint16_t type, struct name *name,
                                 struct tlsagen_dns_answer *answer, struct tlsagen_err *err);
/* Forgets what was found, as after a packet that turned out to be of no use. */
void answer_forget(struct tlsagen_dns_answer *answer);
/* "SERVFAIL" and its like; "rcode 23" goes to text otherwise. */
const char *answer_rcode_text(unsigned rcode, char text[16]);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t answer_clock(void);

/* A numeric address; to be freed with freeaddrinfo. TLSAGEN_E_ARGUMENT for another text. */
enum tlsagen_status answer_address(const char *address, uint16_t port, struct addrinfo **list,
                                   struct tlsagen_err *err);

#endif
