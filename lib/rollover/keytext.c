#include "keytext.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tlsa/ctx.h"
#include "tlsa/der.h"

static int no_passphrase(char *passphrase, int size, int writing, void *arg)
{
    (void)passphrase, (void)size, (void)writing, (void)arg;
    return -1;
}

/* PKCS#8 and the traditional forms begin with a version of one byte; no public key does. */
static bool begins_with_version(const unsigned char *der, size_t len)
{
    const size_t head = len > 1 && der[1] > 0x80 ? 2U + (der[1] & 0x7fU) : 2;
    return len > head + 1 && der[0] == DER_SEQUENCE && der[head] == V_ASN1_INTEGER &&
           der[head + 1] == 1;
}

/* By the decoder of the context: PEM_read_bio_PrivateKey makes one for each key, which takes four
 * times as long as all else. */
static EVP_PKEY *read_pem(struct tlsagen_ctx *ctx, BIO *bio)
{
    unsigned char *der = NULL;
    char *name = NULL;
    long len = 0;
    bool asked;
    EVP_PKEY *key = NULL;
    if (PEM_bytes_read_bio_secmem(&der, &len, &name, PEM_STRING_EVP_PKEY, bio, no_passphrase,
                                  NULL) != 1)
        return NULL;
    if (len > 0 && begins_with_version(der, (size_t)len))
        (void)ctx_decode_key(ctx, der, (size_t)len, &key, &asked, NULL);
    OPENSSL_secure_free(name);
    OPENSSL_secure_clear_free(der, (size_t)len);
    return key;
}

EVP_PKEY *keytext_read(struct tlsagen_ctx *ctx, const struct tlsagen_buf *bytes)
{
    const unsigned char *p = (const unsigned char *)bytes->data;
    EVP_PKEY *key = NULL;
    if (bytes->len == 0 || bytes->len > INT32_MAX)
        return NULL;
    if (p[0] == DER_SEQUENCE) {
        key = d2i_AutoPrivateKey(NULL, &p, (long)bytes->len);
    } else if (strstr(bytes->data, "PRIVATE KEY-----") != NULL) {
        BIO *bio = BIO_new_mem_buf(bytes->data, (int)bytes->len);
        if (bio != NULL)
            key = ctx != NULL ? read_pem(ctx, bio)
                              : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
        BIO_free(bio);
    }
    ERR_clear_error();
    return key;
}

enum tlsagen_status keytext_write(const EVP_PKEY *key, struct tlsagen_buf *pem,
                                  struct tlsagen_err *err)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem()); /* which cleanses what it held */
    bool ok =
        bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long len = ok ? BIO_get_mem_data(bio, &text) : 0;
    /* All at once: a buffer that grows leaves a copy behind. */
    if (len > 0)
        tlsagen_buf_add(pem, text, (size_t)len);
    BIO_free(bio);
    return len > 0 ? tlsagen_buf_check(pem, err)
                   : ctx_crypto_error(err, "write a private key as PKCS#8");
}
