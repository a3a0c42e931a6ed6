/*
 * make_certs.c - certificates to measure with: make_certs FOLDER DISTINCT FILES
 *
 * Writes FOLDER/files/NN/hostNNNNN.example.pem, FILES of them with DISTINCT different contents, the
 * list FOLDER/paths, the batch FOLDER/requests and the bundle FOLDER/bundle.pem. Every second key
 * is of RSA with 2048 bits, the others of P-256, all signed by a CA with an RSA key, with the
 * extensions that public CAs put in: about the size and shape of what servers have.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#define RSA_KEYS 8 /* made once, as making one takes as long as signing a hundred certificates */
#define FOLDERS 100
#define KEYS 1000

static void fail(const char *what)
{
    (void)fprintf(stderr, "make_certs: cannot %s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void add_extension(X509 *certificate, X509 *ca, int nid, const char *value)
{
    X509V3_CTX ctx;
    CONF *empty = NCONF_new(NULL); /* policies ask for one */
    X509V3_set_ctx(&ctx, ca, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, empty);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
        fail("add an extension");
    X509_EXTENSION_free(extension);
    NCONF_free(empty);
}

/* Stands for the two signed certificate timestamps of public CAs, which are random to a reader. */
static void add_timestamps(X509 *certificate)
{
    unsigned char bytes[242];
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    if (RAND_bytes(bytes, sizeof(bytes)) != 1 || value == NULL ||
        ASN1_OCTET_STRING_set(value, bytes, sizeof(bytes)) != 1)
        fail("make an extension");
    X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, NID_ct_precert_scts, 0, value);
    if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
        fail("add an extension");
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
}

static void set_name(X509_NAME *name, const char *host)
{
    if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)host, -1, -1,
                                   0) != 1)
        fail("name a certificate");
}

static X509 *make(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, unsigned serial, const char *host)
{
    char names[256];
    X509 *certificate = X509_new();
    if (certificate == NULL || X509_set_version(certificate, 2) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)serial) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * 365) == NULL ||
        X509_set_pubkey(certificate, key) != 1)
        fail("make a certificate");
    set_name(X509_get_subject_name(certificate), host);
    if (ca == NULL) {
        set_name(X509_get_issuer_name(certificate), host);
        add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
        add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    } else {
        if (X509_set_issuer_name(certificate, X509_get_subject_name(ca)) != 1)
            fail("name the issuer");
        (void)snprintf(names, sizeof(names), "DNS:%s,DNS:www.%s", host, host);
        add_extension(certificate, ca, NID_key_usage, "critical,digitalSignature");
        add_extension(certificate, ca, NID_ext_key_usage, "serverAuth,clientAuth");
        add_extension(certificate, ca, NID_basic_constraints, "critical,CA:FALSE");
        add_extension(certificate, ca, NID_subject_key_identifier, "hash");
        add_extension(certificate, ca, NID_authority_key_identifier, "keyid");
        add_extension(certificate, ca, NID_info_access,
                      "OCSP;URI:http://ocsp.example.net,caIssuers;URI:http://ca.example.net/");
        add_extension(certificate, ca, NID_subject_alt_name, names);
        add_extension(certificate, ca, NID_certificate_policies, "2.23.140.1.2.1");
        add_timestamps(certificate);
    }
    if (X509_sign(certificate, ca_key, EVP_sha256()) == 0)
        fail("sign a certificate");
    return certificate;
}

static FILE *create(const char *folder, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail("write a file");
    return file;
}

static void make_folder(const char *folder, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (mkdir(path, 0700) != 0)
        fail("make a folder");
}

static void write_all(const char *folder, X509 **certificates, unsigned distinct, unsigned files)
{
    char name[64];
    FILE *paths = create(folder, "paths");
    FILE *requests = create(folder, "requests");
    FILE *bundle = create(folder, "bundle.pem");
    make_folder(folder, "files");
    for (unsigned i = 0; i < FOLDERS; i++) {
        (void)snprintf(name, sizeof(name), "files/%02u", i);
        make_folder(folder, name);
    }
    for (unsigned i = 0; i < files; i++) {
        X509 *certificate = certificates[i % distinct];
        (void)snprintf(name, sizeof(name), "files/%02u/host%05u.example.pem", i % FOLDERS, i);
        FILE *file = create(folder, name);
        if (PEM_write_X509(file, certificate) != 1 || PEM_write_X509(bundle, certificate) != 1 ||
            fclose(file) != 0)
            fail("write a certificate");
        (void)fprintf(paths, "%s/%s\n", folder, name);
        (void)fprintf(requests, "host%05u.example 25 3 1 1 %s/%s\n", i % distinct, folder, name);
    }
    if (fclose(paths) != 0 || fclose(requests) != 0 || fclose(bundle) != 0)
        fail("write a file");
}

static void write_keys(const char *folder, EVP_PKEY *const *rsa)
{
    FILE *paths = create(folder, "key_paths");
    FILE *requests = create(folder, "key_requests");
    make_folder(folder, "keys");
    for (unsigned i = 0; i < KEYS; i++) {
        char name[64];
        EVP_PKEY *key = i % 2 == 0 ? rsa[i / 2 % RSA_KEYS] : EVP_EC_gen("P-256");
        (void)snprintf(name, sizeof(name), "keys/%05u.pem", i);
        FILE *file = create(folder, name);
        if (PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1 || fclose(file) != 0)
            fail("write a key");
        (void)fprintf(paths, "%s/%s\n", folder, name);
        (void)fprintf(requests, "host%05u.example 25 3 1 1 %s/%s\n", i, folder, name);
        if (i % 2 != 0)
            EVP_PKEY_free(key);
    }
    if (fclose(paths) != 0 || fclose(requests) != 0)
        fail("write a file");
}

int main(int argc, char **argv)
{
    unsigned distinct = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    unsigned files = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    EVP_PKEY *rsa[RSA_KEYS];
    X509 **certificates = calloc(distinct + 1, sizeof(certificates[0]));
    if (distinct == 0 || files == 0 || certificates == NULL) {
        (void)fprintf(stderr, "usage: make_certs FOLDER DISTINCT FILES\n");
        return 2;
    }
    for (unsigned i = 0; i < RSA_KEYS; i++)
        rsa[i] = EVP_RSA_gen(2048);
    X509 *ca = make(NULL, rsa[0], rsa[0], 1, "Benchmark CA");
    for (unsigned i = 0; i < distinct; i++) {
        char host[64];
        EVP_PKEY *key = i % 2 == 0 ? rsa[i / 2 % RSA_KEYS] : EVP_EC_gen("P-256");
        (void)snprintf(host, sizeof(host), "host%05u.example", i);
        certificates[i] = make(ca, rsa[0], key, i + 2, host);
        if (i % 2 != 0)
            EVP_PKEY_free(key);
    }
    write_all(argv[1], certificates, distinct, files);
    write_keys(argv[1], rsa);
    for (unsigned i = 0; i < distinct; i++)
        X509_free(certificates[i]);
    for (unsigned i = 0; i < RSA_KEYS; i++)
        EVP_PKEY_free(rsa[i]);
    X509_free(ca);
    free(certificates);
    return 0;
}
