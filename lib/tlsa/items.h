/* items.h - what struct tlsagen_material holds. */
#ifndef TLSA_ITEMS_H
#define TLSA_ITEMS_H

#include <openssl/x509.h>

#include "certscan.h"
#include "ctx.h"

enum item_origin { ITEM_CERT, ITEM_PRIVATE_KEY, ITEM_PUBLIC_KEY, ITEM_REQUEST };

/* Bytes inside material.bytes: offsets, because that buffer moves when it grows. */
struct span {
    size_t at;
    size_t len;
};

struct item {
    enum item_origin origin;
    size_t input;           /* index into inputs */
    struct span der;        /* the certificate as libcrypto encodes it; empty for keys */
    struct span spki;       /* SubjectPublicKeyInfo */
    struct span issuer;     /* Name; certificates only, as the next ones */
    struct span subject;    /* Name */
    struct span extensions; /* as cert_view; empty when the scan did not recognise it */
    int64_t not_before;     /* seconds since 1970; both 0 when the dates could not be read */
    int64_t not_after;
    X509 *x509; /* decoded when first needed; see item_x509 */
};

struct input {
    char label[256];
    bool found;  /* it held a certificate or a key, if only one known already */
    bool served; /* a chain as a server sent it: its first certificate is the leaf */
};

struct tlsagen_material {
    struct tlsagen_buf bytes;
    struct item *items;
    size_t count;
    size_t cap;
    struct input *inputs;
    size_t input_count;
    size_t input_cap;
};

static inline const uint8_t *item_bytes(const struct tlsagen_material *material, struct span span)
{
    return (const uint8_t *)material->bytes.data + span.at;
}

/* As cert_view.extensions; empty for a certificate that the scan did not recognise. */
static inline struct der item_extensions(const struct tlsagen_material *material,
                                         const struct item *item)
{
    const uint8_t *start = item_bytes(material, item->extensions);
    return (struct der){start, start + item->extensions.len};
}

/* True when issuer and subject are the same bytes. */
bool item_is_self_issued(const struct tlsagen_material *material, const struct item *item);

/* Begins an input; the following items are its. */
enum tlsagen_status material_begin(struct tlsagen_material *material, const char *label,
                                   struct tlsagen_err *err);
/* The name of the input in hand. */
const char *material_label(const struct tlsagen_material *material);
/*
 * Adds a certificate that stands at the start of der; what follows it is ignored, as libcrypto
 * does with a PEM block. TLSAGEN_E_SYNTAX when libcrypto refuses it.
 */
enum tlsagen_status material_add_cert(struct tlsagen_material *material, const uint8_t *der,
                                      size_t len, struct tlsagen_err *err);
/* Adds a decoded certificate; takes a reference of its own. */
enum tlsagen_status material_add_x509(struct tlsagen_material *material, X509 *x509,
                                      struct tlsagen_err *err);
/* Adds the public key of a key or request. */
enum tlsagen_status material_add_spki(struct tlsagen_material *material, enum item_origin origin,
                                      const uint8_t *spki, size_t len, struct tlsagen_err *err);
enum tlsagen_status material_add_key(struct tlsagen_material *material, enum item_origin origin,
                                     const EVP_PKEY *key, struct tlsagen_err *err);

/* The decoded certificate; NULL when memory runs out. Owned by the item. */
X509 *item_x509(struct tlsagen_material *material, struct item *item);
/* The subject (or issuer) for a message, at most size bytes; the returned text. */
const char *item_subject(const struct tlsagen_material *material, const struct item *item,
                         char *text, size_t size);
const char *item_issuer(const struct tlsagen_material *material, const struct item *item,
                        char *text, size_t size);
/* "certificate", "private key", "public key" or "certification request". */
const char *item_origin_name(enum item_origin origin);

#endif
