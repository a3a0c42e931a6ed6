#include <string.h>

#include "decode.h"
#include "pem.h"

static const char bom[] = "\xef\xbb\xbf";

/* For bytes that are none of the kinds: what they look like instead. */
static enum tlsagen_status unknown(const char *label, const char *bytes, size_t len,
                                   struct tlsagen_err *err)
{
    static const struct {
        const char *start;
        const char *name;
    } kinds[] = {
        {"ssh-", "an OpenSSH public key"},
        {"ecdsa-sha2-", "an OpenSSH public key"},
        {"\xfe\xed\xfe\xed", "a Java key store"},
        {"\xff\xfe", "UTF-16 text"},
        {"\xfe\xff", "UTF-16 text"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t start = strlen(kinds[i].start);
        if (len >= start && memcmp(bytes, kinds[i].start, start) == 0)
            return tlsagen_err_set(err, TLSAGEN_E_KIND,
                                   "%s: %s; give a certificate, chain, key or request in PEM or "
                                   "DER",
                                   label, kinds[i].name);
    }
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s: neither PEM nor DER; give a certificate, chain, key or request in "
                           "one of these",
                           label);
}

enum tlsagen_status tlsagen_material_add(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                         const void *bytes, size_t len, const char *label,
                                         struct tlsagen_err *err)
{
    enum tlsagen_status status = material_begin(material, label, err);
    if (status != TLSAGEN_OK)
        return status;
    const char *text = bytes;
    if (len >= sizeof(bom) - 1 && memcmp(text, bom, sizeof(bom) - 1) == 0) {
        text += sizeof(bom) - 1;
        len -= sizeof(bom) - 1;
    }
    if (len == 0)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%s: empty; give a certificate, chain, key or request", label);
    ctx->asking_for = material_label(material);
    if ((unsigned char)text[0] == DER_SEQUENCE)
        status = decode_der(ctx, material, (const uint8_t *)text, len, err);
    else if (pem_looks_like(text, len))
        status = decode_pem(ctx, material, text, len, err);
    else
        status = unknown(label, text, len, err);
    ctx->asking_for = NULL;
    return status;
}

enum tlsagen_status tlsagen_material_add_chain(struct tlsagen_ctx *ctx,
                                               struct tlsagen_material *material,
                                               const struct tlsagen_der *chain, size_t count,
                                               const char *label, struct tlsagen_err *err)
{
    (void)ctx;
    enum tlsagen_status status = material_begin(material, label, err);
    if (status == TLSAGEN_OK)
        material->inputs[material->input_count - 1].served = true;
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++)
        status = material_add_cert(material, chain[i].bytes, chain[i].len, err);
    return status;
}
