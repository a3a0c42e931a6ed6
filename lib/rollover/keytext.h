/* keytext.h - private keys, from and to the bytes of files. */
#ifndef ROLLOVER_KEYTEXT_H
#define ROLLOVER_KEYTEXT_H

#include <openssl/evp.h>

#include <tlsagen/material.h>

/*
 * The private key that bytes hold, in PEM (the first of several) or DER, without a passphrase. NULL
 * when there is none. ctx may be NULL; with one it is faster.
 */
EVP_PKEY *keytext_read(struct tlsagen_ctx *ctx, const struct tlsagen_buf *bytes);
/*
 * Writes PKCS#8 in PEM to an empty buffer, which the caller cleanses; no other copy stays.
 * TLSAGEN_E_CRYPTO, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status keytext_write(const EVP_PKEY *key, struct tlsagen_buf *pem,
                                  struct tlsagen_err *err);

#endif
