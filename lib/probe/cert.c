/* cert.c - what a certificate is, and chains from files. */
#include <tlsagen/judge.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define CHAIN_MAX 100

static void describe_key(const X509 *cert, char *text, size_t size)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *type = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
    char group[32] = "";
    size_t len = 0;
    if (type == NULL) {
        (void)snprintf(text, size, "unknown");
        ERR_clear_error();
    } else if (EVP_PKEY_is_a(key, "EC")) {
        if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
            group[0] = '\0';
        const char *nist = EC_curve_nid2nist(OBJ_sn2nid(group));
        (void)snprintf(text, size, "EC %.20s", nist != NULL ? nist : group);
    } else if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        (void)snprintf(text, size, "%.10s %d", type, EVP_PKEY_get_bits(key));
    } else {
        (void)snprintf(text, size, "%.30s", type);
    }
}

/* Days since 1970 by the calendar (proleptic Gregorian); ASN1_TIME_diff knows the rest. */
static bool seconds_of(const ASN1_TIME *time, int64_t *seconds)
{
    int days = 0, rest = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool good = epoch != NULL && ASN1_TIME_diff(&days, &rest, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    *seconds = (int64_t)days * 86400 + rest;
    return good;
}

static bool digest_spki(const X509 *cert, uint8_t out[32])
{
    unsigned char *der = NULL;
    unsigned len = 0;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool good = size > 0 && EVP_Digest(der, (size_t)size, out, &len, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return good && len == 32;
}

enum tlsagen_status tlsagen_cert_describe(const uint8_t *der, size_t len,
                                          struct tlsagen_cert_facts *facts, struct tlsagen_err *err)
{
    const unsigned char *p = der;
    X509 *cert = len <= LONG_MAX ? d2i_X509(NULL, &p, (long)len) : NULL;
    memset(facts, 0, sizeof(*facts));
    bool good = cert != NULL && seconds_of(X509_get0_notAfter(cert), &facts->not_after) &&
                digest_spki(cert, facts->spki_sha256);
    if (good)
        describe_key(cert, facts->key, sizeof(facts->key));
    X509_free(cert);
    ERR_clear_error();
    return good ? TLSAGEN_OK
                : tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "a certificate that cannot be read");
}

/* --- chains from files --- */

void tlsagen_chain_free(struct tlsagen_probe_cert *chain, size_t count)
{
    for (size_t i = 0; i < count; i++)
        OPENSSL_free(chain[i].der);
    OPENSSL_free(chain);
}

static enum tlsagen_status add_cert(struct tlsagen_probe_cert *chain, size_t *count,
                                    const X509 *cert, const char *label, struct tlsagen_err *err)
{
    unsigned char *der = NULL;
    if (*count == CHAIN_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s: more than %d certificates", label,
                               CHAIN_MAX);
    int len = i2d_X509(cert, &der);
    if (len <= 0)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a chain");
    chain[*count].der = der;
    chain[*count].len = (size_t)len;
    ++*count;
    return TLSAGEN_OK;
}

static int no_passphrase(char *passphrase, int size, int writing, void *arg)
{
    (void)passphrase, (void)size, (void)writing, (void)arg;
    return -1;
}

/* True when what PEM_read_bio_X509 left on the queue says that the text has no more blocks. */
static bool is_end(void)
{
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

static enum tlsagen_status read_pem(BIO *bio, struct tlsagen_probe_cert *chain, size_t *count,
                                    const char *label, struct tlsagen_err *err)
{
    for (;;) {
        ERR_clear_error();
        X509 *cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
        if (cert == NULL) {
            bool end = is_end();
            ERR_clear_error();
            return end ? TLSAGEN_OK
                       : tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                         "%s: certificate %zu cannot be read", label, *count + 1);
        }
        enum tlsagen_status status = add_cert(chain, count, cert, label, err);
        X509_free(cert);
        if (status != TLSAGEN_OK)
            return status;
    }
}

static enum tlsagen_status read_any(const void *bytes, size_t len, const char *label,
                                    struct tlsagen_probe_cert *chain, size_t *count,
                                    struct tlsagen_err *err)
{
    const unsigned char *p = bytes;
    X509 *cert = d2i_X509(NULL, &p, (long)len);
    ERR_clear_error();
    if (cert != NULL) {
        enum tlsagen_status status = add_cert(chain, count, cert, label, err);
        X509_free(cert);
        return status;
    }
    BIO *bio = BIO_new_mem_buf(bytes, (int)len);
    if (bio == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a chain");
    enum tlsagen_status status = read_pem(bio, chain, count, label, err);
    BIO_free(bio);
    if (status == TLSAGEN_OK && *count == 0)
        status = tlsagen_err_set(err, TLSAGEN_E_KIND, "%s holds no certificate", label);
    return status;
}

enum tlsagen_status tlsagen_chain_read(const void *bytes, size_t len, const char *label,
                                       struct tlsagen_probe_cert **chain, size_t *count,
                                       struct tlsagen_err *err)
{
    *chain = NULL;
    *count = 0;
    if (len > INT_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s is too large for a chain", label);
    struct tlsagen_probe_cert *list = OPENSSL_zalloc(CHAIN_MAX * sizeof(list[0]));
    if (list == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a chain");
    enum tlsagen_status status = read_any(bytes, len, label, list, count, err);
    if (status != TLSAGEN_OK) {
        tlsagen_chain_free(list, *count);
        *count = 0;
        return status;
    }
    *chain = list;
    return TLSAGEN_OK;
}
