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

EVP_PKEY *keytext_read(const struct tlsagen_buf *bytes)
{
    const unsigned char *p = (const unsigned char *)bytes->data;
    EVP_PKEY *key = NULL;
    if (bytes->len == 0 || bytes->len > INT32_MAX)
        return NULL;
    if (p[0] == DER_SEQUENCE) {
        key = d2i_AutoPrivateKey(NULL, &p, (long)bytes->len);
    } else if (strstr(bytes->data, "PRIVATE KEY-----") != NULL) {
        BIO *bio = BIO_new_mem_buf(bytes->data, (int)bytes->len);
        key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
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
