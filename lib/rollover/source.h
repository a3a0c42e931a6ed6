/*
 * source.h - the pairs of key and certificate chain that stand in files: those that an ACME client
 * left in `source`, and those in `live`.
 *
 * A path is a file or a folder. Of a folder with certbot's, dehydrated's or mod_md's names these
 * are read: privkey.pem, fullchain.pem, cert.pem (pubcert.pem), chain.pem; of another one (acme.sh,
 * lego) all files that end in .pem, .key, .crt, .cer or .cert. What they hold is found by content.
 * Each path that has certificates of servers gives one pair: that of the newest certificate for the
 * host; the certificates above it are taken from all paths, and its key as well. A certificate that
 * two paths have counts for the first.
 */
#ifndef ROLLOVER_SOURCE_H
#define ROLLOVER_SOURCE_H

#include <sys/types.h>

#include <tlsagen/material.h>
#include <tlsagen/probe.h>

#include "model.h"

/*
 * Seconds after the last change of a file during which what does not fit together, or cannot be
 * read, is taken for somebody still writing.
 */
#define SOURCE_SETTLE 30

struct source_pair {
    struct tlsagen_probe_cert *certs; /* leaf first, each the issuer of the one before; DER */
    size_t count;                     /* at least 1 */
    struct tlsagen_buf key;           /* PKCS#8 in PEM; empty: there is none */
    char kind[16];                    /* of the key: "rsa", "ecdsa", "ed25519", "ed448", "other" */
    uint8_t leaf[MODEL_ID];           /* SHA-256 of the leaf */
    int64_t not_before;               /* of the leaf, seconds since 1970 */
    int64_t not_after;
    bool covers;     /* the host */
    char label[256]; /* file of the leaf, for messages */
    char key_label[256];
    uid_t uid; /* owner, group and permission bits of the key's file; when there is a key */
    gid_t gid;
    mode_t mode;
};

struct source {
    struct source_pair pairs[MODEL_CHAINS]; /* in the order of the paths */
    size_t count;
};

struct source_ask {
    const char *const *paths;
    size_t path_count;
    const char *host;     /* as tlsagen_host_parse left it */
    const char *key_path; /* of a next key, used where no other fits; NULL: none */
    /* What is live, whose keys are used likewise: `source` has the certificate alone when it was
     * made with a request. NULL: none. */
    const struct source *live;
    bool need_key; /* pairs without a key are no pairs */
    int64_t now;   /* seconds since 1970 */
};

/* What is asked of a server's certificate before it is deployed. */
struct source_leaf {
    const char *label; /* for messages */
    bool covers;       /* the host */
    int64_t not_before;
    int64_t not_after;
};

void source_init(struct source *source);
/* Cleanses the keys. */
void source_clear(struct source *source);
/*
 * Reads the pairs into an empty source. TLSAGEN_E_NOTFOUND when there is no certificate yet;
 * TLSAGEN_E_TIMEOUT when somebody seems to be writing (half a file, a key that does not belong to
 * its certificate, and the files changed within SOURCE_SETTLE): not now; TLSAGEN_E_SYNTAX,
 * TLSAGEN_E_MISMATCH (also for a key file that everybody may read), TLSAGEN_E_KIND, TLSAGEN_E_LIMIT
 * for what will not become better by waiting; TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY. After a failure
 * the source is empty.
 */
enum tlsagen_status source_read(struct tlsagen_ctx *ctx, const struct source_ask *ask,
                                struct source *source, struct tlsagen_err *err);
/*
 * May it be deployed: each certificate covers the host that the source was read for, and is within
 * its dates, whatever the usage of its records. TLSAGEN_E_MISMATCH with the reason.
 */
enum tlsagen_status source_check(const struct source *source, const char *host, int64_t now,
                                 struct tlsagen_err *err);
/* The same of one certificate; the reason alone. */
enum tlsagen_status source_check_leaf(const struct source_leaf *leaf, const char *host, int64_t now,
                                      struct tlsagen_err *err);

#endif
