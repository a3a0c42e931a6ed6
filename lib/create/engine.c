/*
 * engine.c - the engine "pkcs11". Engines are deprecated in OpenSSL 3 in favour of providers, but
 * Debian 12 has no provider for PKCS#11, and this one is packaged (libengine-pkcs11-openssl).
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* in this file alone */

#include "engine.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#ifdef OPENSSL_NO_ENGINE

enum token_result engine_load(const char *uri, UI_METHOD *ui, void *ui_arg,
                              struct token_object *object)
{
    (void)uri;
    (void)ui;
    (void)ui_arg;
    *object = (struct token_object){.reason = "libcrypto has no engines"};
    return TOKEN_FAULT;
}

#else

#include <openssl/engine.h>

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

static void engine_close(ENGINE *engine)
{
    /* libcrypto may keep it in its list, beyond the life of what it was given. */
    (void)ENGINE_ctrl_cmd(engine, "SET_USER_INTERFACE", 0, NULL, NULL, 1);
    (void)ENGINE_ctrl_cmd(engine, "SET_CALLBACK_DATA", 0, NULL, NULL, 1);
    (void)ENGINE_finish(engine);
    ENGINE_free(engine);
}

/* True when the URI has no attribute type, or this one (RFC 7512 section 2.3). */
static bool is_of_type(const char *uri, const char *type)
{
    static const char *const names[] = {"type=", "object-type="}; /* libp11 knows the older too */
    for (const char *p = strchr(uri, ':'); p != NULL; p = strchr(p, ';')) {
        p++;
        for (size_t i = 0; i < 2; i++) {
            size_t len = strlen(names[i]);
            if (strncmp(p, names[i], len) == 0)
                return strncmp(p + len, type, strlen(type)) == 0;
        }
    }
    return true;
}

/* The engine's libraries have numbers that are given when it is loaded. */
static bool is_from(unsigned long code, const char *library)
{
    const char *name = ERR_lib_error_string(code);
    return name != NULL && strcmp(name, library) == 0;
}

/* CKR_PIN_INCORRECT to CKR_PIN_LOCKED (PKCS#11 section 3.6), or that nobody answered. */
static bool is_about_pin(unsigned long code)
{
    int reason = ERR_GET_REASON(code);
    return ERR_GET_LIB(code) == ERR_LIB_UI ||
           (is_from(code, "PKCS#11 module") && reason >= 0xa0 && reason <= 0xa4);
}

/* What the queue tells of one attempt, whose first error is the cause. */
static enum token_result result_of(bool found, char reason[80])
{
    unsigned long code = ERR_get_error();
    const char *text = ERR_reason_error_string(code);
    ERR_clear_error();
    if (found)
        return TOKEN_FOUND;
    (void)snprintf(reason, 80, "%s", text == NULL ? "nothing there" : text);
    if (is_about_pin(code))
        return TOKEN_LOCKED;
    return strcmp(reason, "object not found") == 0 ? TOKEN_NOTHING : TOKEN_FAULT;
}

static bool load_cert(ENGINE *engine, const char *uri, struct token_object *object)
{
    struct load_cert load = {uri, NULL};
    if (ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &load, NULL, 1) == 1)
        object->cert = load.cert;
    return object->cert != NULL;
}

static enum token_result look_up(ENGINE *engine, const char *uri, UI_METHOD *ui, void *ui_arg,
                                 struct token_object *object)
{
    enum token_result result = TOKEN_NOTHING;
    ERR_clear_error();
    if (is_of_type(uri, "cert"))
        result = result_of(load_cert(engine, uri, object), object->reason);
    if (result == TOKEN_NOTHING && is_of_type(uri, "public")) {
        object->key = ENGINE_load_public_key(engine, uri, ui, ui_arg);
        result = result_of(object->key != NULL, object->reason);
    }
    if (result == TOKEN_NOTHING && is_of_type(uri, "private")) {
        object->key = ENGINE_load_private_key(engine, uri, ui, ui_arg);
        result = result_of(object->key != NULL, object->reason);
    }
    return result;
}

enum token_result engine_load(const char *uri, UI_METHOD *ui, void *ui_arg,
                              struct token_object *object)
{
    *object = (struct token_object){.reason = "no provider and no engine for it"};
    ENGINE *engine = engine_open(ui, ui_arg);
    if (engine == NULL)
        return TOKEN_FAULT;
    (void)snprintf(object->reason, sizeof(object->reason), "no certificate and no key");
    enum token_result result = look_up(engine, uri, ui, ui_arg, object);
    engine_close(engine);
    return result;
}

#endif
