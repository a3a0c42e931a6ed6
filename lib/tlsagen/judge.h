/*
 * tlsagen/judge.h - a certificate chain held against a TLSA RRset, with OpenSSL's DANE support.
 *
 * The chain comes from a handshake (tlsagen/probe.h) or from a file; the judgement is the one that
 * libssl comes to within a handshake with the same records (SSL_dane_enable(3)).
 */
#ifndef TLSAGEN_JUDGE_H
#define TLSAGEN_JUDGE_H

#include <tlsagen/probe.h>
#include <tlsagen/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names beside the TLSA base domain that a certificate may be for. */
#define TLSAGEN_JUDGE_NAMES 3

struct tlsagen_judge_options {
    const char *base; /* TLSA base domain, without final dot: the name in SNI */
    const char *names[TLSAGEN_JUDGE_NAMES]; /* further ones, as base; NULL: none */
    bool smtp;   /* usages 0 and 1 have no place there (RFC 7672 section 3.1.3): unusable */
    int64_t now; /* seconds since 1970; 0: the clock's time */
};

/* What a client makes of a record. */
enum tlsagen_use {
    TLSAGEN_USE_YES = 0,
    TLSAGEN_USE_WEAKER,  /* passed over for a record with a stronger digest (RFC 7671 section 9) */
    TLSAGEN_USE_UNUSABLE /* unknown parameters, data of the wrong length or form, usage on SMTP */
};

struct tlsagen_judgement {
    bool verified;
    bool unfit;       /* not verified, though not for want of a match: names, dates, the chain */
    bool usable;      /* the set has a record that can be used at all; without one, no verdict */
    size_t record;    /* index in the set of the record that matched; when verified */
    int depth;        /* of the certificate it matched, 0 is the leaf; -1: a key of the set alone */
    char reason[200]; /* why not, in OpenSSL's words; "" when verified */
};

/* Fills use[i] for each record of the set. TLSAGEN_E_CRYPTO, TLSAGEN_E_MEMORY. */
TLSAGEN_API enum tlsagen_status tlsagen_judge_records(const struct tlsagen_judge_options *options,
                                                      const struct tlsagen_rrset *set,
                                                      enum tlsagen_use *use,
                                                      struct tlsagen_err *err);
/*
 * Judges a chain, leaf first. For usage 3 neither names nor dates count (RFC 7671 section 5.1);
 * usages 0 and 1 need a CA of the system's store. TLSAGEN_OK with a judgement;
 * TLSAGEN_E_CRYPTO, TLSAGEN_E_SYNTAX when a certificate cannot be read, TLSAGEN_E_MEMORY.
 */
TLSAGEN_API enum tlsagen_status tlsagen_judge_chain(const struct tlsagen_judge_options *options,
                                                    const struct tlsagen_rrset *set,
                                                    const struct tlsagen_probe_cert *chain,
                                                    size_t chain_len,
                                                    struct tlsagen_judgement *judgement,
                                                    struct tlsagen_err *err);
/*
 * Judges the chain by each record alone, as if the set had no other: judgements[i] is for
 * records[i], and there is room for set->count of them. The system's store is read once. Results
 * as tlsagen_judge_chain; on an error the judgements say nothing.
 */
TLSAGEN_API enum tlsagen_status tlsagen_judge_each(const struct tlsagen_judge_options *options,
                                                   const struct tlsagen_rrset *set,
                                                   const struct tlsagen_probe_cert *chain,
                                                   size_t chain_len,
                                                   struct tlsagen_judgement *judgements,
                                                   struct tlsagen_err *err);

/* What a certificate is, as far as a report tells it. */
struct tlsagen_cert_facts {
    char key[32];            /* "RSA 2048", "EC P-256", "ED25519" */
    int64_t not_after;       /* seconds since 1970 */
    uint8_t spki_sha256[32]; /* the data of its record 3 1 1 */
};

/* Reads one certificate in DER. TLSAGEN_E_SYNTAX, TLSAGEN_E_CRYPTO. */
TLSAGEN_API enum tlsagen_status tlsagen_cert_describe(const uint8_t *der, size_t len,
                                                      struct tlsagen_cert_facts *facts,
                                                      struct tlsagen_err *err);
/*
 * Reads a chain as servers keep it in files, PEM certificates with the leaf first or one
 * certificate in DER, in the order given; label names it in messages. TLSAGEN_E_SYNTAX,
 * TLSAGEN_E_KIND without a certificate, TLSAGEN_E_LIMIT beyond 100. *chain is set on TLSAGEN_OK and
 * goes to tlsagen_chain_free.
 */
TLSAGEN_API enum tlsagen_status tlsagen_chain_read(const void *bytes, size_t len, const char *label,
                                                   struct tlsagen_probe_cert **chain, size_t *count,
                                                   struct tlsagen_err *err);
TLSAGEN_API void tlsagen_chain_free(struct tlsagen_probe_cert *chain, size_t count);

#ifdef __cplusplus
}
#endif

#endif
