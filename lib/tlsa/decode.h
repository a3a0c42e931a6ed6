/* decode.h - tells by content what bytes are, and takes certificates and keys out of them. */
#ifndef TLSA_DECODE_H
#define TLSA_DECODE_H

#include "items.h"

/* What the label of a PEM block announces. */
enum decode_kind { DECODE_CERT, DECODE_PKCS7, DECODE_REQUEST, DECODE_SPKI, DECODE_KEY };

/* All return as tlsagen_material_add does, and add to the input in hand. */

/* One DER (for PKCS#7 and PKCS#12 also BER) structure of any kind known here. */
enum tlsagen_status decode_der(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                               const uint8_t *der, size_t len, struct tlsagen_err *err);
/* One structure whose kind is known. */
enum tlsagen_status decode_block(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                 enum decode_kind kind, const uint8_t *der, size_t len,
                                 struct tlsagen_err *err);
/* A text with PEM blocks. */
enum tlsagen_status decode_pem(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                               const char *text, size_t len, struct tlsagen_err *err);
/*
 * What is said of something encrypted that did not open, by what libcrypto's queue holds:
 * TLSAGEN_E_KIND for its algorithm, TLSAGEN_E_MISMATCH for the passphrase.
 */
enum tlsagen_status decode_locked(const char *label, struct tlsagen_err *err);

#endif
