/* naming.c - the host a certificate is for. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "chain.h"

/* True, with the host filled, for a name that is one host's. */
static bool take_name(const uint8_t *bytes, size_t len, char host[TLSAGEN_NAME_SIZE])
{
    char text[TLSAGEN_NAME_SIZE];
    if (len == 0 || len >= sizeof(text) || memchr(bytes, '\0', len) != NULL)
        return false;
    memcpy(text, bytes, len);
    text[len] = '\0';
    return tlsagen_host_parse(text, host, NULL) == TLSAGEN_OK;
}

static bool has_two_labels(const char host[TLSAGEN_NAME_SIZE])
{
    return strchr(host, '.') != host + strlen(host) - 1;
}

/* Where the scan recognised the certificate, without decoding it. */
static bool from_scan(const struct tlsagen_material *material, const struct item *item,
                      char host[TLSAGEN_NAME_SIZE])
{
    struct cert_view view = {0};
    struct der names, name;
    view.extensions = item_extensions(material, item);
    if (!cert_dns_names_begin(&view, &names))
        return false;
    while (cert_dns_names_next(&names, &name)) {
        if (take_name(name.p, der_left(&name), host))
            return true;
    }
    return false;
}

static bool from_alt_names(X509 *x509, bool *any, char host[TLSAGEN_NAME_SIZE])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        *any = true;
        found = take_name(ASN1_STRING_get0_data(name->d.dNSName),
                          (size_t)ASN1_STRING_length(name->d.dNSName), host);
    }
    GENERAL_NAMES_free(names);
    return found;
}

/*
 * The last common name, which counts only without a DNS name (RFC 6125 section 6.4.4), and only
 * with a dot: "R3" is a CA's.
 */
static bool from_common_name(X509 *x509, char host[TLSAGEN_NAME_SIZE])
{
    const X509_NAME *subject = X509_get_subject_name(x509);
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        last = at;
    if (last < 0)
        return false;
    unsigned char *text = NULL;
    int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    bool found = len > 0 && take_name(text, (size_t)len, host) && has_two_labels(host);
    OPENSSL_free(text);
    return found;
}

static bool name_of(struct tlsagen_material *material, struct item *item,
                    char host[TLSAGEN_NAME_SIZE])
{
    if (from_scan(material, item, host))
        return true;
    X509 *x509 = item_x509(material, item);
    bool any = false;
    bool found = x509 != NULL &&
                 (from_alt_names(x509, &any, host) || (!any && from_common_name(x509, host)));
    ERR_clear_error();
    return found;
}

enum tlsagen_status tlsagen_material_host(struct tlsagen_ctx *ctx,
                                          struct tlsagen_material *material,
                                          char host[TLSAGEN_NAME_SIZE], struct tlsagen_err *err)
{
    (void)ctx;
    struct index_list leaves = {0};
    enum tlsagen_status status = chain_leaves(material, &leaves, err);
    size_t count = leaves.count;
    size_t leaf = count == 0 ? 0 : leaves.at[0];
    index_list_clear(&leaves);
    if (status != TLSAGEN_OK)
        return status;
    if (count == 0)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "no certificate to take a host name from");
    struct item *item = &material->items[leaf];
    if (name_of(material, item, host))
        return TLSAGEN_OK;
    char subject[200];
    return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                           "%s: certificate \"%s\" has no DNS name that is one host's; name the "
                           "host",
                           material->inputs[item->input].label,
                           item_subject(material, item, subject, sizeof(subject)));
}
