/*
 * live.h - what servers read: LIVE is a symbolic link to a folder with one version of everything,
 * so that key, chain and combined file change together, by one rename of the link.
 *
 *     /etc/tlsagen/live/mx1 -> .mx1/2026-11-25T10-00-00Z-8a4101f29b0c77d3
 *     /etc/tlsagen/live/.mx1/2026-11-25T10-00-00Z-8a4101f29b0c77d3/
 *         privkey.pem     the key
 *         fullchain.pem   the certificate and those of its CAs
 *         cert.pem        the certificate alone
 *         chain.pem       those of its CAs alone; not there when there are none
 *         combined.pem    key and fullchain, as smtpd_tls_chain_files of Postfix takes them
 *
 * The first pair of a source has these names. Each further one has its kind of key in them,
 * privkey-rsa.pem, fullchain-rsa.pem and so on (-ecdsa, -ed25519, -ed448, -other), and a number
 * behind it when that was taken (-rsa2).
 *
 * A version's name ends in the first 8 bytes of its side's id. A folder with such a name is
 * complete and on the disk; .new, .link and .gone beside it are what a killed run left, and
 * live_clean removes them. Keys have mode 0600 or 0640, the other files 0644, and the folder lets
 * those in who may read a key. Callers hold the lock of the service (state_lock).
 */
#ifndef ROLLOVER_LIVE_H
#define ROLLOVER_LIVE_H

#include <sys/types.h>

#include "model.h"
#include "source.h"

#define LIVE_NAME 64 /* bytes of a version's name, NUL included */
#define LIVE_KEEP 3  /* versions that stay */

/* Who may read the keys. */
struct live_owner {
    bool has_uid; /* else owner and group of the former live key, or of the source's key */
    bool has_gid;
    uid_t uid;
    gid_t gid;
    mode_t mode; /* permission bits; 0: as the former live key, or of the source's; never more than
                    0640 */
};

/*
 * Which version is live: *version is "" when LIVE is not there yet (an empty folder counts as that,
 * and the first live_switch removes it). TLSAGEN_E_KIND when it is something that was not made
 * here, with the way to begin; TLSAGEN_E_NOTFOUND when the version that it names is gone;
 * TLSAGEN_E_SYSTEM.
 */
enum tlsagen_status live_look(const char *live, char version[LIVE_NAME], struct tlsagen_err *err);
/* The version of a side, the latest one; TLSAGEN_E_NOTFOUND when there is none. */
enum tlsagen_status live_find(const char *live, const uint8_t id[MODEL_ID], char version[LIVE_NAME],
                              struct tlsagen_err *err);
/*
 * Makes a version of the source's pairs, which all have their keys, unless the latest version with
 * this id has the same bytes. TLSAGEN_E_MISMATCH when a key, of the source or of the live version,
 * is readable by everybody; TLSAGEN_E_SYSTEM when the disk is full and the like: what is live stays
 * as it is then.
 */
enum tlsagen_status live_create(const char *live, const struct source *source,
                                const uint8_t id[MODEL_ID], const struct live_owner *owner,
                                int64_t now, char version[LIVE_NAME], struct tlsagen_err *err);
/*
 * Makes a version the live one, by one rename; forwards and backwards. Nothing is done when it is
 * already. TLSAGEN_E_NOTFOUND when there is no such version, TLSAGEN_E_KIND as live_look,
 * TLSAGEN_E_SYSTEM.
 */
enum tlsagen_status live_switch(const char *live, const char *version, struct tlsagen_err *err);
/* Reads the pairs of a version, as source_read. */
enum tlsagen_status live_read(struct tlsagen_ctx *ctx, const char *live, const char *version,
                              const char *host, int64_t now, struct source *source,
                              struct tlsagen_err *err);
/*
 * Removes litter, and all but the latest LIVE_KEEP versions; never the live one, nor those of the
 * ids given (those of the current and the next side). TLSAGEN_E_SYSTEM.
 */
enum tlsagen_status live_clean(const char *live, const uint8_t (*ids)[MODEL_ID], size_t count,
                               struct tlsagen_err *err);

#endif
