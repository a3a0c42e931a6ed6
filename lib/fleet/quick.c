/*
 * quick.c - the records of certificates, without their keys: what is there to be compared for
 * thousands of services is read as `tlsagen create` reads it.
 *
 * One file with one server's certificate, alone or with those of CAs above it, is what nearly all
 * services have. Anything else is left to source_read, which knows all that a source can be.
 */
#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/input.h>

#include "batch/file.h"
#include "tlsa/chain.h"
#include "tlsa/check.h"
#include "work.h"

/*
 * The file of a path: itself, or, in desiring->path, that of a folder as certbot and others leave
 * it. False when there is none, or something else.
 */
static bool find_file(struct desiring *desiring, const char *path, struct quick *quick)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        quick->there = errno != ENOENT;
        quick->simple = !quick->there;
        return false;
    }
    quick->there = true;
    if (S_ISREG(st.st_mode))
        return true;
    tlsagen_buf_str(&desiring->path, path);
    tlsagen_buf_str(&desiring->path, "/fullchain.pem");
    return !desiring->path.failed && S_ISDIR(st.st_mode) && stat(desiring->path.data, &st) == 0 &&
           S_ISREG(st.st_mode);
}

/* The bytes of the file of a path; *got is false when there is none, or something else. */
static enum tlsagen_status read_file(struct desiring *desiring, const char *path,
                                     struct quick *quick, bool *got, struct tlsagen_err *err)
{
    tlsagen_buf_reset(&desiring->path);
    *got = file_read_small(path, &desiring->input);
    quick->there = *got;
    if (*got || !find_file(desiring, path, quick))
        return TLSAGEN_OK;
    *got = true;
    if (desiring->path.len == 0)
        tlsagen_buf_str(&desiring->path, path);
    tlsagen_buf_reset(&desiring->input);
    return tlsagen_input_read(desiring->path.data, &desiring->input, err);
}

/*
 * True when basicConstraints (RFC 5280 section 4.2.1.9) says that the certificate is no CA's, as
 * nearly all do: libcrypto takes ten times as long to say so as the record takes.
 */
static bool is_plainly_no_ca(const struct tlsagen_material *material, const struct item *item)
{
    static const uint8_t oid[] = {0x06, 0x03, 0x55, 0x1d, 0x13};
    static const uint8_t critical[] = {0x01, 0x01, 0xff};
    static const uint8_t empty[] = {0x04, 0x02, 0x30, 0x00}; /* cA is FALSE by default */
    const struct der extensions = item_extensions(material, item);
    const size_t len = (size_t)(extensions.end - extensions.p);
    const uint8_t *found = memmem(extensions.p, len, oid, sizeof(oid));
    if (found == NULL)
        return false;
    const uint8_t *p = found + sizeof(oid);
    if ((size_t)(extensions.end - p) > sizeof(critical) && memcmp(p, critical, 3) == 0)
        p += sizeof(critical);
    return (size_t)(extensions.end - p) >= sizeof(empty) && memcmp(p, empty, sizeof(empty)) == 0;
}

/* The one leaf of the material. */
static bool find_leaf(struct desiring *desiring, size_t *leaf)
{
    struct index_list leaves = {0};
    struct tlsagen_material *material = desiring->material;
    bool one = chain_leaves(material, &leaves, NULL) == TLSAGEN_OK && leaves.count == 1;
    if (one)
        *leaf = leaves.at[0];
    index_list_clear(&leaves);
    return one && material->items[*leaf].origin == ITEM_CERT &&
           (is_plainly_no_ca(material, &material->items[*leaf]) || !chain_is_ca(material, *leaf));
}

static enum tlsagen_status take_leaf(struct desiring *desiring, size_t leaf, struct quick *quick,
                                     struct tlsagen_err *err)
{
    const struct item *item = &desiring->material->items[leaf];
    uint8_t digest[DIGEST_MAX];
    size_t len;
    enum tlsagen_status status =
        ctx_digest(desiring->ctx, TLSAGEN_MATCHING_SHA256,
                   item_bytes(desiring->material, item->der), item->der.len, digest, &len, err);
    if (status == TLSAGEN_OK)
        memcpy(quick->leaf, digest, MODEL_ID);
    return status;
}

static enum tlsagen_status take_records(struct desiring *desiring,
                                        const struct tlsagen_config_service *service,
                                        struct quick *quick, struct tlsagen_rrset *set,
                                        struct tlsagen_err *err)
{
    const struct tlsagen_request request = {
        .fields = service->fields,
        .field_count = service->field_count,
        .anchor = service->anchor,
        .anchor_offset = service->anchor_offset,
        .unchecked = true,
        .unrelated_keys = true,
    };
    size_t leaf = 0;
    if (!find_leaf(desiring, &leaf))
        return TLSAGEN_OK;
    quick->simple = true;
    quick->item = leaf;
    quick->not_before = desiring->material->items[leaf].not_before;
    quick->not_after = desiring->material->items[leaf].not_after;
    if (set == NULL)
        return take_leaf(desiring, leaf, quick, err);
    return tlsagen_material_records(desiring->ctx, desiring->material, &request, set, err);
}

enum tlsagen_status quick_read(struct desiring *desiring,
                               const struct tlsagen_config_service *service, const char *path,
                               struct quick *quick, struct tlsagen_rrset *set,
                               struct tlsagen_err *err)
{
    *quick = (struct quick){.simple = false};
    bool got = false;
    enum tlsagen_status status = read_file(desiring, path, quick, &got, err);
    if (status == TLSAGEN_OK && (!got || (service->backup_ca.count > 0 && set != NULL)))
        return TLSAGEN_OK;
    tlsagen_material_reset(desiring->material);
    /* Keys are not looked at, whole files of keys and certificates are source_read's. */
    bool certs = status == TLSAGEN_OK && desiring->input.len > 0 &&
                 strstr(desiring->input.data, "PRIVATE KEY-----") == NULL &&
                 desiring->input.data[0] != 0x30;
    if (certs)
        status = tlsagen_material_add(desiring->ctx, desiring->material, desiring->input.data,
                                      desiring->input.len, path, err);
    if (status == TLSAGEN_OK && certs)
        status = take_records(desiring, service, quick, set, err);
    if (desiring->input.len > 0)
        explicit_bzero(desiring->input.data, desiring->input.len);
    return status;
}

bool quick_covers(struct desiring *desiring, const struct quick *quick, const char *host)
{
    return check_covers(desiring->material, &desiring->material->items[quick->item], host);
}
