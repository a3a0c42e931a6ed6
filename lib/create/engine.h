/* engine.h - PKCS#11 tokens by libcrypto's engine, where no provider reads their URIs. */
#ifndef CREATE_ENGINE_H
#define CREATE_ENGINE_H

#include <stdbool.h>

#include <openssl/ui.h>
#include <openssl/x509.h>

/*
 * Looks up a `pkcs11:` URI (RFC 7512) with the engine "pkcs11" (libp11), as it is configured in
 * openssl.cnf or by PKCS11_MODULE_PATH. What is found is put into *cert and *key, to be freed, and
 * stays NULL else. type= in the URI chooses; without it both are looked for. ui asks for the PIN
 * where the URI has none. False when there is no such engine.
 */
bool engine_load(const char *uri, UI_METHOD *ui, void *ui_arg, X509 **cert, EVP_PKEY **key);

#endif
