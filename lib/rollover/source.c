#include "source.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include <tlsagen/judge.h>

#include "keytext.h"
#include "pool.h"
#include "tlsa/chain.h"
#include "tlsa/check.h"

void source_init(struct source *source)
{
    *source = (struct source){0};
}

void source_clear(struct source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        tlsagen_chain_free(source->pairs[i].certs, source->pairs[i].count);
        tlsagen_buf_cleanse(&source->pairs[i].key);
    }
    source_init(source);
}

/* --- which certificate --- */

/* The key of a certificate; NULL when it is not there. Keys that are no spare ones come first. */
static const struct pool_key *key_of(const struct pool *pool, struct item *item)
{
    X509 *x509 = item_x509(pool->material, item);
    EVP_PKEY *public = x509 != NULL ? X509_get0_pubkey(x509) : NULL;
    const struct pool_key *found = NULL;
    for (size_t i = 0; public != NULL && found == NULL && i < pool->key_count; i++) {
        if (EVP_PKEY_eq(pool->keys[i].key, public) == 1)
            found = &pool->keys[i];
    }
    ERR_clear_error();
    return found;
}

static bool has_keys(const struct pool *pool, size_t path)
{
    for (size_t i = 0; i < pool->key_count; i++) {
        if (pool->keys[i].path == path)
            return true;
    }
    return false;
}

/* A candidate for what a path's server shows. */
struct leaf {
    struct item *item; /* NULL: none */
    size_t index;
    const struct pool_key *key;
    bool covers;
};

static bool is_better(const struct leaf *leaf, const struct leaf *best)
{
    if (best->item == NULL || leaf->covers != best->covers)
        return best->item == NULL || leaf->covers;
    if (leaf->item->not_before != best->item->not_before)
        return leaf->item->not_before > best->item->not_before;
    if (leaf->item->not_after != best->item->not_after)
        return leaf->item->not_after > best->item->not_after;
    return leaf->key != NULL && best->key == NULL;
}

/* A CA's certificate is no server's, but for a self-signed one that calls itself a CA's. */
static struct leaf find_leaf(const struct pool *pool, const struct source_ask *ask, size_t path)
{
    struct tlsagen_material *material = pool->material;
    struct leaf best = {0};
    for (size_t i = 0; i < material->count; i++) {
        struct leaf leaf = {.item = &material->items[i], .index = i};
        if (leaf.item->origin != ITEM_CERT || pool_path_of(pool, leaf.item) != path)
            continue;
        leaf.covers = check_covers(material, leaf.item, ask->host);
        leaf.key = key_of(pool, leaf.item);
        if (chain_is_ca(material, i) && leaf.key == NULL && !leaf.covers)
            continue;
        if (is_better(&leaf, &best))
            best = leaf;
    }
    return best;
}

static enum tlsagen_status no_key(const struct pool *pool, const struct leaf *leaf, bool others,
                                  struct tlsagen_err *err)
{
    char subject[200];
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: %s private key belongs to certificate \"%s\"",
                           pool->material->inputs[leaf->item->input].label,
                           others ? "the key beside it is another one's, and no" : "no",
                           item_subject(pool->material, leaf->item, subject, sizeof(subject)));
}

/* --- from a certificate to a pair --- */

static bool copy_cert(const struct pool *pool, size_t index, struct source_pair *pair)
{
    const struct item *item = &pool->material->items[index];
    struct tlsagen_probe_cert *cert = &pair->certs[pair->count];
    cert->der = OPENSSL_memdup(item_bytes(pool->material, item->der), item->der.len);
    cert->len = item->der.len;
    pair->count += cert->der != NULL;
    return cert->der != NULL;
}

static enum tlsagen_status copy_chain(const struct pool *pool, size_t leaf,
                                      struct source_pair *pair, struct tlsagen_err *err)
{
    struct index_list above = {0};
    enum tlsagen_status status = chain_above(pool->material, leaf, &above, err);
    if (status != TLSAGEN_OK)
        return status;
    pair->certs = OPENSSL_zalloc((above.count + 1) * sizeof(pair->certs[0]));
    bool ok = pair->certs != NULL && copy_cert(pool, leaf, pair);
    for (size_t i = 0; i < above.count && ok; i++)
        ok = copy_cert(pool, above.at[i], pair);
    index_list_clear(&above);
    return ok ? TLSAGEN_OK : tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a chain");
}

static enum tlsagen_status copy_key(const struct pool_key *key, struct source_pair *pair,
                                    struct tlsagen_err *err)
{
    enum tlsagen_status status = keytext_write(key->key, &pair->key, err);
    if (status != TLSAGEN_OK)
        return status;
    pair->uid = key->uid;
    pair->gid = key->gid;
    pair->mode = key->mode;
    (void)snprintf(pair->key_label, sizeof(pair->key_label), "%s", key->label);
    return TLSAGEN_OK;
}

static const char *kind_of(X509 *x509)
{
    static const struct {
        const char *type, *kind;
    } kinds[] = {{"RSA", "rsa"},
                 {"RSA-PSS", "rsa"},
                 {"EC", "ecdsa"},
                 {"ED25519", "ed25519"},
                 {"ED448", "ed448"}};
    EVP_PKEY *key = x509 != NULL ? X509_get0_pubkey(x509) : NULL;
    for (size_t i = 0; key != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (EVP_PKEY_is_a(key, kinds[i].type) == 1)
            return kinds[i].kind;
    }
    ERR_clear_error();
    return "other";
}

static enum tlsagen_status make_pair(const struct pool *pool, const struct leaf *leaf,
                                     struct source_pair *pair, struct tlsagen_err *err)
{
    size_t len;
    enum tlsagen_status status = copy_chain(pool, leaf->index, pair, err);
    if (status == TLSAGEN_OK && leaf->key != NULL)
        status = copy_key(leaf->key, pair, err);
    if (status != TLSAGEN_OK)
        return status;
    pair->covers = leaf->covers;
    pair->not_before = leaf->item->not_before;
    pair->not_after = leaf->item->not_after;
    (void)snprintf(pair->kind, sizeof(pair->kind), "%s",
                   kind_of(item_x509(pool->material, leaf->item)));
    (void)snprintf(pair->label, sizeof(pair->label), "%s",
                   pool->material->inputs[leaf->item->input].label);
    uint8_t digest[DIGEST_MAX];
    status = ctx_digest(pool->ctx, TLSAGEN_MATCHING_SHA256, pair->certs[0].der, pair->certs[0].len,
                        digest, &len, err);
    memcpy(pair->leaf, digest, MODEL_ID);
    return status;
}

/* --- all of it --- */

static enum tlsagen_status pair_path(const struct pool *pool, const struct source_ask *ask,
                                     size_t path, struct source *source, struct tlsagen_err *err)
{
    struct leaf leaf = find_leaf(pool, ask, path);
    if (leaf.item == NULL)
        return TLSAGEN_OK;
    bool others = has_keys(pool, path);
    if (leaf.key == NULL && (ask->need_key || others))
        return no_key(pool, &leaf, others, err);
    if (source->count == MODEL_CHAINS)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "%s: one certificate more than the %d that a "
                               "service can have",
                               ask->paths[path], MODEL_CHAINS);
    return make_pair(pool, &leaf, &source->pairs[source->count++], err);
}

static enum tlsagen_status add_live_keys(struct pool *pool, const struct source *live,
                                         struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; live != NULL && i < live->count && status == TLSAGEN_OK; i++) {
        const struct source_pair *pair = &live->pairs[i];
        const struct stat st = {.st_uid = pair->uid, .st_gid = pair->gid, .st_mode = pair->mode};
        if (pair->key.len > 0)
            status = pool_add_spare_key(pool, &pair->key, pair->key_label, &st, err);
    }
    return status;
}

/* What there is instead of a server's certificate. */
static const char *what_is_there(const struct pool *pool)
{
    for (size_t i = 0; i < pool->material->count; i++) {
        if (pool->material->items[i].origin == ITEM_CERT)
            return ", only those of CAs";
    }
    return pool->key_count > 0 ? ", only a private key" : "";
}

static enum tlsagen_status read_pairs(struct pool *pool, const struct source_ask *ask,
                                      struct source *source, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < ask->path_count && status == TLSAGEN_OK; i++)
        status = pool_add_path(pool, ask->paths[i], err);
    if (status == TLSAGEN_OK && ask->key_path != NULL)
        status = pool_add_spare(pool, ask->key_path, err);
    if (status == TLSAGEN_OK)
        status = add_live_keys(pool, ask->live, err);
    for (size_t i = 0; i < ask->path_count && status == TLSAGEN_OK; i++)
        status = pair_path(pool, ask, i, source, err);
    if (status == TLSAGEN_OK && source->count == 0)
        status =
            tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s%s: no server's certificate yet%s",
                            ask->path_count == 0 ? "source" : ask->paths[0],
                            ask->path_count > 1 ? " and the other paths" : "", what_is_there(pool));
    return status;
}

/* Half a renewal is no fault as long as somebody may be at it. */
static enum tlsagen_status judge_age(const struct pool *pool, int64_t now,
                                     enum tlsagen_status status, struct tlsagen_err *err)
{
    int64_t age = now - pool->newest;
    if ((status != TLSAGEN_E_SYNTAX && status != TLSAGEN_E_MISMATCH && status != TLSAGEN_E_KIND) ||
        age >= SOURCE_SETTLE || age <= -SOURCE_SETTLE)
        return status;
    struct tlsagen_err found = *err;
    return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                           "%s (changed %lld s ago: somebody may still be writing, so not "
                           "now)",
                           found.message, (long long)(age < 0 ? 0 : age));
}

enum tlsagen_status source_read(struct tlsagen_ctx *ctx, const struct source_ask *ask,
                                struct source *source, struct tlsagen_err *err)
{
    struct pool pool;
    struct tlsagen_err own;
    err = err != NULL ? err : &own;
    enum tlsagen_status status = pool_open(&pool, ctx, ask->path_count, err);
    if (status == TLSAGEN_OK)
        status = read_pairs(&pool, ask, source, err);
    status = judge_age(&pool, ask->now, status, err);
    pool_close(&pool);
    if (status != TLSAGEN_OK)
        source_clear(source);
    return status;
}

static void day_of(int64_t seconds, char text[24])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL || strftime(text, 24, "%Y-%m-%d %H:%MZ", &tm) == 0)
        (void)snprintf(text, 24, "?");
}

enum tlsagen_status source_check_leaf(const struct source_leaf *leaf, const char *host, int64_t now,
                                      struct tlsagen_err *err)
{
    char when[24];
    const bool expired = now > leaf->not_after;
    if (!leaf->covers)
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s: the certificate does not cover %s",
                               leaf->label, host);
    if (!expired && now >= leaf->not_before)
        return TLSAGEN_OK;
    day_of(expired ? leaf->not_after : leaf->not_before, when);
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s: the certificate %s %s", leaf->label,
                           expired ? "expired on" : "is not valid before", when);
}

enum tlsagen_status source_check(const struct source *source, const char *host, int64_t now,
                                 struct tlsagen_err *err)
{
    struct tlsagen_err why;
    for (size_t i = 0; i < source->count; i++) {
        const struct source_pair *pair = &source->pairs[i];
        const struct source_leaf leaf = {pair->label, pair->covers, pair->not_before,
                                         pair->not_after};
        if (source_check_leaf(&leaf, host, now, &why) != TLSAGEN_OK)
            return tlsagen_err_set(err, why.code, "%s; it is not deployed", why.message);
    }
    return TLSAGEN_OK;
}
