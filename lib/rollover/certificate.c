/* certificate.c - the certificate that is in use, as files tell, without a look at any key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <dirent.h>
#include <sys/stat.h>

#include <tlsagen/input.h>

#include "engine.h"
#include "pool.h"
#include "tlsa/chain.h"
#include "tlsa/check.h"

/* What one path has shown so far. */
struct finder {
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    const struct tlsagen_config_service *service;
    struct tlsagen_rollover_certificate *found;
    struct tlsagen_buf path;
};

/* --- the kind of a key, from its SubjectPublicKeyInfo (RFC 5480, RFC 8410) --- */

static const char *curve_of(const uint8_t *spki, size_t len)
{
    static const struct {
        const char *name, *oid; /* tag, length and content */
    } kinds[] = {
        {"EC P-256", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"},
        {"EC P-384", "\x06\x05\x2b\x81\x04\x00\x22"},
        {"EC P-521", "\x06\x05\x2b\x81\x04\x00\x23"},
        {"ED25519", "\x06\x03\x2b\x65\x70"},
        {"ED448", "\x06\x03\x2b\x65\x71"},
    };
    const size_t head = len < 40 ? len : 40; /* the algorithm stands at the beginning */
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const size_t size = 2 + (size_t)kinds[i].oid[1];
        for (size_t at = 0; at + size <= head; at++) {
            if (memcmp(spki + at, kinds[i].oid, size) == 0)
                return kinds[i].name;
        }
    }
    return "other";
}

static void add_key(struct tlsagen_rollover_certificate *found, const uint8_t *spki, size_t len)
{
    const struct der der = {spki, spki + len};
    const size_t bits = spki_rsa_bits(&der);
    char name[32];
    if (bits != 0)
        (void)snprintf(name, sizeof(name), "RSA %zu", bits);
    else
        (void)snprintf(name, sizeof(name), "%s", curve_of(spki, len));
    const size_t used = strlen(found->keys);
    (void)snprintf(found->keys + used, sizeof(found->keys) - used, "%s%s", used > 0 ? ", " : "",
                   name);
}

/* --- which certificate --- */

/*
 * The newest one for the host, else the newest that is no CA's; NULL: there is none. To tell either
 * may take decoding it, which costs more than all the rest, so that it is told where it matters.
 */
static const struct item *best_item(struct finder *finder)
{
    struct tlsagen_material *material = finder->material;
    const struct item *best = NULL;
    bool best_covers = false;
    for (size_t i = 0; i < material->count; i++) {
        struct item *item = &material->items[i];
        if (item->origin != ITEM_CERT || (best_covers && item->not_before <= best->not_before))
            continue;
        const bool covers =
            material->count == 1 || check_covers(material, item, finder->service->host);
        if (!covers && (best_covers || chain_is_ca(material, i)))
            continue;
        if (best == NULL || covers != best_covers || item->not_before > best->not_before) {
            best = item;
            best_covers = covers;
        }
    }
    return best;
}

static void take_best(struct finder *finder)
{
    struct tlsagen_rollover_certificate *found = finder->found;
    const struct item *best = best_item(finder);
    if (best != NULL) {
        add_key(found, item_bytes(finder->material, best->spki), best->spki.len);
        if (found->not_after == 0 || best->not_after < found->not_after)
            found->not_after = best->not_after;
    }
    tlsagen_material_reset(finder->material);
}

/* --- files --- */

static enum tlsagen_status add_file(struct finder *finder, const char *path,
                                    struct tlsagen_err *err)
{
    struct tlsagen_buf bytes;
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = tlsagen_input_read(path, &bytes, err);
    if (status == TLSAGEN_OK)
        status =
            tlsagen_material_add(finder->ctx, finder->material, bytes.data, bytes.len, path, err);
    tlsagen_buf_cleanse(&bytes); /* a key may stand beside the certificate */
    return status;
}

static enum tlsagen_status add_named(struct finder *finder, const char *folder, const char *name,
                                     struct tlsagen_err *err)
{
    tlsagen_buf_reset(&finder->path);
    tlsagen_buf_printf(&finder->path, "%s/%s", folder, name);
    enum tlsagen_status status = tlsagen_buf_check(&finder->path, err);
    return status == TLSAGEN_OK ? add_file(finder, finder->path.data, err) : status;
}

/* The files that `live` keeps certificates alone in, one for each kind of key. */
static int is_live_cert(const struct dirent *entry)
{
    const char *name = entry->d_name, *dot = strrchr(name, '.');
    return strncmp(name, "cert", 4) == 0 && (name[4] == '.' || name[4] == '-') && dot != NULL &&
           strcmp(dot, ".pem") == 0;
}

static int is_public(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return pool_may_hold(entry) != 0 && dot != NULL && strcasecmp(dot, ".key") != 0 &&
           strstr(entry->d_name, "privkey") == NULL;
}

/* In `live` each file is one in use; in a folder of an ACME client all of them make one. */
static enum tlsagen_status add_folder(struct finder *finder, const char *folder,
                                      int (*wanted)(const struct dirent *), bool each,
                                      struct tlsagen_err *err)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, wanted, alphasort);
    enum tlsagen_status status = TLSAGEN_OK;
    if (count < 0)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "cannot read the folder %s", folder);
    for (int i = 0; i < count; i++) {
        if (status == TLSAGEN_OK)
            status = add_named(finder, folder, entries[i]->d_name, err);
        if (status == TLSAGEN_OK && each)
            take_best(finder);
        if (!each && status != TLSAGEN_E_MEMORY)
            status = TLSAGEN_OK; /* other things stand in such folders, too */
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum tlsagen_status add_source(struct finder *finder, const char *path,
                                      struct tlsagen_err *err)
{
    static const char *const names[] = {"fullchain.pem", "cert.pem", "pubcert.pem"};
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return add_file(finder, path, err);
    if (!pool_is_known(path))
        return add_folder(finder, path, is_public, false, err);
    enum tlsagen_status status = TLSAGEN_E_NOTFOUND;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && status != TLSAGEN_OK; i++)
        status = add_named(finder, path, names[i], err);
    return status;
}

static enum tlsagen_status find(struct finder *finder, struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = finder->service;
    char version[LIVE_NAME] = "";
    enum tlsagen_status status = TLSAGEN_OK;
    if (service->live != NULL)
        status = live_look(service->live, version, err);
    finder->found->live = version[0] != '\0';
    if (status == TLSAGEN_OK && finder->found->live)
        return add_folder(finder, service->live, is_live_cert, true, err);
    for (size_t i = 0; status == TLSAGEN_OK && i < service->source.count; i++) {
        status = add_source(finder, service->source.items[i], err);
        take_best(finder);
    }
    return status;
}

enum tlsagen_status tlsagen_rollover_certificate_get(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *service,
    struct tlsagen_rollover_certificate *certificate, struct tlsagen_err *err)
{
    struct finder finder = {.ctx = rollover->ctx, .service = service, .found = certificate};
    *certificate = (struct tlsagen_rollover_certificate){.keys = ""};
    tlsagen_buf_init(&finder.path);
    enum tlsagen_status status = tlsagen_material_new(&finder.material, err);
    if (status == TLSAGEN_OK)
        status = find(&finder, err);
    if (status == TLSAGEN_OK && certificate->keys[0] == '\0')
        status = tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s: no server's certificate yet",
                                 finder.found->live ? service->live : "source");
    tlsagen_material_free(finder.material);
    tlsagen_buf_clear(&finder.path);
    return status;
}
