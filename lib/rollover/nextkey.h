/*
 * nextkey.h - the key that a service will have next, made here so that its record is in DNS long
 * before there is a certificate: STATE_DIR/rollover/SERVICE.next.key, PKCS#8 in PEM, mode 0600.
 */
#ifndef ROLLOVER_NEXTKEY_H
#define ROLLOVER_NEXTKEY_H

#include <tlsagen/base.h>

#include "state.h"

/*
 * Makes the key: "rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384" or "ed25519"
 * (TLSAGEN_E_ARGUMENT for other words). One that is there already stays: *made is false when it is
 * of that kind, and another kind is TLSAGEN_E_MISMATCH. TLSAGEN_E_SYSTEM, TLSAGEN_E_CRYPTO, and the
 * errors of nextkey_read.
 */
enum tlsagen_status nextkey_make(struct state_home *home, const char *service, const char *word,
                                 bool *made, struct tlsagen_err *err);
/*
 * Its SubjectPublicKeyInfo in DER, appended to spki. TLSAGEN_E_NOTFOUND when there is none,
 * TLSAGEN_E_SYNTAX when it is damaged, TLSAGEN_E_MISMATCH when others may read it.
 */
enum tlsagen_status nextkey_read(const struct state_home *home, const char *service,
                                 struct tlsagen_buf *spki, struct tlsagen_err *err);
/*
 * A request for its certificate (PKCS#10 in PEM, appended to pem): subjectAltName with the host and
 * the names, which are as tlsagen_host_parse leaves them, and the host as common name where its 64
 * characters suffice. Errors of nextkey_read, TLSAGEN_E_CRYPTO, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status nextkey_request(const struct state_home *home, const char *service,
                                    const char *host, const char *const *names, size_t name_count,
                                    struct tlsagen_buf *pem, struct tlsagen_err *err);
/* Removes it, once `live` has it or it is given up. None is fine. TLSAGEN_E_SYSTEM. */
enum tlsagen_status nextkey_remove(struct state_home *home, const char *service,
                                   struct tlsagen_err *err);

#endif
