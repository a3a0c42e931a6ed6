#include "agree.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

/* Frees what an i2d function of OpenSSL has made. */
static bool equal(const uint8_t *got, size_t got_len, unsigned char *wanted, int wanted_len)
{
    bool same = wanted_len >= 0 && got_len == (size_t)wanted_len &&
                (got_len == 0 || memcmp(got, wanted, got_len) == 0);
    OPENSSL_free(wanted);
    return same;
}

static int64_t seconds_of(const ASN1_TIME *when)
{
    struct tm tm;
    return ASN1_TIME_to_tm(when, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static const char *compare_item(const struct tlsagen_material *material, const struct item *item,
                                X509 *x509)
{
    unsigned char *out = NULL;
    int len = i2d_X509(x509, &out);
    if (!equal(item_bytes(material, item->der), item->der.len, out, len))
        return "certificate";
    out = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &out);
    if (!equal(item_bytes(material, item->spki), item->spki.len, out, len))
        return "SubjectPublicKeyInfo";
    out = NULL;
    len = i2d_X509_NAME(X509_get_issuer_name(x509), &out);
    if (!equal(item_bytes(material, item->issuer), item->issuer.len, out, len))
        return "issuer";
    out = NULL;
    len = i2d_X509_NAME(X509_get_subject_name(x509), &out);
    if (!equal(item_bytes(material, item->subject), item->subject.len, out, len))
        return "subject";
    if (item->not_before != seconds_of(X509_get0_notBefore(x509)))
        return "notBefore";
    if (item->not_after != seconds_of(X509_get0_notAfter(x509)))
        return "notAfter";
    return NULL;
}

static const char *compare_names(const struct cert_view *view, X509 *x509)
{
    struct der names, name;
    const char *difference = NULL;
    GENERAL_NAMES *alt = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    bool readable = alt != NULL && cert_dns_names_begin(view, &names);
    for (int i = 0; readable && i < sk_GENERAL_NAME_num(alt) && difference == NULL; i++) {
        const GENERAL_NAME *wanted = sk_GENERAL_NAME_value(alt, i);
        if (wanted->type != GEN_DNS)
            continue;
        size_t len = (size_t)ASN1_STRING_length(wanted->d.dNSName);
        if (!cert_dns_names_next(&names, &name) || der_left(&name) != len ||
            memcmp(name.p, ASN1_STRING_get0_data(wanted->d.dNSName), len) != 0)
            difference = "DNS names";
    }
    GENERAL_NAMES_free(alt);
    return difference;
}

/* Where the scan says yes, everything that it tells is what OpenSSL tells. */
static const char *compare_view(const struct cert_view *view, X509 *x509)
{
    EVP_PKEY *key = X509_get0_pubkey(x509);
    if (key != NULL && EVP_PKEY_is_a(key, "RSA") &&
        spki_rsa_bits(&view->spki) != (size_t)EVP_PKEY_get_bits(key))
        return "bits of the RSA key";
    return compare_names(view, x509);
}

enum agree_result agree_on_certificate(struct tlsagen_material *material, const uint8_t *der,
                                       size_t len, const char **difference)
{
    struct cert_view view;
    const unsigned char *p = der;
    X509 *x509 = d2i_X509(NULL, &p, (long)len);
    bool recognised = cert_scan(der, len, &view);
    *difference = NULL;
    if (recognised && x509 == NULL)
        *difference = "the scan recognises what OpenSSL refuses";
    else if (recognised && p != der + len)
        *difference = "the scan recognises what OpenSSL reads in part";
    else if (recognised)
        *difference = compare_view(&view, x509);
    tlsagen_material_reset(material);
    bool taken = material_begin(material, "test", NULL) == TLSAGEN_OK &&
                 material_add_cert(material, der, len, NULL) == TLSAGEN_OK;
    if (*difference == NULL && taken != (x509 != NULL))
        *difference = taken ? "taken, and OpenSSL refuses it" : "refused, and OpenSSL takes it";
    if (*difference == NULL && taken)
        *difference = compare_item(material, &material->items[0], x509);
    enum agree_result result = x509 == NULL ? AGREE_REFUSED
                               : recognised ? AGREE_RECOGNISED
                                            : AGREE_ACCEPTED;
    X509_free(x509);
    ERR_clear_error();
    return *difference == NULL ? result : AGREE_NOT;
}
