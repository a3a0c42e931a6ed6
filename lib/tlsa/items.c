#include "items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

enum tlsagen_status tlsagen_material_new(struct tlsagen_material **material,
                                         struct tlsagen_err *err)
{
    struct tlsagen_material *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return no_memory(err);
    tlsagen_buf_init(&made->bytes);
    *material = made;
    return TLSAGEN_OK;
}

void tlsagen_material_reset(struct tlsagen_material *material)
{
    for (size_t i = 0; i < material->count; i++)
        X509_free(material->items[i].x509);
    material->count = 0;
    material->input_count = 0;
    tlsagen_buf_reset(&material->bytes);
}

void tlsagen_material_free(struct tlsagen_material *material)
{
    if (material == NULL)
        return;
    tlsagen_material_reset(material);
    tlsagen_buf_clear(&material->bytes);
    free(material->items);
    free(material->inputs);
    free(material);
}

/* Room for one more element of an array; NULL when memory runs out. */
static void *grown(void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return array;
    size_t more = *cap == 0 ? 4 : *cap * 2;
    if (more > SIZE_MAX / size)
        return NULL;
    void *moved = realloc(array, more * size);
    if (moved != NULL)
        *cap = more;
    return moved;
}

enum tlsagen_status material_begin(struct tlsagen_material *material, const char *label,
                                   struct tlsagen_err *err)
{
    struct input *inputs =
        grown(material->inputs, material->input_count, &material->input_cap, sizeof(inputs[0]));
    if (inputs == NULL)
        return no_memory(err);
    material->inputs = inputs;
    struct input *input = &inputs[material->input_count++];
    input->found = false;
    input->served = false;
    size_t len = strnlen(label, sizeof(input->label) - 1);
    memcpy(input->label, label, len);
    input->label[len] = '\0';
    return TLSAGEN_OK;
}

const char *material_label(const struct tlsagen_material *material)
{
    return material->inputs[material->input_count - 1].label;
}

static struct span store(struct tlsagen_material *material, const uint8_t *bytes, size_t len)
{
    struct span span = {material->bytes.len, len};
    tlsagen_buf_add(&material->bytes, bytes, len);
    return span;
}

static bool same(const struct tlsagen_material *material, struct span a, struct span b)
{
    return a.len == b.len && memcmp(item_bytes(material, a), item_bytes(material, b), a.len) == 0;
}

bool item_is_self_issued(const struct tlsagen_material *material, const struct item *item)
{
    return same(material, item->issuer, item->subject);
}

/* Adds the item unless the same certificate, or a key with the same SPKI, is there already. */
static enum tlsagen_status add_item(struct tlsagen_material *material, struct item *item,
                                    struct tlsagen_err *err)
{
    if (material->bytes.failed)
        return no_memory(err);
    material->inputs[material->input_count - 1].found = true;
    for (size_t i = 0; i < material->count; i++) {
        const struct item *other = &material->items[i];
        bool certs = item->origin == ITEM_CERT && other->origin == ITEM_CERT;
        bool keys = item->origin != ITEM_CERT && other->origin != ITEM_CERT;
        if ((certs && same(material, item->der, other->der)) ||
            (keys && same(material, item->spki, other->spki)))
            return TLSAGEN_OK;
    }
    struct item *items = grown(material->items, material->count, &material->cap, sizeof(items[0]));
    if (items == NULL)
        return no_memory(err);
    material->items = items;
    item->input = material->input_count - 1;
    if (item->x509 != NULL)
        (void)X509_up_ref(item->x509);
    items[material->count++] = *item;
    return TLSAGEN_OK;
}

static struct span part_of(const struct der *part, const uint8_t *base, struct span whole)
{
    if (part->p == NULL)
        return (struct span){whole.at, 0};
    return (struct span){whole.at + (size_t)(part->p - base), der_left(part)};
}

enum tlsagen_status material_add_cert(struct tlsagen_material *material, const uint8_t *der,
                                      size_t len, struct tlsagen_err *err)
{
    struct cert_view view;
    if (cert_scan(der, len, &view)) {
        struct item item = {
            .origin = ITEM_CERT, .not_before = view.not_before, .not_after = view.not_after};
        item.der = store(material, der, len);
        item.spki = part_of(&view.spki, der, item.der);
        item.issuer = part_of(&view.issuer, der, item.der);
        item.subject = part_of(&view.subject, der, item.der);
        item.extensions = part_of(&view.extensions, der, item.der);
        return add_item(material, &item, err);
    }
    const unsigned char *p = der;
    ERR_clear_error();
    X509 *x509 = len > LONG_MAX ? NULL : d2i_X509(NULL, &p, (long)len);
    if (x509 == NULL) {
        char reason[160];
        const char *detail = ERR_reason_error_string(ERR_peek_error());
        (void)snprintf(reason, sizeof(reason), "%s", detail == NULL ? "no reason given" : detail);
        ERR_clear_error();
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%s: certificate is damaged (%s); get a fresh copy",
                               material_label(material), reason);
    }
    enum tlsagen_status status = material_add_x509(material, x509, err);
    X509_free(x509);
    return status;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm);
}

/* Stores what an i2d function of libcrypto allocated, and frees it. */
static bool store_encoded(struct tlsagen_material *material, unsigned char *der, int len,
                          struct span *span)
{
    if (len >= 0)
        *span = store(material, der, (size_t)len);
    OPENSSL_free(der);
    return len >= 0;
}

static bool store_x509(struct tlsagen_material *material, X509 *x509, struct item *item)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    if (!store_encoded(material, der, len, &item->der))
        return false;
    der = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    if (!store_encoded(material, der, len, &item->spki))
        return false;
    der = NULL;
    len = i2d_X509_NAME(X509_get_issuer_name(x509), &der);
    if (!store_encoded(material, der, len, &item->issuer))
        return false;
    der = NULL;
    len = i2d_X509_NAME(X509_get_subject_name(x509), &der);
    return store_encoded(material, der, len, &item->subject);
}

enum tlsagen_status material_add_x509(struct tlsagen_material *material, X509 *x509,
                                      struct tlsagen_err *err)
{
    struct item item = {.origin = ITEM_CERT, .x509 = x509};
    ERR_clear_error();
    if (!store_x509(material, x509, &item))
        return ctx_crypto_error(err, "encode a certificate");
    item.not_before = seconds_of(X509_get0_notBefore(x509));
    item.not_after = seconds_of(X509_get0_notAfter(x509));
    return add_item(material, &item, err);
}

enum tlsagen_status material_add_spki(struct tlsagen_material *material, enum item_origin origin,
                                      const uint8_t *spki, size_t len, struct tlsagen_err *err)
{
    struct item item = {.origin = origin};
    item.spki = store(material, spki, len);
    return add_item(material, &item, err);
}

enum tlsagen_status material_add_key(struct tlsagen_material *material, enum item_origin origin,
                                     const EVP_PKEY *key, struct tlsagen_err *err)
{
    struct item item = {.origin = origin};
    unsigned char *der = NULL;
    ERR_clear_error();
    int len = i2d_PUBKEY(key, &der);
    if (len <= 0 || !store_encoded(material, der, len, &item.spki))
        return ctx_crypto_error(err, "get the public key out of a key");
    return add_item(material, &item, err);
}

X509 *item_x509(struct tlsagen_material *material, struct item *item)
{
    if (item->x509 == NULL && item->der.len > 0) {
        const unsigned char *p = item_bytes(material, item->der);
        item->x509 = d2i_X509(NULL, &p, (long)item->der.len);
        ERR_clear_error();
    }
    return item->x509;
}

static const char *name_text(const struct tlsagen_material *material, struct span span, char *text,
                             size_t size)
{
    const unsigned char *p = item_bytes(material, span);
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)span.len);
    BIO *out = BIO_new(BIO_s_mem());
    (void)snprintf(text, size, "(no name)");
    if (name != NULL && out != NULL && X509_NAME_entry_count(name) > 0 &&
        X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >=
            0) {
        int len = BIO_read(out, text, (int)size - 1);
        text[len < 0 ? 0 : len] = '\0';
    }
    BIO_free(out);
    X509_NAME_free(name);
    ERR_clear_error();
    return text;
}

const char *item_subject(const struct tlsagen_material *material, const struct item *item,
                         char *text, size_t size)
{
    return name_text(material, item->subject, text, size);
}

const char *item_issuer(const struct tlsagen_material *material, const struct item *item,
                        char *text, size_t size)
{
    return name_text(material, item->issuer, text, size);
}

const char *item_origin_name(enum item_origin origin)
{
    static const char *const names[] = {
        [ITEM_CERT] = "certificate",
        [ITEM_PRIVATE_KEY] = "private key",
        [ITEM_PUBLIC_KEY] = "public key",
        [ITEM_REQUEST] = "certification request",
    };
    return names[origin];
}
