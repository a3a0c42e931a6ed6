/* decode.c - tells by content what an input is, and takes certificates and keys out of it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "decode.h"

/* What became of trying one kind. */
enum taken {
    TAKEN_NOT, /* the bytes are of another kind */
    TAKEN,     /* they were, and were added, or *status says why not */
};

static enum tlsagen_status add_certs(struct tlsagen_material *material,
                                     const STACK_OF(X509) * certs, struct tlsagen_err *err)
{
    for (int i = 0; i < sk_X509_num(certs); i++) {
        enum tlsagen_status status = material_add_x509(material, sk_X509_value(certs, i), err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

enum tlsagen_status decode_locked(const char *label, struct tlsagen_err *err)
{
    if (ctx_was_unsupported())
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s: encrypted in a way that only OpenSSL's legacy provider knows; "
                               "activate that in openssl.cnf, or encrypt the file anew",
                               label);
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: encrypted, and the passphrase is missing or wrong; give it with "
                           "--passphrase-file",
                           label);
}

static enum taken take_pkcs7(struct tlsagen_material *material, const uint8_t *der, size_t len,
                             enum tlsagen_status *status, struct tlsagen_err *err)
{
    const unsigned char *p = der;
    PKCS7 *pkcs7 = d2i_PKCS7(NULL, &p, (long)len);
    if (pkcs7 == NULL)
        return TAKEN_NOT;
    const STACK_OF(X509) *certs = NULL;
    if (PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign != NULL)
        certs = pkcs7->d.sign->cert;
    else if (PKCS7_type_is_signedAndEnveloped(pkcs7) && pkcs7->d.signed_and_enveloped != NULL)
        certs = pkcs7->d.signed_and_enveloped->cert;
    if (certs == NULL || sk_X509_num(certs) == 0)
        *status = tlsagen_err_set(err, TLSAGEN_E_KIND,
                                  "%s: PKCS#7 without a certificate; give one with the chain",
                                  material_label(material));
    else
        *status = add_certs(material, certs, err);
    PKCS7_free(pkcs7);
    return TAKEN;
}

struct pkcs12_content {
    EVP_PKEY *key;
    X509 *cert;
    STACK_OF(X509) * others;
};

static bool pkcs12_parse(PKCS12 *pkcs12, const char *passphrase, struct pkcs12_content *content)
{
    ERR_clear_error();
    return PKCS12_parse(pkcs12, passphrase, &content->key, &content->cert, &content->others) == 1;
}

/* PKCS#12 knows two empty passphrases; then the user is asked. Without a MAC, trying is what tells.
 */
static bool pkcs12_open(struct tlsagen_ctx *ctx, PKCS12 *pkcs12, struct pkcs12_content *content)
{
    static const char *const empty[] = {NULL, ""};
    char passphrase[1024];
    bool mac = PKCS12_mac_present(pkcs12) == 1;
    for (size_t i = 0; i < 2; i++) {
        if (mac && PKCS12_verify_mac(pkcs12, empty[i], 0) != 1)
            continue;
        bool opened = pkcs12_parse(pkcs12, empty[i], content);
        if (opened || mac)
            return opened;
    }
    ERR_clear_error();
    int len = ctx_passphrase(passphrase, (int)sizeof(passphrase) - 1, 0, ctx);
    if (len < 0)
        return false;
    passphrase[len] = '\0';
    /* PKCS12_parse takes a passphrase only where there is a MAC: one is made with it then. */
    bool fits = mac ? PKCS12_verify_mac(pkcs12, passphrase, len) == 1
                    : PKCS12_set_mac(pkcs12, passphrase, len, NULL, 0, 1, NULL) == 1;
    bool opened = fits && pkcs12_parse(pkcs12, passphrase, content);
    OPENSSL_cleanse(passphrase, sizeof(passphrase));
    return opened;
}

static enum tlsagen_status add_pkcs12(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                      PKCS12 *pkcs12, struct tlsagen_err *err)
{
    struct pkcs12_content content = {0};
    enum tlsagen_status status = TLSAGEN_OK;
    if (!pkcs12_open(ctx, pkcs12, &content))
        status = decode_locked(material_label(material), err);
    else if (content.cert == NULL && content.key == NULL && sk_X509_num(content.others) <= 0)
        status = tlsagen_err_set(err, TLSAGEN_E_KIND,
                                 "%s: PKCS#12 without a certificate or key; give one with them",
                                 material_label(material));
    ERR_clear_error();
    if (status == TLSAGEN_OK && content.cert != NULL)
        status = material_add_x509(material, content.cert, err);
    if (status == TLSAGEN_OK && content.key != NULL)
        status = material_add_key(material, ITEM_PRIVATE_KEY, content.key, err);
    if (status == TLSAGEN_OK && content.others != NULL)
        status = add_certs(material, content.others, err);
    EVP_PKEY_free(content.key);
    X509_free(content.cert);
    sk_X509_pop_free(content.others, X509_free);
    return status;
}

static enum taken take_pkcs12(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                              const uint8_t *der, size_t len, enum tlsagen_status *status,
                              struct tlsagen_err *err)
{
    const unsigned char *p = der;
    PKCS12 *pkcs12 = d2i_PKCS12(NULL, &p, (long)len);
    if (pkcs12 == NULL)
        return TAKEN_NOT;
    ctx_configure(ctx);
    *status = add_pkcs12(ctx, material, pkcs12, err);
    PKCS12_free(pkcs12);
    return TAKEN;
}

static enum taken take_request(struct tlsagen_material *material, const uint8_t *der, size_t len,
                               enum tlsagen_status *status, struct tlsagen_err *err)
{
    const unsigned char *p = der;
    X509_REQ *request = d2i_X509_REQ(NULL, &p, (long)len);
    if (request == NULL)
        return TAKEN_NOT;
    unsigned char *spki = NULL;
    int spki_len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &spki);
    if (spki_len <= 0)
        *status = ctx_crypto_error(err, "encode the public key of a request");
    else
        *status = material_add_spki(material, ITEM_REQUEST, spki, (size_t)spki_len, err);
    OPENSSL_free(spki);
    X509_REQ_free(request);
    return TAKEN;
}

/* Also of an algorithm that libcrypto does not know: only the outer form is decoded. */
static enum taken take_spki(struct tlsagen_material *material, const uint8_t *der, size_t len,
                            enum tlsagen_status *status, struct tlsagen_err *err)
{
    const unsigned char *p = der;
    X509_PUBKEY *key = d2i_X509_PUBKEY(NULL, &p, (long)len);
    if (key == NULL)
        return TAKEN_NOT;
    unsigned char *spki = NULL;
    int spki_len = i2d_X509_PUBKEY(key, &spki);
    if (spki_len <= 0)
        *status = ctx_crypto_error(err, "encode a public key");
    else
        *status = material_add_spki(material, ITEM_PUBLIC_KEY, spki, (size_t)spki_len, err);
    OPENSSL_free(spki);
    X509_PUBKEY_free(key);
    return TAKEN;
}

/*
 * RSAPublicKey (RFC 8017 appendix A.1.1): modulus and exponent, where a private key has more.
 * Parameters of a DH group have the same form, but an even number in the exponent's place.
 */
static bool is_rsa_public_key(const uint8_t *der, size_t len)
{
    struct der in = {der, der + len};
    struct der outer, modulus, exponent;
    return der_take(&in, DER_SEQUENCE, &outer) && der_take_integer(&outer, &modulus) &&
           der_take_integer(&outer, &exponent) && der_left(&outer) == 0 &&
           (exponent.end[-1] & 1) != 0;
}

static enum taken take_rsa_public_key(struct tlsagen_material *material, const uint8_t *der,
                                      size_t len, enum tlsagen_status *status,
                                      struct tlsagen_err *err)
{
    const unsigned char *p = der;
    EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)len);
    if (key == NULL)
        return TAKEN_NOT;
    *status = material_add_key(material, ITEM_PUBLIC_KEY, key, err);
    EVP_PKEY_free(key);
    return TAKEN;
}

static enum taken take_key(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                           const uint8_t *der, size_t len, enum tlsagen_status *status,
                           struct tlsagen_err *err)
{
    EVP_PKEY *key = NULL;
    bool asked = false;
    if (is_rsa_public_key(der, len))
        return take_rsa_public_key(material, der, len, status, err);
    *status = ctx_decode_key(ctx, der, len, &key, &asked, err);
    if (*status == TLSAGEN_OK && key == NULL && asked)
        *status = decode_locked(material_label(material), err);
    if (*status != TLSAGEN_OK)
        return TAKEN;
    if (key == NULL)
        return TAKEN_NOT;
    *status = material_add_key(material, ITEM_PRIVATE_KEY, key, err);
    EVP_PKEY_free(key);
    return TAKEN;
}

/* The kinds of the two elements inside the outer SEQUENCE. */
static bool begins_with(const uint8_t *der, size_t len, int first, int second)
{
    struct der in = {der, der + len};
    struct der outer, skipped;
    return der_take(&in, DER_SEQUENCE, &outer) && der_take(&outer, first, &skipped) &&
           der_peek(&outer) == second;
}

static enum taken take_cert(struct tlsagen_material *material, const uint8_t *der, size_t len,
                            enum tlsagen_status *status, struct tlsagen_err *err)
{
    *status = material_add_cert(material, der, len, err);
    return *status == TLSAGEN_E_SYNTAX ? TAKEN_NOT : TAKEN;
}

static enum tlsagen_status bad_der(const char *label, size_t len, size_t announced,
                                   struct tlsagen_err *err)
{
    if (announced > len)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%s: truncated DER, %zu bytes of %zu; get a whole copy", label, len,
                               announced);
    if (announced != 0 && announced < len)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%s: %zu bytes stand after the DER structure of %zu bytes; give one "
                               "structure a file",
                               label, len - announced, announced);
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s: DER, but no certificate, chain, key or request that can be read; "
                           "give one of these",
                           label);
}

enum tlsagen_status decode_der(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                               const uint8_t *der, size_t len, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    size_t announced = der_announced(der, len); /* 0 for BER, which PKCS#7 and PKCS#12 may be */
    bool whole = announced == 0 || announced == len;
    /* AlgorithmIdentifier, then the key: a BIT STRING in the open, an OCTET STRING encrypted. */
    if (!whole || len > INT_MAX)
        return bad_der(material_label(material), len, announced, err);
    if (begins_with(der, len, DER_SEQUENCE, DER_BIT_STRING)) {
        if (take_spki(material, der, len, &status, err) == TAKEN)
            return status;
    } else if (begins_with(der, len, DER_SEQUENCE, DER_SEQUENCE)) {
        if (take_cert(material, der, len, &status, err) == TAKEN ||
            take_request(material, der, len, &status, err) == TAKEN)
            return status;
    } else if (take_pkcs12(ctx, material, der, len, &status, err) == TAKEN ||
               take_pkcs7(material, der, len, &status, err) == TAKEN ||
               take_key(ctx, material, der, len, &status, err) == TAKEN) {
        return status;
    }
    ERR_clear_error();
    return bad_der(material_label(material), len, announced, err);
}

enum tlsagen_status decode_block(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                 enum decode_kind kind, const uint8_t *der, size_t len,
                                 struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    enum taken taken = TAKEN_NOT;
    switch (kind) {
    case DECODE_CERT:
        return material_add_cert(material, der, len, err);
    case DECODE_PKCS7:
        taken = take_pkcs7(material, der, len, &status, err);
        break;
    case DECODE_REQUEST:
        taken = take_request(material, der, len, &status, err);
        break;
    case DECODE_SPKI:
        taken = take_spki(material, der, len, &status, err);
        break;
    case DECODE_KEY:
        taken = take_key(ctx, material, der, len, &status, err);
        break;
    }
    ERR_clear_error();
    if (taken == TAKEN)
        return status;
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: %s is damaged; get a fresh copy",
                           material_label(material),
                           kind == DECODE_PKCS7     ? "PKCS#7"
                           : kind == DECODE_REQUEST ? "certification request"
                           : kind == DECODE_SPKI    ? "public key"
                                                    : "private key");
}
