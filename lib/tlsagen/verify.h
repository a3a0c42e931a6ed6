/*
 * tlsagen/verify.h - a service as a strict DANE client sees it: records, addresses, handshakes.
 *
 * RFC 7671 for all services, RFC 7672 for SMTP. Nothing is called verified that was not: an answer
 * that cannot be had, a record that cannot be used, an address that is not reached each have a
 * verdict of their own.
 */
#ifndef TLSAGEN_VERIFY_H
#define TLSAGEN_VERIFY_H

#include <tlsagen/dns.h>
#include <tlsagen/judge.h>
#include <tlsagen/probe.h>
#include <tlsagen/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of an endpoint, or of a service as a whole, which has that of its worst part. */
enum tlsagen_verdict {
    TLSAGEN_VERDICT_VERIFIED = 0,
    TLSAGEN_VERDICT_ABSENT,        /* endpoint: no certificate of this kind, which is no fault */
    TLSAGEN_VERDICT_NO_ANSWER,     /* none in time, of DNS or of the server; try again */
    TLSAGEN_VERDICT_NO_CONNECTION, /* refused or unreachable */
    TLSAGEN_VERDICT_NO_MAIL,       /* the domain takes no mail: null MX (RFC 7505) */
    TLSAGEN_VERDICT_NO_HOST,       /* the host has no address */
    TLSAGEN_VERDICT_NO_RECORDS,    /* no TLSA records, and that is proved */
    TLSAGEN_VERDICT_INSECURE,      /* records, addresses or MX are not signed, or the proof lacks */
    TLSAGEN_VERDICT_UNUSABLE,      /* TLSA records, none of which a client can use */
    TLSAGEN_VERDICT_NO_STARTTLS,   /* not offered, or refused */
    TLSAGEN_VERDICT_NO_TLS,        /* the handshake failed, or the server broke the rules before */
    TLSAGEN_VERDICT_BOGUS,         /* DNSSEC validation failed */
    TLSAGEN_VERDICT_MISMATCH,      /* the certificate shown matches no record */
    TLSAGEN_VERDICT_FAILED,        /* a fault on our side */
    TLSAGEN_VERDICT_COUNT          /* not a verdict: how many there are */
};

/* A short text ("no records"), and a word for machines ("no-records"); static. */
TLSAGEN_API const char *tlsagen_verdict_text(enum tlsagen_verdict verdict);
TLSAGEN_API const char *tlsagen_verdict_word(enum tlsagen_verdict verdict);
/* Which of two tells more against a service; the values of the enum are no order. */
TLSAGEN_API enum tlsagen_verdict tlsagen_verdict_worse(enum tlsagen_verdict a,
                                                       enum tlsagen_verdict b);

/* How to look; dns is needed, all else may be zero. Everything is borrowed for the call. */
struct tlsagen_verify_options {
    struct tlsagen_dns *dns;
    bool has_starttls; /* else it follows from the port */
    enum tlsagen_starttls starttls;
    int family;                /* 4 or 6 for addresses of that family only, else 0 */
    uint32_t step_ms;          /* for each lookup and each step of a connection; 0: 10,000 */
    uint32_t total_ms;         /* for lookups and handshakes of one service; 0: 60,000 */
    bool authoritative;        /* ask each authoritative server, too */
    const char *records;       /* zone-file text to judge by instead of DNS, or NULL */
    size_t records_len;        /* bytes */
    const char *records_label; /* names it in messages */
    const struct tlsagen_probe_cert *chain; /* judge this chain and connect to nobody, or NULL */
    size_t chain_len;
    int64_t now; /* seconds since 1970 */
};

/* One address asked for one kind of certificate; without address, the chain given. */
struct tlsagen_verify_endpoint {
    enum tlsagen_verdict verdict;
    char address[TLSAGEN_DNS_ADDRESS_SIZE];
    enum tlsagen_probe_kind kind;
    char reason[TLSAGEN_ERR_SIZE]; /* why not verified, and what to do */
    char tls_version[16];          /* "" without a handshake */
    bool has_cert;                 /* facts and chain_len tell of what was shown */
    struct tlsagen_cert_facts cert;
    size_t chain_len;
    size_t record;  /* index of the record that matched; when verified */
    int depth;      /* of the certificate it matched, 0 is the leaf; -1: a key of the set alone */
    size_t matches; /* how many records match by themselves */
    bool lacks_anchor; /* a digest of usage 2 is in use, and no CA of the chain shown has it */
    bool unfit;        /* a mismatch of names, dates or chain, though a record matches */
    uint32_t ms;       /* from connecting to the end of the handshake */
};

/* Something to mend that is no verdict; the rule is a short word, static. */
struct tlsagen_verify_warning {
    const char *rule;
    char *text;
};

/* One service, and all that was found out about it. */
struct tlsagen_verify_service {
    enum tlsagen_verdict verdict;
    char reason[TLSAGEN_ERR_SIZE]; /* why not verified; "" when it is */
    char host[TLSAGEN_DNS_NAME_SIZE];
    uint16_t port;
    enum tlsagen_starttls starttls;
    char domain[TLSAGEN_DNS_NAME_SIZE]; /* mail domain that the host is an MX of, or "" */
    char base[TLSAGEN_DNS_NAME_SIZE];   /* TLSA base domain: the host, or what it is an alias of */
    char owner[TLSAGEN_DNS_NAME_SIZE];  /* of the records: _PORT._tcp.BASE */
    enum tlsagen_dns_trust trust;       /* of the records' answer */
    uint32_t ttl;                       /* seconds, as the zone has it */
    int64_t rrsig_expires;              /* seconds since 1970; 0: unknown */
    struct tlsagen_rrset set;
    enum tlsagen_use *uses; /* of each record */
    size_t *matched;        /* at how many endpoints each record matches */
    struct tlsagen_verify_endpoint *endpoints;
    size_t endpoint_count;
    struct tlsagen_verify_warning *warnings;
    size_t warning_count;
};

/* What a run gives: one service for HOST PORT, one for each MX of a domain. */
struct tlsagen_verify_result {
    struct tlsagen_verify_service *services;
    size_t count;
};

/*
 * Looks at host (as tlsagen_host_parse leaves it) and port. TLSAGEN_OK whatever the verdict is;
 * TLSAGEN_E_ARGUMENT, _SYNTAX, _KIND, _NOTFOUND for records given that cannot be used,
 * TLSAGEN_E_MEMORY. *result is set on TLSAGEN_OK and goes to tlsagen_verify_free.
 * Several threads may run this at once, with one dns.
 */
TLSAGEN_API enum tlsagen_status tlsagen_verify_run(const struct tlsagen_verify_options *options,
                                                   const char *host, uint16_t port,
                                                   struct tlsagen_verify_result **result,
                                                   struct tlsagen_err *err);
/*
 * Looks at each MX of a mail domain, port 25, in the order of preference; at the domain itself when
 * it has none (RFC 5321 section 5.1). One service without endpoints tells when there is nothing to
 * look at: null MX, MX that are insecure, bogus or without an answer.
 */
TLSAGEN_API enum tlsagen_status tlsagen_verify_mx(const struct tlsagen_verify_options *options,
                                                  const char *domain,
                                                  struct tlsagen_verify_result **result,
                                                  struct tlsagen_err *err);
/* Frees a result; NULL is fine. */
TLSAGEN_API void tlsagen_verify_free(struct tlsagen_verify_result *result);

#ifdef __cplusplus
}
#endif

#endif
