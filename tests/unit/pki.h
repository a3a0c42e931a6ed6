/* pki.h - real keys and certificates for unit tests, signed by libcrypto. Failures end the test. */
#ifndef PKI_H
#define PKI_H

#include <openssl/x509.h>

#include <tlsagen/base.h>

/* The present of all tests: 2026-11-23 10:33:20 UTC. */
#define PKI_NOW INT64_C(1795430000)

/* A new key: "RSA:2048", or else a curve ("P-256") or an algorithm ("ED25519"). */
EVP_PKEY *pki_key(const char *kind);

/* One certificate; what is 0 or NULL has the value in brackets. */
struct pki_cert {
    const char *name;   /* subject's common name; "" for an empty subject */
    const char *dns;    /* dNSNames, separated by commas [no subjectAltName] */
    EVP_PKEY *key;      /* its own */
    X509 *issuer;       /* [itself] */
    EVP_PKEY *signer;   /* the key that signs [key] */
    bool ca;            /* basicConstraints CA:TRUE and keyCertSign */
    int string_type;    /* of the common name [V_ASN1_UTF8STRING] */
    int from_days;      /* notBefore, from PKI_NOW [-30] */
    int to_days;        /* notAfter, from PKI_NOW [335] */
    long serial;        /* [1] */
    const char *damage; /* this as both dates, which are no dates then */
};
X509 *pki_cert(const struct pki_cert *cert);

/* Appends DER. */
void pki_add_cert(struct tlsagen_buf *buf, X509 *cert);
void pki_add_spki(struct tlsagen_buf *buf, const EVP_PKEY *key);
/* Appends what was written to bio, and frees it. */
void pki_add_bio(struct tlsagen_buf *buf, BIO *bio);
/* Appends a PEM block. */
void pki_add_pem(struct tlsagen_buf *buf, const char *label, const void *der, size_t len);
void pki_add_pem_cert(struct tlsagen_buf *buf, X509 *cert);

#endif
