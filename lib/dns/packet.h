/*
 * packet.h - DNS messages (RFC 1035 section 4): a question to bytes, and bytes to an answer.
 *
 * Pure functions; the bytes read are hostile.
 */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include <tlsagen/dns.h>

#include "zone/name.h"

/* Bytes of the largest question: header, name, type and class, OPT (RFC 6891 section 6.1.2). */
#define PACKET_QUESTION_MAX (12 + NAME_WIRE_MAX + 4 + 11)
/* What we say we take over UDP. */
#define PACKET_UDP_SIZE 1232

/* Flags of the header as one number (RFC 1035 section 4.1.1, RFC 4035 section 3). */
#define PACKET_QR 0x8000U
#define PACKET_OPCODE 0x7800U
#define PACKET_AA 0x0400U
#define PACKET_TC 0x0200U
#define PACKET_RD 0x0100U
#define PACKET_AD 0x0020U
#define PACKET_CD 0x0010U

/* Writes a question with EDNS and DO; returns its length. */
size_t packet_question(uint8_t out[PACKET_QUESTION_MAX], uint16_t id, unsigned flags,
                       const struct name *name, uint16_t type);

/*
 * Reads a whole message that answers the question: sets *flags, and of *answer: found, canonical,
 * alias, TTLs, rrsig_expires, rcode, authoritative and records; the rest is left. found is NOTHING
 * for an rcode other than NOERROR and NXDOMAIN. Aliases are followed within the message.
 *
 * TLSAGEN_E_MISMATCH when it is no answer to this question, id included; TLSAGEN_E_SYNTAX when it
 * cannot be read; TLSAGEN_E_MEMORY. The caller clears the answer in every case.
 */
enum tlsagen_status packet_read(const uint8_t *bytes, size_t len, uint16_t id,
                                const struct name *name, uint16_t type, unsigned *flags,
                                struct tlsagen_dns_answer *answer, struct tlsagen_err *err);

#endif
