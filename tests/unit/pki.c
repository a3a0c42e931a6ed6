#include "pki.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

EVP_PKEY *pki_key(const char *kind)
{
    EVP_PKEY *key;
    if (strncmp(kind, "RSA:", 4) == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)strtoul(kind + 4, NULL, 10));
    else if (strncmp(kind, "P-", 2) == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert_non_null(key);
    return key;
}

static void set_name(X509_NAME *name, const struct pki_cert *cert)
{
    int type = cert->string_type == 0 ? V_ASN1_UTF8STRING : cert->string_type;
    if (*cert->name != '\0')
        assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, type,
                                                    (const unsigned char *)cert->name, -1, -1, 0),
                         1);
}

static void set_dates(X509 *x509, const struct pki_cert *cert)
{
    int from = cert->from_days == 0 ? -30 : cert->from_days;
    int to = cert->to_days == 0 ? 335 : cert->to_days;
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x509), PKI_NOW + from * INT64_C(86400)));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x509), PKI_NOW + to * INT64_C(86400)));
    if (cert->damage == NULL)
        return;
    assert_int_equal(ASN1_STRING_set(X509_getm_notBefore(x509), cert->damage, -1), 1);
    assert_int_equal(ASN1_STRING_set(X509_getm_notAfter(x509), cert->damage, -1), 1);
}

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_dns_names(X509 *x509, const char *names)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    for (const char *p = names; *p != '\0';) {
        size_t len = strcspn(p, ",");
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();
        assert_true(name != NULL && text != NULL && ASN1_STRING_set(text, p, (int)len) == 1);
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        assert_true(sk_GENERAL_NAME_push(list, name) > 0);
        p += len + (p[len] == ',');
    }
    assert_int_equal(X509_add1_ext_i2d(x509, NID_subject_alt_name, list, 0, 0), 1);
    GENERAL_NAMES_free(list);
}

X509 *pki_cert(const struct pki_cert *cert)
{
    X509 *x509 = X509_new();
    EVP_PKEY *signer = cert->signer == NULL ? cert->key : cert->signer;
    assert_non_null(x509);
    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    assert_int_equal(
        ASN1_INTEGER_set(X509_get_serialNumber(x509), cert->serial == 0 ? 1 : cert->serial), 1);
    set_name(X509_get_subject_name(x509), cert);
    assert_int_equal(
        X509_set_issuer_name(x509, X509_get_subject_name(cert->issuer ? cert->issuer : x509)), 1);
    set_dates(x509, cert);
    assert_int_equal(X509_set_pubkey(x509, cert->key), 1);
    if (cert->ca) {
        add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(x509, NID_key_usage, "keyCertSign,cRLSign");
    }
    if (cert->dns != NULL)
        add_dns_names(x509, cert->dns);
    bool plain = EVP_PKEY_is_a(signer, "ED25519") || EVP_PKEY_is_a(signer, "ED448");
    assert_true(X509_sign(x509, signer, plain ? NULL : EVP_sha256()) > 0);
    return x509;
}

static void add_encoded(struct tlsagen_buf *buf, unsigned char *der, int len)
{
    assert_true(len > 0);
    tlsagen_buf_add(buf, der, (size_t)len);
    OPENSSL_free(der);
    assert_false(buf->failed);
}

void pki_add_cert(struct tlsagen_buf *buf, X509 *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    add_encoded(buf, der, len);
}

void pki_add_spki(struct tlsagen_buf *buf, const EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    add_encoded(buf, der, len);
}

void pki_add_bio(struct tlsagen_buf *buf, BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    assert_true(len > 0);
    tlsagen_buf_add(buf, text, (size_t)len);
    assert_false(buf->failed);
    BIO_free(bio);
}

void pki_add_pem(struct tlsagen_buf *buf, const char *label, const void *der, size_t len)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(bio);
    assert_true(PEM_write_bio(bio, label, "", der, (long)len) > 0);
    pki_add_bio(buf, bio);
}

void pki_add_pem_cert(struct tlsagen_buf *buf, X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(bio);
    assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
    pki_add_bio(buf, bio);
}
