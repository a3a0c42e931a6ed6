/* engine.h - PKCS#11 tokens by libcrypto's engine, where no provider reads their URIs. */
#ifndef CREATE_ENGINE_H
#define CREATE_ENGINE_H

#include <openssl/ui.h>
#include <openssl/x509.h>

enum token_result {
    TOKEN_FOUND,
    TOKEN_NOTHING, /* no such object */
    TOKEN_LOCKED,  /* the PIN is missing, wrong or locked */
    TOKEN_FAULT,   /* no engine, no module for it, or an unreadable URI */
};

/* One of cert and key is not NULL where something was found; to be freed. */
struct token_object {
    X509 *cert;
    EVP_PKEY *key;
    char reason[80]; /* why there is nothing, in the module's words */
};

/*
 * Looks up a `pkcs11:` URI (RFC 7512) with the engine "pkcs11" (libp11), as it is configured in
 * openssl.cnf or by PKCS11_MODULE_PATH: what type= in the URI says, without it a certificate,
 * else a public, else a private key. ui asks for the PIN where the URI has none. A PIN that fails
 * is not tried again, because tokens count.
 */
enum token_result engine_load(const char *uri, UI_METHOD *ui, void *ui_arg,
                              struct token_object *object);

#endif
