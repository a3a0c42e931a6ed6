/* decode_pem.c - a text with PEM blocks (RFC 7468) of the kinds that OpenSSL writes. */
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "decode.h"
#include "pem.h"

enum block_use { BLOCK_TAKE, BLOCK_SKIP, BLOCK_REFUSE };

/* Labels of PEM blocks and what to do with them. */
static const struct block_label {
    const char *name;
    enum block_use use;
    enum decode_kind kind;
} labels[] = {
    {PEM_STRING_X509, BLOCK_TAKE, DECODE_CERT},
    {PEM_STRING_X509_OLD, BLOCK_TAKE, DECODE_CERT},
    /* A certificate with OpenSSL's trust settings behind it, which are left aside. */
    {PEM_STRING_X509_TRUSTED, BLOCK_TAKE, DECODE_CERT},
    {PEM_STRING_PKCS7, BLOCK_TAKE, DECODE_PKCS7},
    {PEM_STRING_PKCS7_SIGNED, BLOCK_TAKE, DECODE_PKCS7},
    {PEM_STRING_CMS, BLOCK_TAKE, DECODE_PKCS7},
    {PEM_STRING_X509_REQ, BLOCK_TAKE, DECODE_REQUEST},
    {PEM_STRING_X509_REQ_OLD, BLOCK_TAKE, DECODE_REQUEST},
    {PEM_STRING_PUBLIC, BLOCK_TAKE, DECODE_SPKI},
    {PEM_STRING_RSA_PUBLIC, BLOCK_TAKE, DECODE_KEY},
    {PEM_STRING_PKCS8INF, BLOCK_TAKE, DECODE_KEY},
    {PEM_STRING_PKCS8, BLOCK_TAKE, DECODE_KEY},
    {PEM_STRING_RSA, BLOCK_TAKE, DECODE_KEY},
    {PEM_STRING_ECPRIVATEKEY, BLOCK_TAKE, DECODE_KEY},
    {PEM_STRING_DSA, BLOCK_TAKE, DECODE_KEY},
    {PEM_STRING_ECPARAMETERS, BLOCK_SKIP, DECODE_KEY},
    {PEM_STRING_DSAPARAMS, BLOCK_SKIP, DECODE_KEY},
    {PEM_STRING_DHPARAMS, BLOCK_SKIP, DECODE_KEY},
    {PEM_STRING_X509_CRL, BLOCK_SKIP, DECODE_KEY},
};

struct block {
    unsigned number; /* in the input, from 1 */
    char *name;
    char *header;
    unsigned char *der;
    long len;
};

static void block_clear(struct block *block)
{
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    if (block->der != NULL)
        OPENSSL_clear_free(block->der, (size_t)block->len);
    *block = (struct block){0};
}

static const struct block_label *label_of(const char *name)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (strcmp(name, labels[i].name) == 0)
            return &labels[i];
    }
    return NULL;
}

static enum tlsagen_status damaged(const struct tlsagen_material *material, unsigned count,
                                   unsigned long code, struct tlsagen_err *err)
{
    const char *reason = ERR_reason_error_string(code);
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s: PEM block %u is damaged or truncated (%s); get a fresh copy",
                           material_label(material), count, reason == NULL ? "unknown" : reason);
}

/* The encryption of traditional keys, in the header of the block (RFC 1421 section 4.6). */
static enum tlsagen_status decrypt(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                   struct block *block, struct tlsagen_err *err)
{
    EVP_CIPHER_INFO cipher;
    enum tlsagen_status status = TLSAGEN_OK;
    ctx_configure(ctx);
    if (PEM_get_EVP_CIPHER_INFO(block->header, &cipher) != 1)
        status = damaged(material, block->number, ERR_peek_last_error(), err);
    else if (PEM_do_header(&cipher, block->der, &block->len, ctx_passphrase, ctx) != 1)
        status = decode_locked(material_label(material), err);
    ERR_clear_error();
    return status;
}

static enum tlsagen_status take_block(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                      struct block *block, const char **skipped,
                                      struct tlsagen_err *err)
{
    const struct block_label *label = label_of(block->name);
    if (label == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s: holds a PEM block \"%.64s\", which no record can be made of; "
                               "give a certificate, chain, key or request",
                               material_label(material), block->name);
    if (label->use == BLOCK_SKIP) {
        *skipped = label->name;
        return TLSAGEN_OK;
    }
    bool encrypted = block->header[0] != '\0';
    enum tlsagen_status status = encrypted ? decrypt(ctx, material, block, err) : TLSAGEN_OK;
    if (status != TLSAGEN_OK)
        return status;
    status = decode_block(ctx, material, label->kind, block->der, (size_t)block->len, err);
    /* All that tells a wrong passphrase is the padding, which is right by chance now and then. */
    return encrypted && status == TLSAGEN_E_SYNTAX ? decode_locked(material_label(material), err)
                                                   : status;
}

/* Every block, as libcrypto's general reader sees them. */
static enum tlsagen_status read_blocks(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                       BIO *bio, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    const char *skipped = NULL;
    bool taken = false;
    for (unsigned count = 1; status == TLSAGEN_OK; count++) {
        struct block block = {.number = count};
        ERR_clear_error();
        if (PEM_read_bio(bio, &block.name, &block.header, &block.der, &block.len) != 1) {
            unsigned long code = ERR_peek_last_error();
            ERR_clear_error();
            if (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
                return damaged(material, count, code, err);
            break;
        }
        const char *before = skipped;
        status = take_block(ctx, material, &block, &skipped, err);
        taken = taken || skipped == before;
        block_clear(&block);
    }
    if (status == TLSAGEN_OK && !taken && skipped != NULL)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s: holds \"%s\" only; give a certificate, chain, key or request",
                               material_label(material), skipped);
    if (status == TLSAGEN_OK && !taken)
        return damaged(material, 1, 0, err);
    return status;
}

/*
 * Nothing but certificate blocks in their strict form. *odd says that there was something else,
 * and that nothing was added.
 */
static enum tlsagen_status read_strict(struct tlsagen_material *material, const char *text,
                                       size_t len, bool *odd, struct tlsagen_err *err)
{
    struct pem_reader reader = {text, text + len};
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    size_t count = material->count;
    size_t stored = material->bytes.len;
    enum tlsagen_status status = TLSAGEN_OK;
    enum pem_result result = PEM_ODD;
    *odd = false;
    if (!tlsagen_buf_reserve(&der, pem_der_max(&reader)))
        return tlsagen_buf_check(&der, err);
    while (status == TLSAGEN_OK) {
        size_t der_len = 0;
        result = pem_next(&reader, (uint8_t *)der.data, &der_len);
        if (result != PEM_BLOCK)
            break;
        status = material_add_cert(material, (const uint8_t *)der.data, der_len, err);
    }
    tlsagen_buf_clear(&der);
    if (status == TLSAGEN_OK && result == PEM_ODD) {
        for (size_t i = count; i < material->count; i++)
            X509_free(material->items[i].x509);
        material->count = count;
        material->bytes.len = stored;
        *odd = true;
    }
    return status;
}

enum tlsagen_status decode_pem(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                               const char *text, size_t len, struct tlsagen_err *err)
{
    bool odd = false;
    enum tlsagen_status status = read_strict(material, text, len, &odd, err);
    if (!odd)
        return status;
    BIO *bio = len > INT_MAX ? NULL : BIO_new_mem_buf(text, (int)len);
    if (bio == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    status = read_blocks(ctx, material, bio, err);
    BIO_free(bio);
    return status;
}
