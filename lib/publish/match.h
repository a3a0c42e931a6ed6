/* match.h - an answer of DNS beside the records that are meant to be there. */
#ifndef PUBLISH_MATCH_H
#define PUBLISH_MATCH_H

#include <tlsagen/dns.h>
#include <tlsagen/record.h>

/*
 * True when the answer has all records of the set and, unless more may be there or an alias leads
 * elsewhere, no others.
 */
bool match_answer(const struct tlsagen_dns_answer *answer, const struct tlsagen_rrset *set,
                  bool more);
/* The same, and the answer is authoritative. */
bool match_set(const struct tlsagen_dns_answer *answer, const struct tlsagen_rrset *set, bool more);

#endif
