/*
 * tlsagen/material.h - certificates and keys, found in bytes by their content, and the records
 * that follow from them.
 */
#ifndef TLSAGEN_MATERIAL_H
#define TLSAGEN_MATERIAL_H

#include <tlsagen/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The working state of one thread: fetched digests and reused decoders. Not to be used by two
 * threads at once; as many as wanted may exist.
 *
 * Digests of certificates and public keys are computed in a libcrypto context of its own with the
 * default provider: this data is public. Private keys, PKCS#12, URIs and the signatures of chains
 * go through libcrypto's default context, with the site's configuration.
 */
struct tlsagen_ctx;

/* Makes one, for tlsagen_ctx_free to free; NULL is fine there. */
TLSAGEN_API enum tlsagen_status tlsagen_ctx_new(struct tlsagen_ctx **ctx, struct tlsagen_err *err);
TLSAGEN_API void tlsagen_ctx_free(struct tlsagen_ctx *ctx);

/*
 * For a program whose whole work is here, called before anything else of libcrypto: keeps it from
 * reading the site's openssl.cnf, which takes as long as half a record, until something comes that
 * goes through its default context. Process-wide, as that configuration is.
 */
TLSAGEN_API void tlsagen_ctx_defer_config(struct tlsagen_ctx *ctx);

/*
 * Asked for the passphrase of an encrypted input; label names the input. Writes at most size
 * bytes and returns their number, or -1 when there is none. The library cleanses its copy.
 */
typedef int tlsagen_passphrase_fn(void *arg, const char *label, char *passphrase, int size);
TLSAGEN_API void tlsagen_ctx_set_passphrase(struct tlsagen_ctx *ctx, tlsagen_passphrase_fn *ask,
                                            void *arg);

/* Certificates and keys of all inputs given together. */
struct tlsagen_material;

TLSAGEN_API enum tlsagen_status tlsagen_material_new(struct tlsagen_material **material,
                                                     struct tlsagen_err *err);
TLSAGEN_API void tlsagen_material_free(struct tlsagen_material *material);
/* Forgets all inputs and keeps the memory, for the next request. */
TLSAGEN_API void tlsagen_material_reset(struct tlsagen_material *material);

/*
 * Adds one input. Its kind is found by content: certificates in PEM (also `TRUSTED CERTIFICATE`,
 * chains in any order) or DER, PKCS#7, PKCS#12, private keys in every form of OpenSSL, public
 * keys (SubjectPublicKeyInfo), certification requests. label names it in messages.
 * Certificates that libcrypto refuses are refused, others are not.
 * TLSAGEN_E_SYNTAX (damaged, empty, none of these), TLSAGEN_E_KIND (known, but of no use here),
 * TLSAGEN_E_MISMATCH (wrong passphrase; key and certificate inside one input do not belong
 * together), TLSAGEN_E_MEMORY. Bytes are copied; what held a private key is cleansed.
 */
TLSAGEN_API enum tlsagen_status tlsagen_material_add(struct tlsagen_ctx *ctx,
                                                     struct tlsagen_material *material,
                                                     const void *bytes, size_t len,
                                                     const char *label, struct tlsagen_err *err);
/*
 * Adds what an OSSL_STORE URI names (`pkcs11:…`, `file:…`), with libcrypto's default context.
 */
TLSAGEN_API enum tlsagen_status tlsagen_material_add_uri(struct tlsagen_ctx *ctx,
                                                         struct tlsagen_material *material,
                                                         const char *uri, struct tlsagen_err *err);
/* Adds a chain as a server sent it, leaf first: each element DER. */
struct tlsagen_der {
    const uint8_t *bytes;
    size_t len;
};
TLSAGEN_API enum tlsagen_status tlsagen_material_add_chain(struct tlsagen_ctx *ctx,
                                                           struct tlsagen_material *material,
                                                           const struct tlsagen_der *chain,
                                                           size_t count, const char *label,
                                                           struct tlsagen_err *err);

/* Which certificate of the chain a record of usage 0 or 2 takes. */
enum tlsagen_anchor {
    TLSAGEN_ANCHOR_ISSUER, /* the one that issued the leaf */
    TLSAGEN_ANCHOR_ROOT,   /* the self-signed one at the end */
    TLSAGEN_ANCHOR_ALL,    /* every one above the leaf */
    TLSAGEN_ANCHOR_OFFSET, /* counted from the end of the chain, 0 is the last: ldns-dane -o */
};

/* What tlsagen_warn_fn is told about. The values are part of the ABI. */
enum tlsagen_warning {
    TLSAGEN_WARN_NAME,        /* usage 3: the certificate does not cover the host */
    TLSAGEN_WARN_DATES,       /* usage 3: expired or not yet valid */
    TLSAGEN_WARN_EXPIRES,     /* expires soon */
    TLSAGEN_WARN_SMTP_USAGE,  /* usage 0 or 1 on an SMTP port, RFC 7672 section 3.1.3 */
    TLSAGEN_WARN_FULL,        /* matching type 0 */
    TLSAGEN_WARN_SHORT_LIVED, /* selector 0 with a certificate that will soon be renewed */
    TLSAGEN_WARN_WEAK_KEY,    /* RSA below 2048 bits */
    TLSAGEN_WARN_EMPTY,       /* association data is the digest of nothing */
    TLSAGEN_WARN_ANCHOR,      /* the anchor is not what a server can serve as a CA */
};
/* text is one line, valid during the call. */
typedef void tlsagen_warn_fn(void *arg, enum tlsagen_warning warning, const char *text);

/* What to make of the material. */
struct tlsagen_request {
    const char *host;                    /* as tlsagen_host_parse left it; NULL: names unchecked */
    const uint16_t *ports;               /* for warnings only */
    size_t port_count;                   /* may be 0 */
    const struct tlsagen_fields *fields; /* the combinations wanted */
    size_t field_count;                  /* at least 1 */
    enum tlsagen_anchor anchor;
    unsigned anchor_offset; /* for TLSAGEN_ANCHOR_OFFSET */
    bool unchecked;         /* names and dates of usages 0 to 2 are not checked */
    bool unrelated_keys;    /* keys need not belong to the certificates */
    int64_t now;            /* seconds since 1970, UTC; 0: dates are not looked at */
    tlsagen_warn_fn *warn;  /* NULL: no warnings */
    void *warn_arg;
};

/*
 * Adds the records that the request asks of the material to set: the union over leaf certificates
 * (and keys without certificate) for usages 1 and 3, over the anchors for usages 0 and 2.
 * TLSAGEN_E_KIND: a combination needs what the material does not have; TLSAGEN_E_MISMATCH: host or
 * dates do not fit, a certificate did not issue the leaf, key and certificate do not belong
 * together. On failure the set is unchanged or holds a part; clear it.
 */
TLSAGEN_API enum tlsagen_status tlsagen_material_records(struct tlsagen_ctx *ctx,
                                                         struct tlsagen_material *material,
                                                         const struct tlsagen_request *request,
                                                         struct tlsagen_rrset *set,
                                                         struct tlsagen_err *err);
/*
 * The first DNS name of the leaf certificate that is no wildcard (dNSName of subjectAltName; the
 * last common name where there is none, if it has a dot), as tlsagen_host_parse leaves it.
 * TLSAGEN_E_NOTFOUND when it has none.
 */
TLSAGEN_API enum tlsagen_status tlsagen_material_host(struct tlsagen_ctx *ctx,
                                                      struct tlsagen_material *material,
                                                      char host[TLSAGEN_NAME_SIZE],
                                                      struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
