/* ctx.h - the working state of one thread behind struct tlsagen_ctx. */
#ifndef TLSA_CTX_H
#define TLSA_CTX_H

#include <tlsagen/material.h>

#include <openssl/decoder.h>
#include <openssl/evp.h>

#define DIGEST_MAX 64 /* bytes of a SHA-512 */

struct tlsagen_ctx {
    OSSL_LIB_CTX *digests; /* a context of its own: see material.h */
    EVP_MD *md[3];         /* fetched at first use; the index is the matching type, 0 stays NULL */
    EVP_MD_CTX *md_ctx;
    OSSL_DECODER_CTX *keys; /* any private or public key in DER; made at first use */
    EVP_PKEY *decoded;      /* where `keys` puts its result; NULL between uses */
    tlsagen_passphrase_fn *ask;
    void *ask_arg;
    const char *asking_for; /* the input in hand, for ask */
    bool asked;             /* a passphrase was wanted for the key in hand */
    bool answered;          /* and somebody gave one */
    bool config_deferred;   /* the site's configuration is read by ctx_configure */
};

/* The digest of a matching type, 1 or 2, into out; *len becomes 32 or 64. */
enum tlsagen_status ctx_digest(struct tlsagen_ctx *ctx, uint8_t matching, const uint8_t *bytes,
                               size_t len, uint8_t out[DIGEST_MAX], size_t *out_len,
                               struct tlsagen_err *err);
/*
 * Decodes a key in DER, plain or encrypted PKCS#8 or in its own traditional form. NULL in *key
 * when that fails; *asked tells whether a passphrase was wanted, and libcrypto's queue why.
 */
enum tlsagen_status ctx_decode_key(struct tlsagen_ctx *ctx, const uint8_t *der, size_t len,
                                   EVP_PKEY **key, bool *asked, struct tlsagen_err *err);
/* The passphrase for the input in hand; its length, or -1. A pem_password_cb with the ctx as u. */
int ctx_passphrase(char *passphrase, int size, int writing, void *ctx);

/* Takes all off libcrypto's queue; true when an algorithm was among them that it does not have. */
bool ctx_was_unsupported(void);

/* To be called before libcrypto's default context is used for more than encoding. */
void ctx_configure(struct tlsagen_ctx *ctx);

/* TLSAGEN_E_CRYPTO with libcrypto's last error, which is taken off its queue. */
enum tlsagen_status ctx_crypto_error(struct tlsagen_err *err, const char *what);

#endif
