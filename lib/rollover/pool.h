/* pool.h - all certificates and keys that stand in the paths of a source, before they are paired.
 */
#ifndef ROLLOVER_POOL_H
#define ROLLOVER_POOL_H

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <openssl/evp.h>

#include "tlsa/items.h"

#define POOL_KEYS 64
#define POOL_SPARE SIZE_MAX /* the path of a key that is used where no other fits */

struct pool_key {
    EVP_PKEY *key;
    size_t path; /* where it stands, as an index */
    char label[256];
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

struct pool {
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    size_t *ends; /* of each path read: how many inputs there were then */
    size_t path_count;
    struct pool_key keys[POOL_KEYS];
    size_t key_count;
    int64_t newest; /* the latest change of what was read, seconds since 1970 */
};

/* Makes an empty pool for so many paths; whatever the result, it goes to pool_close. */
enum tlsagen_status pool_open(struct pool *pool, struct tlsagen_ctx *ctx, size_t paths,
                              struct tlsagen_err *err);
void pool_close(struct pool *pool);
/* Reads a path, a file or a folder; one that is not there is empty. Errors of source_read. */
enum tlsagen_status pool_add_path(struct pool *pool, const char *path, struct tlsagen_err *err);
/* Reads a file with a spare key; one that is not there is none. */
enum tlsagen_status pool_add_spare(struct pool *pool, const char *path, struct tlsagen_err *err);
/* A spare key in PEM, with the label and owner and mode (of st) of the file that it was read from.
 */
enum tlsagen_status pool_add_spare_key(struct pool *pool, const struct tlsagen_buf *pem,
                                       const char *label, const struct stat *st,
                                       struct tlsagen_err *err);
/* A folder of certbot, dehydrated or mod_md, by its names. */
bool pool_is_known(const char *folder);
/* For scandir(3): a file that ACME clients may keep a key or a certificate in, by its name. */
int pool_may_hold(const struct dirent *entry);
/* The path that an item stands in. */
size_t pool_path_of(const struct pool *pool, const struct item *item);

#endif
