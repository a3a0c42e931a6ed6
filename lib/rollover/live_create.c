/* live_create.c - a new version: its files, all or none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/input.h>

#include "base/file.h"
#include "live_place.h"

#define FILES 5 /* of a pair */

struct file {
    char name[48];
    struct tlsagen_buf bytes;
    struct file_owner owner;
};

struct version {
    struct file files[FILES * MODEL_CHAINS];
    size_t count;
    struct file_owner folder;
};

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a version");
}

static void clear_version(struct version *version)
{
    for (size_t i = 0; i < version->count; i++)
        tlsagen_buf_cleanse(&version->files[i].bytes);
    version->count = 0;
}

/* --- what is in it --- */

/* "" for the first pair, "-rsa" for another, "-rsa2" when an earlier one has that. */
static void name_pair(const struct source *source, size_t pair, char suffix[24])
{
    size_t earlier = 0;
    for (size_t i = 1; i < pair; i++)
        earlier += strcmp(source->pairs[i].kind, source->pairs[pair].kind) == 0;
    if (pair == 0)
        suffix[0] = '\0';
    else if (earlier == 0)
        (void)snprintf(suffix, 24, "-%s", source->pairs[pair].kind);
    else
        (void)snprintf(suffix, 24, "-%s%zu", source->pairs[pair].kind, earlier + 1);
}

static struct file *add_file(struct version *version, const char *name, const char *suffix,
                             const struct file_owner *owner)
{
    struct file *file = &version->files[version->count++];
    (void)snprintf(file->name, sizeof(file->name), "%s%s.pem", name, suffix);
    tlsagen_buf_init(&file->bytes);
    file->owner = *owner;
    return file;
}

static bool add_certs(struct tlsagen_buf *bytes, const struct source_pair *pair, size_t from,
                      size_t to)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio != NULL;
    for (size_t i = from; i < to && ok; i++)
        ok =
            pair->certs[i].len <= INT32_MAX &&
            PEM_write_bio(bio, "CERTIFICATE", "", pair->certs[i].der, (long)pair->certs[i].len) > 0;
    long len = ok ? BIO_get_mem_data(bio, &text) : 0;
    if (len > 0)
        tlsagen_buf_add(bytes, text, (size_t)len);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

static enum tlsagen_status add_pair(struct version *version, const struct source_pair *pair,
                                    const char *suffix, const struct file_owner *secret,
                                    struct tlsagen_err *err)
{
    struct file_owner public = *secret;
    public.mode = 0644;
    struct file *key = add_file(version, "privkey", suffix, secret);
    tlsagen_buf_add(&key->bytes, pair->key.data, pair->key.len);
    struct file *combined = add_file(version, "combined", suffix, secret);
    struct file *full = add_file(version, "fullchain", suffix, &public);
    struct file *cert = add_file(version, "cert", suffix, &public);
    bool ok = add_certs(&full->bytes, pair, 0, pair->count) && add_certs(&cert->bytes, pair, 0, 1);
    if (pair->count > 1) {
        struct file *chain = add_file(version, "chain", suffix, &public);
        ok = ok && add_certs(&chain->bytes, pair, 1, pair->count) && !chain->bytes.failed;
    }
    /* Room for all of it first: a buffer that grows leaves a copy of the key behind. */
    if (ok && tlsagen_buf_reserve(&combined->bytes, key->bytes.len + full->bytes.len)) {
        tlsagen_buf_add(&combined->bytes, key->bytes.data, key->bytes.len);
        tlsagen_buf_add(&combined->bytes, full->bytes.data, full->bytes.len);
    }
    ok = ok && !key->bytes.failed && !combined->bytes.failed && !full->bytes.failed &&
         !cert->bytes.failed;
    return ok ? TLSAGEN_OK : no_memory(err);
}

/* --- who may read it --- */

/* The former live key of this name, when there is one. */
static bool look_at_former(const struct place *place, const char *former, const char *suffix,
                           struct stat *st, char path[1024])
{
    int len = snprintf(path, 1024, "%s/%s/privkey%s.pem", place->store, former, suffix);
    return former[0] != '\0' && len > 0 && len < 1024 && stat(path, st) == 0;
}

static enum tlsagen_status choose_owner(const struct place *place, const char *former,
                                        const char *suffix, const struct source_pair *pair,
                                        const struct live_owner *owner, struct file_owner *chosen,
                                        struct tlsagen_err *err)
{
    char path[1024];
    struct stat st;
    const char *label = pair->key_label;
    *chosen = (struct file_owner){pair->uid, pair->gid, pair->mode};
    if (look_at_former(place, former, suffix, &st, path)) {
        *chosen = (struct file_owner){st.st_uid, st.st_gid, st.st_mode & 0777};
        label = path;
    }
    if ((chosen->mode & 0007) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: everybody may read this private key (mode %04o), and nothing "
                               "is made like it; chmod 600 it",
                               label, (unsigned)chosen->mode);
    if ((owner->mode & ~(mode_t)0640) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "mode %04o of live keys lets others at them; use 0600 or 0640",
                               (unsigned)owner->mode);
    if (owner->mode != 0)
        chosen->mode = owner->mode;
    chosen->mode = (chosen->mode & 0640) | 0400;
    if (owner->has_uid)
        chosen->uid = owner->uid;
    if (owner->has_gid)
        chosen->gid = owner->gid;
    return TLSAGEN_OK;
}

/* The folder lets those in who may read a key. */
static void widen_folder(struct file_owner *folder, const struct file_owner *key, bool first)
{
    if (first)
        *folder = (struct file_owner){key->uid, key->gid, 0700};
    if ((key->mode & 0040) != 0) {
        folder->gid = key->gid;
        folder->mode = 0750;
    }
}

static enum tlsagen_status fill(const struct place *place, const char *former,
                                const struct source *source, const struct live_owner *owner,
                                struct version *version, struct tlsagen_err *err)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct source_pair *pair = &source->pairs[i];
        struct file_owner secret;
        char suffix[24];
        name_pair(source, i, suffix);
        if (pair->key.len == 0)
            return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: no private key to deploy it with",
                                   pair->label);
        enum tlsagen_status status = choose_owner(place, former, suffix, pair, owner, &secret, err);
        if (status == TLSAGEN_OK)
            status = add_pair(version, pair, suffix, &secret, err);
        if (status != TLSAGEN_OK)
            return status;
        widen_folder(&version->folder, &secret, i == 0);
    }
    return source->count > 0 ? TLSAGEN_OK
                             : tlsagen_err_set(err, TLSAGEN_E_KIND, "nothing to deploy");
}

/* --- on the disk --- */

static bool has_bytes(const char *folder, const struct file *file)
{
    struct tlsagen_buf bytes;
    char *path = file_join(folder, file->name);
    tlsagen_buf_init(&bytes);
    bool same = path != NULL && tlsagen_input_read(path, &bytes, NULL) == TLSAGEN_OK &&
                bytes.len == file->bytes.len &&
                memcmp(bytes.data, file->bytes.data, bytes.len) == 0;
    tlsagen_buf_cleanse(&bytes);
    free(path);
    return same;
}

static bool is_there(const struct place *place, const char *name, const struct version *version)
{
    char *folder = file_join(place->store, name);
    bool same = folder != NULL;
    for (size_t i = 0; i < version->count && same; i++)
        same = has_bytes(folder, &version->files[i]);
    free(folder);
    return same;
}

static enum tlsagen_status write_files(const char *folder, const struct version *version,
                                       struct tlsagen_err *err)
{
    struct stat st;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < version->count && status == TLSAGEN_OK; i++) {
        const struct file *file = &version->files[i];
        char *path = file_join(folder, file->name);
        status = path == NULL
                     ? no_memory(err)
                     : file_create(path, file->bytes.data, file->bytes.len, &file->owner, err);
        free(path);
    }
    if (status != TLSAGEN_OK)
        return status;
    if (stat(folder, &st) != 0 ||
        ((st.st_uid != version->folder.uid || st.st_gid != version->folder.gid) &&
         chown(folder, version->folder.uid, version->folder.gid) != 0) ||
        chmod(folder, version->folder.mode) != 0)
        return tlsagen_err_system(err, errno, "cannot set owner and mode of %s", folder);
    return file_sync_folder(folder, err);
}

/* A name that no version has yet: by the second, and by the next one where that is taken. */
static enum tlsagen_status choose_name(const struct place *place, const uint8_t id[MODEL_ID],
                                       int64_t now, char name[LIVE_NAME], struct tlsagen_err *err)
{
    char digits[LIVE_ID_DIGITS + 1], moment[24];
    struct stat st;
    struct tm tm;
    place_id_digits(id, digits);
    for (time_t when = (time_t)now;; when++) {
        if (gmtime_r(&when, &tm) == NULL ||
            strftime(moment, sizeof(moment), "%Y-%m-%dT%H-%M-%SZ", &tm) == 0)
            return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "the clock says no time that can be");
        (void)snprintf(name, LIVE_NAME, "%s-%s", moment, digits);
        char *path = file_join(place->store, name);
        if (path == NULL)
            return no_memory(err);
        bool taken = lstat(path, &st) == 0;
        free(path);
        if (!taken)
            return TLSAGEN_OK;
    }
}

static enum tlsagen_status write_version(const struct place *place, const struct version *version,
                                         const char *name, struct tlsagen_err *err)
{
    char *under_way = file_join(place->store, LIVE_NEW), *final = file_join(place->store, name);
    enum tlsagen_status status = TLSAGEN_OK;
    if (under_way == NULL || final == NULL)
        status = no_memory(err);
    else if (mkdir(under_way, 0700) != 0)
        status = tlsagen_err_system(err, errno, "cannot make the folder %s", under_way);
    else
        status = write_files(under_way, version, err);
    if (status == TLSAGEN_OK && rename(under_way, final) != 0)
        status = tlsagen_err_system(err, errno, "cannot make the folder %s", final);
    free(under_way);
    free(final);
    if (status == TLSAGEN_OK)
        return file_sync_folder(place->store, err);
    (void)place_remove(place, LIVE_NEW, NULL);
    return status;
}

static enum tlsagen_status create(const struct place *place, const struct version *version,
                                  const uint8_t id[MODEL_ID], int64_t now, char name[LIVE_NAME],
                                  struct tlsagen_err *err)
{
    enum tlsagen_status status = place_find(place, id, name, err);
    if (status == TLSAGEN_OK && is_there(place, name, version))
        return TLSAGEN_OK;
    if (status != TLSAGEN_OK && status != TLSAGEN_E_NOTFOUND)
        return status;
    status = file_make_folder(place->folder, 0755, err);
    if (status == TLSAGEN_OK)
        status = file_make_folder(place->store, 0755, err);
    if (status == TLSAGEN_OK)
        status = place_remove(place, LIVE_NEW, err);
    if (status == TLSAGEN_OK)
        status = choose_name(place, id, now, name, err);
    return status == TLSAGEN_OK ? write_version(place, version, name, err) : status;
}

enum tlsagen_status live_create(const char *live, const struct source *source,
                                const uint8_t id[MODEL_ID], const struct live_owner *owner,
                                int64_t now, char version[LIVE_NAME], struct tlsagen_err *err)
{
    struct place place;
    char former[LIVE_NAME];
    version[0] = '\0';
    struct version *made = calloc(1, sizeof(*made));
    enum tlsagen_status status = place_make(live, &place, err);
    if (status == TLSAGEN_OK && made == NULL)
        status = no_memory(err);
    if (status == TLSAGEN_OK)
        status = place_look(&place, former, err);
    if (status == TLSAGEN_E_NOTFOUND)
        status = TLSAGEN_OK;
    if (status == TLSAGEN_OK)
        status = fill(&place, former, source, owner, made, err);
    if (status == TLSAGEN_OK)
        status = create(&place, made, id, now, version, err);
    if (made != NULL)
        clear_version(made);
    free(made);
    place_clear(&place);
    return status;
}
