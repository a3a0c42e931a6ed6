#include "nextkey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/input.h>

#include "base/file.h"
#include "keytext.h"
#include "tlsa/ctx.h"

#define SUFFIX ".next.key"
#define COMMON_NAME_MAX 64 /* characters, RFC 5280 appendix A.1 */

static const struct kind {
    const char *word;
    const char *type;  /* of libcrypto */
    const char *group; /* of an EC key, as keygen takes it */
    const char *name;  /* of that group, as keys tell it */
    int bits;          /* of an RSA key */
} kinds[] = {
    {"ec-p256", "EC", "P-256", "prime256v1", 0}, {"ec-p384", "EC", "P-384", "secp384r1", 0},
    {"ed25519", "ED25519", NULL, NULL, 0},       {"rsa-2048", "RSA", NULL, NULL, 2048},
    {"rsa-3072", "RSA", NULL, NULL, 3072},       {"rsa-4096", "RSA", NULL, NULL, 4096},
};

static const struct kind *find_kind(const char *word, struct tlsagen_err *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].word, word) == 0)
            return &kinds[i];
    }
    (void)tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                          "\"%s\" is no kind of key; use ec-p256, ec-p384, ed25519, rsa-2048, "
                          "rsa-3072 or rsa-4096",
                          word);
    return NULL;
}

static EVP_PKEY *generate(const struct kind *kind)
{
    if (kind->group != NULL)
        return EVP_PKEY_Q_keygen(NULL, NULL, kind->type, kind->group);
    if (kind->bits != 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, kind->type, (size_t)kind->bits);
    return EVP_PKEY_Q_keygen(NULL, NULL, kind->type);
}

static bool is_of_kind(const EVP_PKEY *key, const struct kind *kind)
{
    char group[64] = "";
    if (EVP_PKEY_is_a(key, kind->type) != 1)
        return false;
    if (kind->bits != 0)
        return EVP_PKEY_get_bits(key) == kind->bits;
    return kind->name == NULL || (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
                                                                 group, sizeof(group), NULL) == 1 &&
                                  strcmp(group, kind->name) == 0);
}

/* --- the file --- */

static enum tlsagen_status check_file(const char *path, struct tlsagen_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0 && errno == ENOENT)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                               "there is no next key (%s); tlsagen rollover next-key makes one",
                               path);
    if (lstat(path, &st) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode))
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s is no regular file", path);
    if ((st.st_mode & 0077) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: others may read or change this private key (mode %04o), so it "
                               "is not used; remove it and make another one",
                               path, (unsigned)(st.st_mode & 0777));
    return TLSAGEN_OK;
}

static enum tlsagen_status load_path(const char *path, EVP_PKEY **key, struct tlsagen_err *err)
{
    struct tlsagen_buf bytes;
    *key = NULL;
    enum tlsagen_status status = check_file(path, err);
    if (status != TLSAGEN_OK)
        return status;
    tlsagen_buf_init(&bytes);
    status = tlsagen_input_read(path, &bytes, err);
    if (status == TLSAGEN_OK)
        *key = keytext_read(NULL, &bytes);
    tlsagen_buf_cleanse(&bytes);
    if (status != TLSAGEN_OK || *key != NULL)
        return status;
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s: no private key, or a damaged one; remove it and make another one",
                           path);
}

static enum tlsagen_status load(const struct state_home *home, const char *service, EVP_PKEY **key,
                                struct tlsagen_err *err)
{
    char *path;
    *key = NULL;
    enum tlsagen_status status = state_path(home, service, SUFFIX, &path, err);
    if (status == TLSAGEN_OK)
        status = load_path(path, key, err);
    free(path);
    return status;
}

static enum tlsagen_status store(const char *path, const EVP_PKEY *key, struct tlsagen_err *err)
{
    const struct file_owner owner = {geteuid(), getegid(), 0600};
    struct tlsagen_buf pem;
    tlsagen_buf_init(&pem);
    enum tlsagen_status status = keytext_write(key, &pem, err);
    if (status == TLSAGEN_OK)
        status = file_replace(path, ".new", pem.data, pem.len, &owner, err);
    tlsagen_buf_cleanse(&pem);
    return status;
}

static enum tlsagen_status make(const char *path, const struct kind *kind, bool *made,
                                struct tlsagen_err *err)
{
    EVP_PKEY *key;
    enum tlsagen_status status = load_path(path, &key, err);
    if (status == TLSAGEN_E_NOTFOUND) {
        key = generate(kind);
        status = key != NULL ? store(path, key, err) : ctx_crypto_error(err, "make a private key");
        *made = status == TLSAGEN_OK;
    } else if (status == TLSAGEN_OK && !is_of_kind(key, kind)) {
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "%s is there already and no key of kind %s; abort the rollover "
                                 "that it is for, or ask for a key like it",
                                 path, kind->word);
    }
    EVP_PKEY_free(key);
    return status;
}

enum tlsagen_status nextkey_make(struct state_home *home, const char *service, const char *word,
                                 bool *made, struct tlsagen_err *err)
{
    char *path = NULL;
    *made = false;
    const struct kind *kind = find_kind(word, err);
    if (kind == NULL)
        return TLSAGEN_E_ARGUMENT;
    enum tlsagen_status status = state_path(home, service, SUFFIX, &path, err);
    if (status == TLSAGEN_OK)
        status = state_home_make(home, err);
    if (status == TLSAGEN_OK)
        status = make(path, kind, made, err);
    free(path);
    return status;
}

enum tlsagen_status nextkey_read(const struct state_home *home, const char *service,
                                 struct tlsagen_buf *spki, struct tlsagen_err *err)
{
    EVP_PKEY *key;
    unsigned char *der = NULL;
    enum tlsagen_status status = load(home, service, &key, err);
    if (status != TLSAGEN_OK)
        return status;
    int len = i2d_PUBKEY(key, &der);
    EVP_PKEY_free(key);
    if (len <= 0)
        return ctx_crypto_error(err, "get the public key out of a key");
    tlsagen_buf_add(spki, der, (size_t)len);
    OPENSSL_free(der);
    return tlsagen_buf_check(spki, err);
}

enum tlsagen_status nextkey_remove(struct state_home *home, const char *service,
                                   struct tlsagen_err *err)
{
    char *path;
    enum tlsagen_status status = state_path(home, service, SUFFIX, &path, err);
    if (status != TLSAGEN_OK)
        return status;
    if (unlink(path) == 0)
        status = file_sync_folder(home->dir, err);
    else if (errno != ENOENT)
        status = tlsagen_err_system(err, errno, "cannot remove %s", path);
    free(path);
    return status;
}

/* --- the request --- */

/* Bytes of a name without its final dot. */
static int length_of(const char *name)
{
    size_t len = strnlen(name, TLSAGEN_NAME_SIZE);
    return (int)(len > 0 && name[len - 1] == '.' ? len - 1 : len);
}

static bool add_name(GENERAL_NAMES *names, const char *host)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    if (name == NULL || text == NULL || ASN1_STRING_set(text, host, length_of(host)) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(text);
        return false;
    }
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool add_names(X509_REQ *request, const char *host, const char *const *more, size_t count)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    bool ok = names != NULL && add_name(names, host);
    for (size_t i = 0; i < count && ok; i++) {
        if (strcmp(more[i], host) != 0)
            ok = add_name(names, more[i]);
    }
    ok =
        ok && X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    ok = ok && X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    GENERAL_NAMES_free(names);
    return ok;
}

static bool set_subject(X509_REQ *request, const char *host)
{
    int len = length_of(host);
    return len > COMMON_NAME_MAX ||
           X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName,
                                      MBSTRING_ASC, (const unsigned char *)host, len, -1, 0) == 1;
}

static bool sign(X509_REQ *request, EVP_PKEY *key)
{
    bool plain = EVP_PKEY_is_a(key, "ED25519") == 1; /* has a digest of its own */
    return X509_REQ_set_pubkey(request, key) == 1 &&
           X509_REQ_sign(request, key, plain ? NULL : EVP_sha256()) > 0;
}

static bool write_request(X509_REQ *request, struct tlsagen_buf *pem)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio != NULL && PEM_write_bio_X509_REQ(bio, request) == 1;
    long len = ok ? BIO_get_mem_data(bio, &text) : 0;
    if (len > 0)
        tlsagen_buf_add(pem, text, (size_t)len);
    BIO_free(bio);
    return len > 0 && !pem->failed;
}

enum tlsagen_status nextkey_request(const struct state_home *home, const char *service,
                                    const char *host, const char *const *names, size_t name_count,
                                    struct tlsagen_buf *pem, struct tlsagen_err *err)
{
    EVP_PKEY *key;
    enum tlsagen_status status = load(home, service, &key, err);
    if (status != TLSAGEN_OK)
        return status;
    X509_REQ *request = X509_REQ_new();
    bool ok = request != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
              set_subject(request, host) && add_names(request, host, names, name_count) &&
              sign(request, key) && write_request(request, pem);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return ok ? TLSAGEN_OK : ctx_crypto_error(err, "make a request for a certificate");
}
