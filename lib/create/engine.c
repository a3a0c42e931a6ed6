/*
 * engine.c - the engine "pkcs11". Engines are deprecated in OpenSSL 3 in favour of providers, but
 * Debian 12 has no provider for PKCS#11, and this one is packaged (libengine-pkcs11-openssl).
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* in this file alone */

#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/ui.h>

#include "engine.h"

#ifdef OPENSSL_NO_ENGINE

bool engine_load(const char *uri, UI_METHOD *ui, void *ui_arg, X509 **cert, EVP_PKEY **key)
{
    (void)uri;
    (void)ui;
    (void)ui_arg;
    *cert = NULL;
    *key = NULL;
    return false;
}

#else

/* The engine's own parameter of its command LOAD_CERT_CTRL. */
struct load_cert {
    const char *uri;
    X509 *cert;
};

static ENGINE *engine_open(UI_METHOD *ui, void *ui_arg)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL) != 1)
        return NULL;
    ENGINE *engine = ENGINE_by_id("pkcs11");
    if (engine == NULL)
        return NULL;
    /* It would write to standard error by itself. */
    (void)ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1);
    if (ENGINE_init(engine) != 1) {
        ENGINE_free(engine);
        return NULL;
    }
    (void)ENGINE_ctrl_cmd(engine, "SET_USER_INTERFACE", 0, ui, NULL, 1);
    (void)ENGINE_ctrl_cmd(engine, "SET_CALLBACK_DATA", 0, ui_arg, NULL, 1);
    return engine;
}

static bool is_of_type(const char *uri, const char *type)
{
    const char *found = strstr(uri, "type=");
    return found == NULL || strncmp(found + 5, type, strlen(type)) == 0;
}

bool engine_load(const char *uri, UI_METHOD *ui, void *ui_arg, X509 **cert, EVP_PKEY **key)
{
    ENGINE *engine = engine_open(ui, ui_arg);
    *cert = NULL;
    *key = NULL;
    if (engine == NULL)
        return false;
    struct load_cert load = {uri, NULL};
    if (is_of_type(uri, "cert") &&
        ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &load, NULL, 1) == 1)
        *cert = load.cert;
    if (is_of_type(uri, "public"))
        *key = ENGINE_load_public_key(engine, uri, ui, ui_arg);
    /* Some tokens keep the private object only, which knows the public key as well. */
    if (*key == NULL && *cert == NULL && is_of_type(uri, "private"))
        *key = ENGINE_load_private_key(engine, uri, ui, ui_arg);
    (void)ENGINE_finish(engine);
    ENGINE_free(engine);
    return true;
}

#endif
