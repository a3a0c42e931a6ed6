/* uri.c - certificates and keys behind OSSL_STORE URIs. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "engine.h"
#include "tlsa/items.h"

static enum tlsagen_status take(struct tlsagen_material *material, OSSL_STORE_INFO *info,
                                struct tlsagen_err *err)
{
    switch (OSSL_STORE_INFO_get_type(info)) {
    case OSSL_STORE_INFO_CERT:
        return material_add_x509(material, OSSL_STORE_INFO_get0_CERT(info), err);
    case OSSL_STORE_INFO_PKEY:
        return material_add_key(material, ITEM_PRIVATE_KEY, OSSL_STORE_INFO_get0_PKEY(info), err);
    case OSSL_STORE_INFO_PUBKEY:
        return material_add_key(material, ITEM_PUBLIC_KEY, OSSL_STORE_INFO_get0_PUBKEY(info), err);
    default:
        return TLSAGEN_OK; /* names, parameters, revocation lists */
    }
}

static bool is_token(const char *uri)
{
    return strncmp(uri, "pkcs11:", 7) == 0;
}

static enum tlsagen_status nothing(const char *shown, const char *reason, struct tlsagen_err *err)
{
    const char *how =
        is_token(shown)
            ? "that the token's module is configured (openssl.cnf, or PKCS11_MODULE_PATH for "
              "OpenSSL's pkcs11 engine)"
            : "that its provider is configured in openssl.cnf";
    return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                           "%.300s: no certificate or key found (%s); check the URI and %s", shown,
                           reason == NULL ? "nothing there" : reason, how);
}

/* By libcrypto's stores, which providers extend. */
static enum tlsagen_status from_store(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                      const char *uri, UI_METHOD *ui, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, ui, ctx, NULL, NULL);
    while (store != NULL && status == TLSAGEN_OK && OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info == NULL && OSSL_STORE_error(store) != 0)
            break;
        if (info != NULL)
            status = take(material, info, err);
        OSSL_STORE_INFO_free(info);
    }
    if (store != NULL)
        (void)OSSL_STORE_close(store);
    return status;
}

static enum tlsagen_status add_token_key(struct tlsagen_material *material, const EVP_PKEY *key,
                                         struct tlsagen_err *err)
{
    /* Private EC keys do not know their public half. */
    if (i2d_PUBKEY(key, NULL) <= 0)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%.300s: the token has this private key without its public key; "
                               "give that, or its certificate",
                               material_label(material));
    return material_add_key(material, ITEM_PRIVATE_KEY, key, err);
}

static enum tlsagen_status from_token(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                      const char *uri, UI_METHOD *ui, struct tlsagen_err *err)
{
    struct token_object object;
    enum tlsagen_status status = TLSAGEN_OK;
    ctx->asked = false;
    enum token_result result = engine_load(uri, ui, ctx, &object);
    bool refused = ctx->asked && !ctx->answered;
    if (result == TOKEN_LOCKED || (result != TOKEN_FOUND && refused))
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "%.300s: the token's PIN is missing or wrong (%s); give it with "
                                 "pin-source= in the URI or --passphrase-file",
                                 material_label(material), refused ? "none given" : object.reason);
    else if (result != TOKEN_FOUND)
        status = nothing(material_label(material), object.reason, err);
    else if (object.cert != NULL)
        status = material_add_x509(material, object.cert, err);
    else
        status = add_token_key(material, object.key, err);
    X509_free(object.cert);
    EVP_PKEY_free(object.key);
    return status;
}

/* The URI for messages: a PIN in it (RFC 7512 section 2.4) is nobody's business. */
static void hide_pin(const char *uri, char *shown, size_t size)
{
    static const char mark[] = "pin-value=";
    const char *pin = strstr(uri, mark);
    if (pin == NULL) {
        (void)snprintf(shown, size, "%s", uri);
        return;
    }
    pin += sizeof(mark) - 1;
    (void)snprintf(shown, size, "%.*s...%s", (int)(pin - uri), uri, pin + strcspn(pin, "&;?"));
}

static bool found(const struct tlsagen_material *material)
{
    return material->inputs[material->input_count - 1].found;
}

enum tlsagen_status tlsagen_material_add_uri(struct tlsagen_ctx *ctx,
                                             struct tlsagen_material *material, const char *uri,
                                             struct tlsagen_err *err)
{
    char shown[256];
    hide_pin(uri, shown, sizeof(shown));
    enum tlsagen_status status = material_begin(material, shown, err);
    if (status != TLSAGEN_OK)
        return status;
    ctx_configure(ctx);
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(ctx_passphrase, 0);
    if (ui == NULL)
        return ctx_crypto_error(err, "prepare to ask for a passphrase");
    ERR_clear_error();
    ctx->asking_for = material_label(material);
    status = from_store(ctx, material, uri, ui, err);
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    if (status == TLSAGEN_OK && !found(material))
        status =
            is_token(uri) ? from_token(ctx, material, uri, ui, err) : nothing(shown, reason, err);
    UI_destroy_method(ui);
    ctx->asking_for = NULL;
    ERR_clear_error();
    return status;
}
