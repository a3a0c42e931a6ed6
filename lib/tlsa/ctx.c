#include "ctx.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

enum tlsagen_status ctx_crypto_error(struct tlsagen_err *err, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    char reason[160] = "no reason given";
    if (code != 0)
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    enum tlsagen_status status =
        tlsagen_err_set(err, TLSAGEN_E_CRYPTO, "libcrypto failed to %s: %s", what, reason);
    if (err != NULL)
        err->lib_code = code;
    return status;
}

enum tlsagen_status tlsagen_ctx_new(struct tlsagen_ctx **ctx, struct tlsagen_err *err)
{
    struct tlsagen_ctx *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    made->digests = OSSL_LIB_CTX_new();
    made->md_ctx = EVP_MD_CTX_new();
    if (made->digests == NULL || made->md_ctx == NULL) {
        tlsagen_ctx_free(made);
        return ctx_crypto_error(err, "start");
    }
    *ctx = made;
    return TLSAGEN_OK;
}

void tlsagen_ctx_free(struct tlsagen_ctx *ctx)
{
    if (ctx == NULL)
        return;
    OSSL_DECODER_CTX_free(ctx->keys);
    EVP_MD_CTX_free(ctx->md_ctx);
    for (size_t i = 0; i < 3; i++)
        EVP_MD_free(ctx->md[i]);
    OSSL_LIB_CTX_free(ctx->digests);
    free(ctx);
}

void tlsagen_ctx_defer_config(struct tlsagen_ctx *ctx)
{
    /* Every digest begins with a look for engines, and that with reading openssl.cnf. */
    ctx->config_deferred = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
}

/* As libcrypto does it by itself: the file of OPENSSL_CONF or the default one, faults ignored. */
static void load_config(void)
{
    (void)CONF_modules_load_file(NULL, NULL,
                                 CONF_MFLAGS_DEFAULT_SECTION | CONF_MFLAGS_IGNORE_MISSING_FILE |
                                     CONF_MFLAGS_IGNORE_RETURN_CODES);
    ERR_clear_error();
}

void ctx_configure(struct tlsagen_ctx *ctx)
{
    /* Guards what is libcrypto's own, and once for the process. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (ctx->config_deferred)
        (void)pthread_once(&once, load_config);
}

void tlsagen_ctx_set_passphrase(struct tlsagen_ctx *ctx, tlsagen_passphrase_fn *ask, void *arg)
{
    ctx->ask = ask;
    ctx->ask_arg = arg;
}

enum tlsagen_status ctx_digest(struct tlsagen_ctx *ctx, uint8_t matching, const uint8_t *bytes,
                               size_t len, uint8_t out[DIGEST_MAX], size_t *out_len,
                               struct tlsagen_err *err)
{
    const char *name = matching == TLSAGEN_MATCHING_SHA256 ? "SHA2-256" : "SHA2-512";
    if (ctx->md[matching] == NULL)
        ctx->md[matching] = EVP_MD_fetch(ctx->digests, name, NULL);
    unsigned int made = 0;
    if (ctx->md[matching] == NULL ||
        EVP_DigestInit_ex2(ctx->md_ctx, ctx->md[matching], NULL) != 1 ||
        EVP_DigestUpdate(ctx->md_ctx, bytes, len) != 1 ||
        EVP_DigestFinal_ex(ctx->md_ctx, out, &made) != 1)
        return ctx_crypto_error(err, "compute a digest");
    *out_len = made;
    return TLSAGEN_OK;
}

int ctx_passphrase(char *passphrase, int size, int writing, void *arg)
{
    struct tlsagen_ctx *ctx = arg;
    ctx->asked = true;
    ctx->answered = false;
    if (writing != 0 || ctx->ask == NULL)
        return -1;
    int len = ctx->ask(ctx->ask_arg, ctx->asking_for, passphrase, size);
    ctx->answered = len >= 0;
    return len;
}

bool ctx_was_unsupported(void)
{
    bool found = false;
    for (unsigned long code; (code = ERR_get_error()) != 0;)
        found = found ||
                (ERR_GET_LIB(code) == ERR_LIB_EVP && ERR_GET_REASON(code) == ERR_R_UNSUPPORTED);
    return found;
}

static bool decoder_ready(struct tlsagen_ctx *ctx)
{
    if (ctx->keys != NULL)
        return true;
    ctx_configure(ctx);
    /* No structure and no key type: the content tells. Of keys only, not
       of their parameters. One context serves all keys, because setting it up costs ten times
       what decoding does. */
    ctx->keys = OSSL_DECODER_CTX_new_for_pkey(&ctx->decoded, "DER", NULL, NULL, EVP_PKEY_KEYPAIR,
                                              NULL, NULL);
    return ctx->keys != NULL &&
           OSSL_DECODER_CTX_set_pem_password_cb(ctx->keys, ctx_passphrase, ctx) == 1;
}

enum tlsagen_status ctx_decode_key(struct tlsagen_ctx *ctx, const uint8_t *der, size_t len,
                                   EVP_PKEY **key, bool *asked, struct tlsagen_err *err)
{
    *key = NULL;
    ctx->asked = false;
    if (!decoder_ready(ctx))
        return ctx_crypto_error(err, "prepare to decode keys");
    const unsigned char *p = der;
    size_t left = len;
    ERR_clear_error();
    ctx->decoded = NULL;
    if (OSSL_DECODER_from_data(ctx->keys, &p, &left) == 1)
        *key = ctx->decoded;
    else
        EVP_PKEY_free(ctx->decoded);
    ctx->decoded = NULL;
    *asked = ctx->asked;
    return TLSAGEN_OK;
}
