/* uri.c - certificates and keys behind OSSL_STORE URIs. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

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

static enum tlsagen_status nothing(const char *uri, unsigned long code, struct tlsagen_err *err)
{
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    ERR_clear_error();
    return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                           "%.300s: no certificate or key found (%s); check the URI and that its "
                           "provider is configured in openssl.cnf",
                           uri, reason == NULL ? "nothing there" : reason);
}

enum tlsagen_status tlsagen_material_add_uri(struct tlsagen_ctx *ctx,
                                             struct tlsagen_material *material, const char *uri,
                                             struct tlsagen_err *err)
{
    enum tlsagen_status status = material_begin(material, uri, err);
    if (status != TLSAGEN_OK)
        return status;
    ctx_configure(ctx);
    ERR_clear_error();
    ctx->asking_for = material_label(material);
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(ctx_passphrase, 0);
    OSSL_STORE_CTX *store = ui == NULL ? NULL : OSSL_STORE_open(uri, ui, ctx, NULL, NULL);
    while (store != NULL && status == TLSAGEN_OK && OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info == NULL && OSSL_STORE_error(store) != 0)
            break;
        if (info != NULL)
            status = take(material, info, err);
        OSSL_STORE_INFO_free(info);
    }
    unsigned long code = ERR_peek_last_error();
    if (store != NULL)
        (void)OSSL_STORE_close(store);
    UI_destroy_method(ui);
    ctx->asking_for = NULL;
    if (status == TLSAGEN_OK && !material->inputs[material->input_count - 1].found)
        status = nothing(uri, code, err);
    ERR_clear_error();
    return status;
}
