#include "pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/input.h>

#include "base/file.h"
#include "keytext.h"

#define FOLDER_MAX 4096 /* files of a folder that are read */

enum tlsagen_status pool_open(struct pool *pool, struct tlsagen_ctx *ctx, size_t paths,
                              struct tlsagen_err *err)
{
    *pool = (struct pool){.ctx = ctx};
    pool->ends = calloc(paths + 1, sizeof(pool->ends[0]));
    if (pool->ends == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a source");
    ctx_configure(ctx);
    return tlsagen_material_new(&pool->material, err);
}

void pool_close(struct pool *pool)
{
    for (size_t i = 0; i < pool->key_count; i++)
        EVP_PKEY_free(pool->keys[i].key);
    free(pool->ends);
    tlsagen_material_free(pool->material);
    *pool = (struct pool){0};
}

size_t pool_path_of(const struct pool *pool, const struct item *item)
{
    size_t path = 0;
    while (path < pool->path_count && item->input >= pool->ends[path])
        path++;
    return path;
}

static void note_time(struct pool *pool, const struct stat *st)
{
    if ((int64_t)st->st_mtime > pool->newest)
        pool->newest = (int64_t)st->st_mtime;
    if ((int64_t)st->st_ctime > pool->newest)
        pool->newest = (int64_t)st->st_ctime;
}

static enum tlsagen_status add_key(struct pool *pool, EVP_PKEY *key, size_t path, const char *label,
                                   const struct stat *st, struct tlsagen_err *err)
{
    for (size_t i = 0; i < pool->key_count; i++) {
        if (EVP_PKEY_eq(pool->keys[i].key, key) == 1) {
            EVP_PKEY_free(key);
            return TLSAGEN_OK;
        }
    }
    enum tlsagen_status status = TLSAGEN_OK;
    if ((st->st_mode & S_IROTH) != 0)
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "%s: everybody may read this private key (mode %04o); chmod 600 "
                                 "it, and better make a new one",
                                 label, (unsigned)(st->st_mode & 07777));
    else if (pool->key_count == POOL_KEYS)
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                                 "%s: one private key more than the %d that "
                                 "are looked at; name files, or a folder "
                                 "with fewer",
                                 label, POOL_KEYS);
    if (status != TLSAGEN_OK) {
        EVP_PKEY_free(key);
        return status;
    }
    struct pool_key *added = &pool->keys[pool->key_count++];
    *added = (struct pool_key){
        .key = key, .path = path, .uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode & 0777};
    (void)snprintf(added->label, sizeof(added->label), "%s", label);
    return TLSAGEN_OK;
}

static enum tlsagen_status add_bytes(struct pool *pool, const struct tlsagen_buf *bytes,
                                     size_t path, const char *label, const struct stat *st,
                                     struct tlsagen_err *err)
{
    /* What is damaged, locked or of no use is told by this; keys and certificates go on. */
    enum tlsagen_status status =
        tlsagen_material_add(pool->ctx, pool->material, bytes->data, bytes->len, label, err);
    if (status != TLSAGEN_OK)
        return status;
    EVP_PKEY *key = keytext_read(pool->ctx, bytes);
    return key != NULL ? add_key(pool, key, path, label, st, err) : TLSAGEN_OK;
}

static enum tlsagen_status add_file(struct pool *pool, const char *file, size_t path,
                                    struct tlsagen_err *err)
{
    struct tlsagen_buf bytes;
    struct stat st;
    if (lstat(file, &st) == 0)
        note_time(pool, &st); /* of a symbolic link that was set anew */
    if (stat(file, &st) != 0)
        return errno == ENOENT ? TLSAGEN_OK
                               : tlsagen_err_system(err, errno, "cannot look at %s", file);
    note_time(pool, &st);
    if (!S_ISREG(st.st_mode))
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s is no regular file", file);
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = tlsagen_input_read(file, &bytes, err);
    if (status == TLSAGEN_OK)
        status = add_bytes(pool, &bytes, path, file, &st, err);
    tlsagen_buf_cleanse(&bytes);
    return status;
}

/* --- folders --- */

static bool has(const char *folder, const char *name)
{
    struct stat st;
    char *path = file_join(folder, name);
    bool is = path != NULL && lstat(path, &st) == 0;
    free(path);
    return is;
}

static enum tlsagen_status add_named(struct pool *pool, const char *folder, const char *name,
                                     struct tlsagen_err *err)
{
    char *file = file_join(folder, name);
    if (file == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
    enum tlsagen_status status = add_file(pool, file, pool->path_count, err);
    free(file);
    return status;
}

/* certbot's, dehydrated's and mod_md's; dehydrated keeps all former ones beside them. */
static const char *const known[] = {"fullchain.pem", "cert.pem", "pubcert.pem", "chain.pem",
                                    "privkey.pem"};

bool pool_is_known(const char *folder)
{
    return has(folder, "privkey.pem") &&
           (has(folder, "fullchain.pem") || has(folder, "cert.pem") || has(folder, "pubcert.pem"));
}

static enum tlsagen_status add_known(struct pool *pool, const char *folder, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && status == TLSAGEN_OK; i++)
        status = add_named(pool, folder, known[i], err);
    return status;
}

/* Files that ACME clients give keys and certificates; requests and notes have other names. */
int pool_may_hold(const struct dirent *entry)
{
    static const char *const ends[] = {".pem", ".key", ".crt", ".cer", ".cert"};
    const char *dot = strrchr(entry->d_name, '.');
    for (size_t i = 0; dot != NULL && entry->d_name[0] != '.' && i < sizeof(ends) / sizeof(ends[0]);
         i++) {
        if (strcasecmp(dot, ends[i]) == 0)
            return 1;
    }
    return 0;
}

static enum tlsagen_status add_all(struct pool *pool, const char *folder, struct tlsagen_err *err)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, pool_may_hold, alphasort);
    if (count < 0)
        return tlsagen_err_system(err, errno, "cannot read the folder %s", folder);
    enum tlsagen_status status = TLSAGEN_OK;
    if (count > FOLDER_MAX)
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                                 "%s: %d files, more than the %d that are looked at; name the "
                                 "files, or a folder with fewer",
                                 folder, count, FOLDER_MAX);
    for (int i = 0; i < count; i++) {
        if (status == TLSAGEN_OK)
            status = add_named(pool, folder, entries[i]->d_name, err);
        if (status == TLSAGEN_E_KIND) /* a folder of that name, a list of revocations, … */
            status = TLSAGEN_OK;
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum tlsagen_status pool_add_path(struct pool *pool, const char *path, struct tlsagen_err *err)
{
    struct stat st;
    enum tlsagen_status status;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        status = add_file(pool, path, pool->path_count, err);
    } else {
        note_time(pool, &st);
        status = pool_is_known(path) ? add_known(pool, path, err) : add_all(pool, path, err);
    }
    pool->ends[pool->path_count++] = pool->material->input_count;
    return status;
}

enum tlsagen_status pool_add_spare(struct pool *pool, const char *path, struct tlsagen_err *err)
{
    int64_t newest = pool->newest; /* of the source, which this is not */
    enum tlsagen_status status = add_file(pool, path, POOL_SPARE, err);
    pool->newest = newest;
    return status;
}

enum tlsagen_status pool_add_spare_key(struct pool *pool, const struct tlsagen_buf *pem,
                                       const char *label, const struct stat *st,
                                       struct tlsagen_err *err)
{
    EVP_PKEY *key = keytext_read(pool->ctx, pem);
    return key != NULL ? add_key(pool, key, POOL_SPARE, label, st, err) : TLSAGEN_OK;
}
