/*
 * certscan.h - recognises an ordinary certificate (RFC 5280 section 4.1) without decoding it.
 *
 * Decoding with libcrypto 3.0 costs 120 microseconds, nearly all of it for the public key, which
 * a digest does not need. The scan takes under one. It only ever says "ordinary" or "don't know":
 * it accepts a strict subset of what d2i_X509 accepts, in canonical DER, for which i2d_X509 and
 * i2d_X509_PUBKEY give the input's own bytes; whatever is outside that subset is libcrypto's to
 * judge. tests/sim-like comparisons and a fuzz target hold the two against each other.
 */
#ifndef TLSA_CERTSCAN_H
#define TLSA_CERTSCAN_H

#include "der.h"

/* Where the parts of a certificate stand; borrowed from the scanned bytes. */
struct cert_view {
    struct der issuer;     /* Name, with tag and length */
    struct der subject;    /* Name, with tag and length */
    struct der spki;       /* SubjectPublicKeyInfo, with tag and length */
    struct der extensions; /* content of the SEQUENCE OF Extension; empty when there is none */
    int64_t not_before;    /* seconds since 1970, UTC */
    int64_t not_after;
};

/* True when the bytes are one ordinary certificate and nothing else. */
bool cert_scan(const uint8_t *bytes, size_t len, struct cert_view *view);

/*
 * The content of the extension with this OID (content octets). False when it is absent or stands
 * there more than once.
 */
bool cert_extension(const struct cert_view *view, const void *oid, size_t oid_len,
                    struct der *value);

/*
 * The dNSNames of subjectAltName (RFC 5280 section 4.2.1.6), one by one: begin, then next until it
 * is false. begin is false when there is no such extension, or none that can be read.
 */
bool cert_dns_names_begin(const struct cert_view *view, struct der *names);
bool cert_dns_names_next(struct der *names, struct der *name);

/* Bits of the modulus when the SPKI holds an RSA key (RFC 3279 section 2.3.1), else 0. */
size_t spki_rsa_bits(const struct der *spki);

#endif
