/* tsig.h - messages signed with a shared key (RFC 8945). */
#ifndef PUBLISH_TSIG_H
#define PUBLISH_TSIG_H

#include <tlsagen/base.h>

#include "zone/name.h"

#define TSIG_SECRET_MAX 128 /* bytes; more than any of these digests gains from */
#define TSIG_MAC_MAX 64

struct tsig_key {
    struct name name; /* in small letters */
    struct name algorithm;
    const char *digest; /* as OpenSSL calls it */
    uint8_t secret[TSIG_SECRET_MAX];
    size_t secret_len;
};

/*
 * Reads `key NAME { algorithm hmac-sha256; secret "..."; };`, the one key of a file in BIND's form.
 * TLSAGEN_E_SYNTAX with the line; TLSAGEN_E_KIND for an algorithm that is not taken, several keys,
 * or a file that everybody may read; TLSAGEN_E_SYSTEM. *key goes to tsig_key_clear in every case.
 */
enum tlsagen_status tsig_key_read(const char *path, struct tsig_key *key, struct tlsagen_err *err);
/* The same for bytes; path names them in messages. */
enum tlsagen_status tsig_key_parse(const char *bytes, size_t len, const char *path,
                                   struct tsig_key *key, struct tlsagen_err *err);
void tsig_key_clear(struct tsig_key *key);

/* What of a signed question its answer's signature covers. */
struct tsig_mac {
    uint8_t bytes[TSIG_MAC_MAX];
    size_t len;
};

/* Appends the TSIG record to a whole message and counts it in the header. */
enum tlsagen_status tsig_sign(struct tlsagen_buf *message, const struct tsig_key *key, int64_t now,
                              struct tsig_mac *mac, struct tlsagen_err *err);
/*
 * Checks the answer to a message that was signed with mac; now in seconds since 1970.
 * TLSAGEN_E_NETWORK for one that is not signed, not by this key, or too old or young; and, with
 * *refused set, when it has a TSIG error, by name, which need not be signed.
 */
enum tlsagen_status tsig_verify(const uint8_t *message, size_t len, const struct tsig_key *key,
                                const struct tsig_mac *mac, int64_t now, bool *refused,
                                struct tlsagen_err *err);

#endif
