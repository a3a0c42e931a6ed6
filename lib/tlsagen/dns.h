/*
 * tlsagen/dns.h - answers of DNS: validated here, and plain ones of a given server.
 *
 * tlsagen_dns_lookup validates with DNSSEC by itself (libunbound) and believes no server's word
 * for it, unless told to. tlsagen_dns_ask puts one question to one server, for comparing what each
 * authoritative server holds; its answer is authenticated by nothing.
 */
#ifndef TLSAGEN_DNS_H
#define TLSAGEN_DNS_H

#include <stddef.h>
#include <stdint.h>

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of an absolute name in text, all of it escaped, NUL included. */
#define TLSAGEN_DNS_NAME_SIZE 1024
/* Bytes of a numeric address in text. */
#define TLSAGEN_DNS_ADDRESS_SIZE 64

/* Types to ask for; any other number of IANA's registry will do. */
#define TLSAGEN_DNS_A 1
#define TLSAGEN_DNS_NS 2
#define TLSAGEN_DNS_CNAME 5
#define TLSAGEN_DNS_SOA 6
#define TLSAGEN_DNS_MX 15
#define TLSAGEN_DNS_AAAA 28
#define TLSAGEN_DNS_TLSA 52

/* How far an answer can be believed. Only with SECURE may records or their absence be relied on. */
enum tlsagen_dns_trust {
    TLSAGEN_DNS_NO_ANSWER = 0, /* none in time, or a failure: err says which; try again */
    TLSAGEN_DNS_BOGUS,         /* validation failed: err says why */
    TLSAGEN_DNS_INSECURE,      /* proved to lie in an unsigned zone, or from tlsagen_dns_ask */
    TLSAGEN_DNS_SECURE         /* validated up to a trust anchor, aliases on the way included */
};

/* What the answer says, if anything. */
enum tlsagen_dns_found {
    TLSAGEN_DNS_NOTHING = 0, /* there is no answer to tell it */
    TLSAGEN_DNS_RECORDS,
    TLSAGEN_DNS_NO_DATA, /* the name exists, without records of the type */
    TLSAGEN_DNS_NO_NAME  /* the name does not exist (NXDOMAIN) */
};

struct tlsagen_dns_record {
    uint8_t *data; /* rdata in wire form; names in MX, NS, SOA, CNAME, DNAME, PTR not compressed */
    size_t len;    /* bytes */
};

/* One answer; all zero is an empty one. */
struct tlsagen_dns_answer {
    enum tlsagen_dns_trust trust;
    enum tlsagen_dns_found found;
    struct tlsagen_err err;                /* why, for NO_ANSWER and BOGUS */
    uint16_t type;                         /* asked for */
    char name[TLSAGEN_DNS_NAME_SIZE];      /* asked for, absolute */
    char canonical[TLSAGEN_DNS_NAME_SIZE]; /* where aliases lead; equal to name without any */
    bool alias;                            /* name is an alias (CNAME, DNAME) of canonical */
    uint32_t ttl;          /* seconds left of the records; of aliases on the way, if smaller; of
                              an absence as far as tlsagen_dns_lookup can tell */
    uint32_t original_ttl; /* as the zone has it, by the signature; ttl where there is none */
    int64_t rrsig_expires; /* seconds since 1970 when the first RRset goes without; 0: unknown */
    uint8_t rcode;         /* RFC 1035 section 4.1.1 */
    bool authoritative;    /* AA: the server asked holds the zone; tlsagen_dns_ask only */
    struct tlsagen_dns_record *records; /* in the order of the answer */
    size_t count;
};

/* Frees the records; the answer is all zero afterwards. */
TLSAGEN_API void tlsagen_dns_answer_clear(struct tlsagen_dns_answer *answer);
/* "secure", "insecure", "bogus" or "no answer"; static. */
TLSAGEN_API const char *tlsagen_dns_trust_text(enum tlsagen_dns_trust trust);

/* Where answers come from and what they are held against; all zero is a good start. */
struct tlsagen_dns_options {
    const char *anchor_file; /* DS or DNSKEY records as in a zone file; NULL: the system's */
    const char *resolver;    /* ADDRESS or ADDRESS@PORT to send all questions to; NULL: recursion */
    bool trust_ad;           /* believe the AD flag of the resolver, which must be on loopback */
    uint32_t timeout_ms;     /* for one lookup; 0: 10,000 */
};

/*
 * A validating resolver with its cache: what it learnt it holds for as long as the TTLs say (60
 * seconds when bogus), so make a new one for a fresh look. Several threads may use it at once.
 */
struct tlsagen_dns;

/*
 * Makes one, for tlsagen_dns_free to free; NULL is fine there. Strings are copied.
 * TLSAGEN_E_ARGUMENT for a resolver that is no address, or not on loopback with trust_ad;
 * TLSAGEN_E_NOTFOUND when no trust anchors are found, TLSAGEN_E_SYNTAX when they cannot be read.
 */
TLSAGEN_API enum tlsagen_status tlsagen_dns_new(const struct tlsagen_dns_options *options,
                                                struct tlsagen_dns **dns, struct tlsagen_err *err);
TLSAGEN_API void tlsagen_dns_free(struct tlsagen_dns *dns);

/*
 * Looks name up (text as in a zone file; taken as absolute) and follows aliases. TLSAGEN_OK
 * whatever the answer is, also when there is none: see answer->trust. Otherwise TLSAGEN_E_ARGUMENT
 * for a name that is none, TLSAGEN_E_MEMORY, TLSAGEN_E_SYSTEM. The answer is overwritten without
 * being freed, and goes to tlsagen_dns_answer_clear in every case.
 */
TLSAGEN_API enum tlsagen_status tlsagen_dns_lookup(struct tlsagen_dns *dns, const char *name,
                                                   uint16_t type, struct tlsagen_dns_answer *answer,
                                                   struct tlsagen_err *err);

/* The same with another time limit than the resolver's, in milliseconds; 0: no time is left. */
TLSAGEN_API enum tlsagen_status tlsagen_dns_lookup_within(struct tlsagen_dns *dns, uint32_t ms,
                                                          const char *name, uint16_t type,
                                                          struct tlsagen_dns_answer *answer,
                                                          struct tlsagen_err *err);

/* One question to one server. */
struct tlsagen_dns_question {
    const char *address; /* numeric */
    uint16_t port;       /* 0: 53 */
    const char *name;    /* text as in a zone file; taken as absolute */
    uint16_t type;
    bool recursion;      /* RD: ask a resolver */
    uint32_t timeout_ms; /* in all, over UDP and TCP; 0: 5,000 */
};

/*
 * Asks over UDP, three times within the limit, and over TCP when the answer was cut. Packets with
 * another id or question are passed over, as are those that cannot be read. As
 * tlsagen_dns_lookup otherwise; answer->trust is INSECURE or NO_ANSWER. Without RD, an answer is
 * one only when answer->authoritative is set: a lame server answers, too.
 */
TLSAGEN_API enum tlsagen_status tlsagen_dns_ask(const struct tlsagen_dns_question *question,
                                                struct tlsagen_dns_answer *answer,
                                                struct tlsagen_err *err);

/* A name server of a zone, at one of its addresses. */
struct tlsagen_dns_server {
    char name[TLSAGEN_DNS_NAME_SIZE];
    char address[TLSAGEN_DNS_ADDRESS_SIZE]; /* numeric; "" when there is none, or failed */
    bool failed; /* the lookup of its IPv4 or its IPv6 addresses; it may have others beside this */
};

/* The servers of a zone. */
struct tlsagen_dns_servers {
    char zone[TLSAGEN_DNS_NAME_SIZE]; /* its apex */
    struct tlsagen_dns_server *servers;
    size_t count;
};

/*
 * Finds the zone that name lies in and the addresses of its name servers, by lookups; their answers
 * may be insecure, but not bogus. TLSAGEN_E_TIMEOUT without an answer, TLSAGEN_E_MISMATCH when one
 * is bogus, TLSAGEN_E_NOTFOUND when there is no such zone, TLSAGEN_E_LIMIT when the servers have
 * more than 256 addresses. *servers is overwritten, and goes to tlsagen_dns_servers_clear in every
 * case.
 */
TLSAGEN_API enum tlsagen_status tlsagen_dns_servers_find(struct tlsagen_dns *dns, const char *name,
                                                         struct tlsagen_dns_servers *servers,
                                                         struct tlsagen_err *err);
TLSAGEN_API void tlsagen_dns_servers_clear(struct tlsagen_dns_servers *servers);
/* The server is meant by text: its name, with or without the last dot, or this address of it. */
TLSAGEN_API bool tlsagen_dns_server_is(const struct tlsagen_dns_server *server, const char *text);

/* What one server says of an owner. */
struct tlsagen_dns_view {
    enum tlsagen_dns_found found; /* of the RRset asked for; NOTHING: err says why */
    struct tlsagen_err err;       /* no answer, or a lame one */
    bool has_serial;
    uint32_t serial;                  /* of the zone's SOA */
    struct tlsagen_dns_answer answer; /* the RRset */
};

/*
 * Asks one server for the zone's serial and for the RRset of name and type. Answers that are not
 * authoritative leave found at NOTHING. timeout_ms is for each question. TLSAGEN_OK whatever comes
 * back; *view is overwritten, and goes to tlsagen_dns_view_clear in every case.
 */
TLSAGEN_API enum tlsagen_status tlsagen_dns_view_get(const char *address, uint16_t port,
                                                     const char *zone, const char *name,
                                                     uint16_t type, uint32_t timeout_ms,
                                                     struct tlsagen_dns_view *view,
                                                     struct tlsagen_err *err);
TLSAGEN_API void tlsagen_dns_view_clear(struct tlsagen_dns_view *view);
/* True when both answers hold the same records, in whatever order, or both none. */
TLSAGEN_API bool tlsagen_dns_answer_equal(const struct tlsagen_dns_answer *a,
                                          const struct tlsagen_dns_answer *b);

#ifdef __cplusplus
}
#endif

#endif
