/*
 * tlsagen/record.h - TLSA records: their fields, sets, owners and text forms.
 *
 * RFC 6698 section 2 defines the record, RFC 7218 the mnemonics, RFC 7671 how they are used.
 */
#ifndef TLSAGEN_RECORD_H
#define TLSAGEN_RECORD_H

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Certificate usages, RFC 6698 section 2.1.1. */
#define TLSAGEN_USAGE_PKIX_TA 0
#define TLSAGEN_USAGE_PKIX_EE 1
#define TLSAGEN_USAGE_DANE_TA 2
#define TLSAGEN_USAGE_DANE_EE 3

/* Selectors, RFC 6698 section 2.1.2. */
#define TLSAGEN_SELECTOR_CERT 0
#define TLSAGEN_SELECTOR_SPKI 1

/* Matching types, RFC 6698 section 2.1.3. */
#define TLSAGEN_MATCHING_FULL 0
#define TLSAGEN_MATCHING_SHA256 1
#define TLSAGEN_MATCHING_SHA512 2

/* The three numbers before the certificate association data. */
struct tlsagen_fields {
    uint8_t usage;
    uint8_t selector;
    uint8_t matching;
};

/*
 * One word each: a number, or a mnemonic of RFC 7218 in any case. Only the values that RFC 6698
 * defines are accepted, because nothing could be computed for others. TLSAGEN_E_ARGUMENT.
 */
TLSAGEN_API enum tlsagen_status tlsagen_usage_parse(const char *word, uint8_t *usage,
                                                    struct tlsagen_err *err);
TLSAGEN_API enum tlsagen_status tlsagen_selector_parse(const char *word, uint8_t *selector,
                                                       struct tlsagen_err *err);
TLSAGEN_API enum tlsagen_status tlsagen_matching_parse(const char *word, uint8_t *matching,
                                                       struct tlsagen_err *err);
/* Three such words separated by blanks, as in "3 1 1" or "DANE-TA SPKI SHA2-256". */
TLSAGEN_API enum tlsagen_status tlsagen_fields_parse(const char *text,
                                                     struct tlsagen_fields *fields,
                                                     struct tlsagen_err *err);

/* The mnemonics of RFC 7218 for a value; "?" for one that has none. Static storage. */
TLSAGEN_API const char *tlsagen_usage_name(uint8_t usage);
TLSAGEN_API const char *tlsagen_selector_name(uint8_t selector);
TLSAGEN_API const char *tlsagen_matching_name(uint8_t matching);

/* One record without its owner, class and TTL. data belongs to the set that holds the record. */
struct tlsagen_record {
    struct tlsagen_fields fields;
    uint8_t *data; /* certificate association data, RFC 6698 section 2.1.4 */
    size_t len;    /* bytes of data */
};

/*
 * Records of one owner, without duplicates, ordered by their rdata as octets (the canonical order
 * of RFC 4034 section 6.3), so that the order of the inputs does not show.
 */
struct tlsagen_rrset {
    struct tlsagen_record *records;
    size_t count;
    size_t cap;
};

TLSAGEN_API void tlsagen_rrset_init(struct tlsagen_rrset *set);
TLSAGEN_API void tlsagen_rrset_clear(struct tlsagen_rrset *set);
/* Empties the set and keeps the array. */
TLSAGEN_API void tlsagen_rrset_reset(struct tlsagen_rrset *set);
/*
 * Copies data into the set unless the same record is there. At most 65532 bytes, what a rdata of
 * 65535 bytes leaves (RFC 1035 section 3.2.1): TLSAGEN_E_LIMIT above.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rrset_add(struct tlsagen_rrset *set,
                                                  struct tlsagen_fields fields, const uint8_t *data,
                                                  size_t len, struct tlsagen_err *err);

/*
 * Adds the record whose rdata is in text, as in "3 1 1 0d6f...", unless it is there.
 * TLSAGEN_E_SYNTAX for another text; else as tlsagen_rrset_add.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rrset_add_text(struct tlsagen_rrset *set, const char *text,
                                                       struct tlsagen_err *err);

/* Bytes of a domain name in text, final dot and NUL included (no byte needs an escape here). */
#define TLSAGEN_NAME_SIZE 256

/* Transport protocols of a TLSA owner, RFC 6698 section 3. */
enum tlsagen_proto { TLSAGEN_PROTO_TCP, TLSAGEN_PROTO_UDP, TLSAGEN_PROTO_SCTP };

/* "tcp", "udp" or "sctp", any case, a leading underscore allowed. TLSAGEN_E_ARGUMENT. */
TLSAGEN_API enum tlsagen_status tlsagen_proto_parse(const char *word, enum tlsagen_proto *proto,
                                                    struct tlsagen_err *err);
TLSAGEN_API const char *tlsagen_proto_name(enum tlsagen_proto proto);

/*
 * A host name as it is to stand in DNS: with a final dot, letters of U-labels turned into
 * A-labels (RFC 5891, by libidn2), other case kept. Addresses, wildcards, empty and overlong
 * labels, and bytes that no host name has are TLSAGEN_E_ARGUMENT.
 */
TLSAGEN_API enum tlsagen_status tlsagen_host_parse(const char *text, char host[TLSAGEN_NAME_SIZE],
                                                   struct tlsagen_err *err);
/*
 * `_PORT._PROTO.HOST`, RFC 6698 section 3; host as tlsagen_host_parse left it. A host that begins
 * so itself, or is too long for it, is TLSAGEN_E_ARGUMENT.
 */
TLSAGEN_API enum tlsagen_status tlsagen_owner_make(const char *host, uint16_t port,
                                                   enum tlsagen_proto proto,
                                                   char owner[TLSAGEN_NAME_SIZE],
                                                   struct tlsagen_err *err);
/*
 * The owner relative to origin (both absolute): without the origin and the dot before it, "@"
 * when both are equal. TLSAGEN_E_MISMATCH when the owner lies outside the origin.
 */
TLSAGEN_API enum tlsagen_status tlsagen_owner_relative(const char *owner, const char *origin,
                                                       char relative[TLSAGEN_NAME_SIZE],
                                                       struct tlsagen_err *err);

/* Text forms of a set. */
enum tlsagen_format {
    TLSAGEN_FORMAT_ZONE,      /* owner TAB ttl TAB IN TAB TLSA TAB 3 1 1 hex, as ldns-dane */
    TLSAGEN_FORMAT_MULTILINE, /* parentheses, hex in words of 56 digits, as dig +multi */
    TLSAGEN_FORMAT_GENERIC,   /* TYPE52 \# length hex, RFC 3597 section 5 */
    TLSAGEN_FORMAT_NSUPDATE,  /* `update add` lines for nsupdate(1), without `send` */
};

/* ttl in seconds, or TLSAGEN_TTL_NONE to leave the field out (refused for NSUPDATE). */
#define TLSAGEN_TTL_NONE (-1)

/* Appends the text of all records of the set to buf; check the buffer once at the end. */
TLSAGEN_API void tlsagen_rrset_format(struct tlsagen_buf *buf, enum tlsagen_format format,
                                      const char *owner, int64_t ttl,
                                      const struct tlsagen_rrset *set);

#ifdef __cplusplus
}
#endif

#endif
