/* What an input is, told by its content: every kind, in every form, and what is none of them. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "tlsa/items.h"
#include "trial.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PASS "geheim"

static struct {
    EVP_PKEY *root_key, *mail_key, *rsa_key, *stranger_key;
    X509 *root, *mail;
} pki;

static int make_pki(void **state)
{
    (void)state;
    pki.root_key = pki_key("P-256");
    pki.mail_key = pki_key("P-384");
    pki.stranger_key = pki_key("P-256");
    pki.rsa_key = pki_key("RSA:2048");
    pki.root = pki_cert(&(struct pki_cert){.name = "Root", .key = pki.root_key, .ca = true});
    pki.mail = pki_cert(&(struct pki_cert){.name = "mail",
                                           .dns = "mail.example.org",
                                           .key = pki.mail_key,
                                           .issuer = pki.root,
                                           .signer = pki.root_key});
    return 0;
}

static int free_pki(void **state)
{
    (void)state;
    EVP_PKEY_free(pki.root_key);
    EVP_PKEY_free(pki.mail_key);
    EVP_PKEY_free(pki.stranger_key);
    EVP_PKEY_free(pki.rsa_key);
    X509_free(pki.root);
    X509_free(pki.mail);
    return 0;
}

static int begin(void **state)
{
    static struct trial trial;
    trial_begin(&trial);
    *state = &trial;
    return 0;
}

static int end(void **state)
{
    trial_end(*state);
    return 0;
}

static BIO *memory(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(bio);
    return bio;
}

/* The input is this certificate, and its key if it has one at all. Clears the bytes. */
static void assert_is_cert(struct trial *trial, struct tlsagen_buf *bytes, X509 *cert,
                           const char *what)
{
    trial_take(trial, bytes);
    tlsagen_buf_clear(bytes);
    if (trial_make(trial, "3 0 0,3 1 1") != TLSAGEN_OK)
        fail_msg("%s: %s", what, trial->err.message);
    trial_wants(trial, "3 0 0", cert);
    trial_wants(trial, "3 1 1", cert);
    trial_assert_made(trial, what);
    trial_reset(trial);
}

/* The input is this key; passphrase answers the question, which comes so many times. */
static void assert_is_key(struct trial *trial, struct tlsagen_buf *bytes, const EVP_PKEY *key,
                          const char *what)
{
    trial_take(trial, bytes);
    tlsagen_buf_clear(bytes);
    assert_int_equal(trial->material->count, 1);
    if (trial_make(trial, "3 1 0") != TLSAGEN_OK)
        fail_msg("%s: %s", what, trial->err.message);
    trial_wants_key(trial, "3 1 0", key);
    trial_assert_made(trial, what);
    assert_int_equal(trial_make(trial, "3 0 1"), TLSAGEN_E_KIND);
    assert_int_equal(trial->asked, 0);
    trial_reset(trial);
}

/* Nothing of it is a certificate or key, and the message says why. Clears the bytes. */
static void assert_refused(struct trial *trial, struct tlsagen_buf *bytes,
                           enum tlsagen_status wanted, const char *text)
{
    trial_assert_fault(trial, trial_add(trial, bytes), wanted, text);
    tlsagen_buf_clear(bytes);
    trial_reset(trial);
}

/* --- certificates --- */

static void certificates_in_der_and_pem(void **state)
{
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_cert(&buf, pki.mail);
    assert_is_cert(*state, &buf, pki.mail, "DER");
    pki_add_pem_cert(&buf, pki.mail);
    assert_is_cert(*state, &buf, pki.mail, "PEM");
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    pki_add_cert(&der, pki.mail);
    pki_add_pem(&buf, PEM_STRING_X509_OLD, der.data, der.len);
    assert_is_cert(*state, &buf, pki.mail, "X509 CERTIFICATE");
    tlsagen_buf_clear(&der);
    BIO *bio = memory();
    assert_int_equal(X509_alias_set1(pki.mail, (const unsigned char *)"alias", 5), 1);
    assert_int_equal(PEM_write_bio_X509_AUX(bio, pki.mail), 1);
    pki_add_bio(&buf, bio);
    assert_non_null(strstr(buf.data, "BEGIN TRUSTED CERTIFICATE"));
    assert_is_cert(*state, &buf, pki.mail, "TRUSTED CERTIFICATE");
}

/* Every from becomes a to. */
static void replace(struct tlsagen_buf *buf, const char *from, const char *to)
{
    struct tlsagen_buf out;
    tlsagen_buf_init(&out);
    const char *p = buf->data;
    for (const char *found; (found = strstr(p, from)) != NULL; p = found + strlen(from)) {
        tlsagen_buf_add(&out, p, (size_t)(found - p));
        tlsagen_buf_str(&out, to);
    }
    tlsagen_buf_str(&out, p);
    assert_false(out.failed);
    tlsagen_buf_clear(buf);
    *buf = out;
}

static void pem_has_many_looks(void **state)
{
    static const struct {
        const char *before;
        const char *behind;
        const char *from; /* every such text in the PEM... */
        const char *to;   /* ...becomes this */
    } cases[] = {
        {"", "", "\n", "\r\n"},
        {"\xef\xbb\xbf", "", "\n", "\n"},
        {"\xef\xbb\xbf", "", "\n", "\r\n"},
        {"Subject: CN=mail\nIssuer: x\n\n", "", "\n", "\n"},
        {"", "text behind it\nand more", "\n", "\n"},
        {"\n\n \n", "\n\n\n", "\n", "\n"},
        {"-----\n", "-----\n", "\n", "\n"},
        {"", "", "\n", " \n"},
        {"Bag Attributes\n    localKeyID: 01 \nsubject=CN = mail\n", "", "\n", "\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char what[32];
        struct tlsagen_buf pem, all;
        tlsagen_buf_init(&pem);
        tlsagen_buf_init(&all);
        pki_add_pem_cert(&pem, pki.mail);
        replace(&pem, cases[i].from, cases[i].to);
        tlsagen_buf_printf(&all, "%s%s%s", cases[i].before, pem.data, cases[i].behind);
        tlsagen_buf_clear(&pem);
        (void)snprintf(what, sizeof(what), "look %zu", i);
        assert_is_cert(*state, &all, pki.mail, what);
    }
    struct tlsagen_buf pem;
    tlsagen_buf_init(&pem);
    pki_add_pem_cert(&pem, pki.mail);
    pem.len--;
    assert_is_cert(*state, &pem, pki.mail, "no newline at the end");
}

static void the_same_twice_is_one(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_pem_cert(&buf, pki.mail);
    pki_add_pem_cert(&buf, pki.mail);
    trial_take(trial, &buf);
    trial_take(trial, &buf);
    trial_take_cert(trial, pki.mail);
    assert_int_equal(trial->material->count, 1);
    trial_take_key(trial, pki.mail_key);
    trial_take_key(trial, pki.mail_key);
    tlsagen_buf_reset(&buf);
    pki_add_spki(&buf, pki.mail_key);
    trial_take(trial, &buf);
    assert_int_equal(trial->material->count, 2);
    assert_is_cert(trial, &buf, pki.mail, "the same often");
}

static void certificate_and_key_in_one_input(void **state)
{
    for (unsigned key_first = 0; key_first < 2; key_first++) {
        struct tlsagen_buf cert, key, both;
        tlsagen_buf_init(&cert);
        tlsagen_buf_init(&key);
        tlsagen_buf_init(&both);
        BIO *bio = memory();
        assert_int_equal(PEM_write_bio_PrivateKey(bio, pki.mail_key, NULL, NULL, 0, NULL, NULL), 1);
        pki_add_bio(&key, bio);
        pki_add_pem_cert(&cert, pki.mail);
        pki_add_pem_cert(&cert, pki.root);
        const struct tlsagen_buf *order[] = {key_first ? &key : &cert, key_first ? &cert : &key};
        tlsagen_buf_printf(&both, "%s%s", order[0]->data, order[1]->data);
        assert_is_cert(*state, &both, pki.mail, key_first ? "key first" : "key last");
        tlsagen_buf_clear(&cert);
        tlsagen_buf_clear(&key);
    }
}

/* --- PKCS#7 --- */

static PKCS7 *make_pkcs7(bool with_certs)
{
    STACK_OF(X509) *certs = sk_X509_new_null();
    assert_non_null(certs);
    assert_true(!with_certs ||
                (sk_X509_push(certs, pki.root) > 0 && sk_X509_push(certs, pki.mail) > 0));
    PKCS7 *pkcs7 = PKCS7_new();
    assert_non_null(pkcs7);
    assert_int_equal(PKCS7_set_type(pkcs7, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(pkcs7, NID_pkcs7_data), 1);
    for (int i = 0; i < sk_X509_num(certs); i++)
        assert_int_equal(PKCS7_add_certificate(pkcs7, sk_X509_value(certs, i)), 1);
    sk_X509_free(certs);
    return pkcs7;
}

static void chains_in_pkcs7(void **state)
{
    struct tlsagen_buf buf, der;
    tlsagen_buf_init(&buf);
    tlsagen_buf_init(&der);
    PKCS7 *pkcs7 = make_pkcs7(true);
    BIO *bio = memory();
    assert_int_equal(PEM_write_bio_PKCS7(bio, pkcs7), 1);
    pki_add_bio(&buf, bio);
    assert_is_cert(*state, &buf, pki.mail, "PKCS#7 in PEM");
    bio = memory();
    assert_int_equal(i2d_PKCS7_bio(bio, pkcs7), 1);
    pki_add_bio(&der, bio);
    static const char *const labels[] = {"PKCS7", "PKCS #7 SIGNED DATA", "CMS"};
    for (size_t i = 0; i < COUNT(labels); i++) {
        pki_add_pem(&buf, labels[i], der.data, der.len);
        assert_is_cert(*state, &buf, pki.mail, labels[i]);
    }
    assert_is_cert(*state, &der, pki.mail, "PKCS#7 in DER");
    PKCS7_free(pkcs7);
}

/* Windows and Java write it in BER: lengths that are told by an end mark. */
static void chains_in_indefinite_pkcs7(void **state)
{
    struct tlsagen_buf der, ber;
    tlsagen_buf_init(&der);
    tlsagen_buf_init(&ber);
    PKCS7 *pkcs7 = make_pkcs7(true);
    BIO *bio = memory();
    assert_int_equal(i2d_PKCS7_bio(bio, pkcs7), 1);
    pki_add_bio(&der, bio);
    PKCS7_free(pkcs7);
    /* The outer SEQUENCE has a length of two octets. */
    assert_memory_equal(der.data, "\x30\x82", 2);
    tlsagen_buf_add(&ber, "\x30\x80", 2);
    tlsagen_buf_add(&ber, der.data + 4, der.len - 4);
    tlsagen_buf_add(&ber, "\0\0", 2);
    tlsagen_buf_clear(&der);
    assert_is_cert(*state, &ber, pki.mail, "PKCS#7 in BER");
}

static void pkcs7_without_certificates(void **state)
{
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    PKCS7 *pkcs7 = make_pkcs7(false);
    BIO *bio = memory();
    assert_int_equal(i2d_PKCS7_bio(bio, pkcs7), 1);
    pki_add_bio(&buf, bio);
    PKCS7_free(pkcs7);
    assert_refused(*state, &buf, TLSAGEN_E_KIND, "input: PKCS#7 without a certificate");
    pkcs7 = PKCS7_new();
    assert_int_equal(PKCS7_set_type(pkcs7, NID_pkcs7_data), 1);
    assert_int_equal(ASN1_OCTET_STRING_set(pkcs7->d.data, (const unsigned char *)"x", 1), 1);
    bio = memory();
    assert_int_equal(i2d_PKCS7_bio(bio, pkcs7), 1);
    pki_add_bio(&buf, bio);
    PKCS7_free(pkcs7);
    assert_refused(*state, &buf, TLSAGEN_E_KIND, "input: PKCS#7 without a certificate");
}

/* --- PKCS#12 --- */

/* mail with its key and root; pass NULL and "" are two ways of having none. */
static void add_pkcs12(struct tlsagen_buf *buf, const char *pass, int key_nid, int cert_nid,
                       int mac, OSSL_LIB_CTX *libctx)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    assert_true(sk_X509_push(others, pki.root) > 0);
    PKCS12 *pkcs12 = PKCS12_create_ex(pass, "mail", pki.mail_key, pki.mail, others, key_nid,
                                      cert_nid, 1000, mac, 0, libctx, NULL);
    assert_non_null(pkcs12);
    BIO *bio = memory();
    assert_int_equal(i2d_PKCS12_bio(bio, pkcs12), 1);
    pki_add_bio(buf, bio);
    PKCS12_free(pkcs12);
    sk_X509_free(others);
}

static void pkcs12_without_passphrase(void **state)
{
    static const char *const none[] = {NULL, ""};
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    for (size_t i = 0; i < COUNT(none); i++) {
        add_pkcs12(&buf, none[i], 0, 0, 1000, NULL);
        assert_is_cert(*state, &buf, pki.mail, "PKCS#12 with an empty passphrase");
        add_pkcs12(&buf, none[i], 0, 0, -1, NULL);
        assert_is_cert(*state, &buf, pki.mail, "PKCS#12 with an empty passphrase, without MAC");
    }
    add_pkcs12(&buf, NULL, -1, -1, -1, NULL);
    assert_is_cert(*state, &buf, pki.mail, "PKCS#12 in the open");
}

static void pkcs12_with_passphrase(void **state)
{
    struct trial *trial = *state;
    static const int macs[] = {1000, -1}; /* -1: none, and the content alone can tell */
    for (size_t i = 0; i < COUNT(macs); i++) {
        struct tlsagen_buf buf;
        tlsagen_buf_init(&buf);
        trial->passphrase = PASS;
        add_pkcs12(&buf, PASS, 0, 0, macs[i], NULL);
        trial_take(trial, &buf);
        assert_int_equal(trial->asked, 1);
        assert_int_equal(trial->material->count, 3);
        assert_is_cert(trial, &buf, pki.mail, "PKCS#12 with the right passphrase");
        static const char *const wrong[] = {"wrong", "", NULL};
        for (size_t k = 0; k < COUNT(wrong); k++) {
            trial->passphrase = wrong[k];
            add_pkcs12(&buf, PASS, 0, 0, macs[i], NULL);
            assert_refused(trial, &buf, TLSAGEN_E_MISMATCH,
                           "input: encrypted, and the passphrase is missing or wrong");
        }
    }
}

static void pkcs12_without_content(void **state)
{
    struct tlsagen_buf buf;
    STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
    tlsagen_buf_init(&buf);
    PKCS12 *pkcs12 = PKCS12_add_safes(safes, 0);
    assert_non_null(pkcs12);
    BIO *bio = memory();
    assert_int_equal(i2d_PKCS12_bio(bio, pkcs12), 1);
    pki_add_bio(&buf, bio);
    PKCS12_free(pkcs12);
    sk_PKCS7_free(safes);
    assert_refused(*state, &buf, TLSAGEN_E_KIND, "input: PKCS#12 without a certificate or key");
}

/* RC2 of 40 bits, as Windows and OpenSSL before 3.0 wrote it: nothing is wrong with the passphrase.
 */
static void pkcs12_of_former_times(void **state)
{
    struct trial *trial = *state;
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    assert_non_null(libctx);
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(libctx, "legacy");
    OSSL_PROVIDER *base = OSSL_PROVIDER_load(libctx, "default");
    if (legacy == NULL || base == NULL) {
        OSSL_PROVIDER_unload(base);
        OSSL_LIB_CTX_free(libctx);
        skip();
    }
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    add_pkcs12(&buf, PASS, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC,
               1000, libctx);
    trial->passphrase = PASS;
    assert_refused(trial, &buf, TLSAGEN_E_KIND,
                   "input: encrypted in a way that only OpenSSL's legacy provider knows");
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(base);
    OSSL_LIB_CTX_free(libctx);
}

/* --- keys --- */

static void add_der_key(struct tlsagen_buf *buf, const EVP_PKEY *key)
{
    BIO *bio = memory();
    assert_int_equal(i2d_PKCS8PrivateKey_bio(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    pki_add_bio(buf, bio);
}

static void keys_of_one_kind(struct trial *trial, const char *kind)
{
    EVP_PKEY *key = pki_key(kind);
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    add_der_key(&buf, key);
    assert_is_key(trial, &buf, key, "PKCS#8 in DER");
    BIO *bio = memory();
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    pki_add_bio(&buf, bio);
    assert_is_key(trial, &buf, key, "PKCS#8 in PEM");
    pki_add_spki(&buf, key);
    assert_is_key(trial, &buf, key, "SPKI in DER");
    bio = memory();
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    pki_add_bio(&buf, bio);
    assert_is_key(trial, &buf, key, "SPKI in PEM");
    EVP_PKEY_free(key);
}

static void keys_of_every_kind(void **state)
{
    static const char *const kinds[] = {"RSA:1024", "RSA:3072", "P-256",  "P-521",
                                        "ED25519",  "ED448",    "X25519", "X448"};
    for (size_t i = 0; i < COUNT(kinds); i++)
        keys_of_one_kind(*state, kinds[i]);
}

static void keys_in_their_traditional_forms(void **state)
{
    EVP_PKEY *const keys[] = {pki.mail_key, pki.rsa_key};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct tlsagen_buf buf;
        tlsagen_buf_init(&buf);
        BIO *bio = memory();
        assert_int_equal(i2d_PrivateKey_bio(bio, keys[i]), 1);
        pki_add_bio(&buf, bio);
        assert_is_key(*state, &buf, keys[i], "traditional DER");
        bio = memory();
        assert_int_equal(
            PEM_write_bio_PrivateKey_traditional(bio, keys[i], NULL, NULL, 0, NULL, NULL), 1);
        pki_add_bio(&buf, bio);
        assert_null(strstr(buf.data, "BEGIN PRIVATE KEY"));
        assert_is_key(*state, &buf, keys[i], "traditional PEM");
    }
    struct tlsagen_buf der, pem;
    tlsagen_buf_init(&der);
    tlsagen_buf_init(&pem);
    unsigned char *bytes = NULL;
    int len = i2d_PublicKey(pki.rsa_key, &bytes);
    assert_true(len > 0);
    tlsagen_buf_add(&der, bytes, (size_t)len);
    OPENSSL_free(bytes);
    pki_add_pem(&pem, PEM_STRING_RSA_PUBLIC, der.data, der.len);
    assert_is_key(*state, &der, pki.rsa_key, "RSAPublicKey in DER");
    assert_is_key(*state, &pem, pki.rsa_key, "RSAPublicKey in PEM");
}

/* P-384 by name; what `openssl ecparam -genkey` puts before its key. */
static const uint8_t ec_parameters[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};

static void an_ec_key_behind_its_parameters(void **state)
{
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_pem(&buf, PEM_STRING_ECPARAMETERS, ec_parameters, sizeof(ec_parameters));
    BIO *bio = memory();
    assert_int_equal(
        PEM_write_bio_PrivateKey_traditional(bio, pki.mail_key, NULL, NULL, 0, NULL, NULL), 1);
    pki_add_bio(&buf, bio);
    assert_is_key(*state, &buf, pki.mail_key, "EC PARAMETERS and EC PRIVATE KEY");
    pki_add_pem(&buf, PEM_STRING_ECPARAMETERS, ec_parameters, sizeof(ec_parameters));
    assert_refused(*state, &buf, TLSAGEN_E_KIND, "input: holds \"EC PARAMETERS\" only");
}

static void requests(void **state)
{
    EVP_PKEY *ed = pki_key("ED25519");
    EVP_PKEY *const keys[] = {pki.mail_key, pki.rsa_key, ed};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct tlsagen_buf der, pem;
        tlsagen_buf_init(&der);
        tlsagen_buf_init(&pem);
        X509_REQ *request = X509_REQ_new();
        assert_int_equal(X509_REQ_set_pubkey(request, keys[i]), 1);
        assert_true(X509_REQ_sign(request, keys[i], keys[i] == ed ? NULL : EVP_sha256()) > 0);
        BIO *bio = memory();
        assert_int_equal(i2d_X509_REQ_bio(bio, request), 1);
        pki_add_bio(&der, bio);
        pki_add_pem(&pem, PEM_STRING_X509_REQ_OLD, der.data, der.len);
        assert_is_key(*state, &pem, keys[i], "NEW CERTIFICATE REQUEST");
        pki_add_pem(&pem, PEM_STRING_X509_REQ, der.data, der.len);
        assert_is_key(*state, &pem, keys[i], "CERTIFICATE REQUEST");
        assert_is_key(*state, &der, keys[i], "request in DER");
        X509_REQ_free(request);
    }
    EVP_PKEY_free(ed);
}

/* Where the bytes stand; the test fails when they do not. */
static size_t find(const void *bytes, size_t len, const void *part, size_t part_len)
{
    const uint8_t *p = bytes;
    size_t at = 0;
    while (at + part_len <= len && memcmp(p + at, part, part_len) != 0)
        at++;
    assert_true(at + part_len <= len);
    return at;
}

/* A key of algorithm 1.3.9999.3, which libcrypto does not know: as a key, and in a certificate. */
static void keys_of_unknown_algorithms(void **state)
{
    struct trial *trial = *state;
    static const uint8_t spki[] = "\x30\x13\x30\x07\x06\x05\x2b\xce\x0f\x03\x01\x03\x08\x00"
                                  "abcdefg";
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_pem(&buf, PEM_STRING_PUBLIC, spki, sizeof(spki) - 1);
    trial_take(trial, &buf);
    tlsagen_buf_reset(&buf);
    tlsagen_buf_add(&buf, spki, sizeof(spki) - 1);
    trial_take(trial, &buf);
    assert_int_equal(trial_make(trial, "3 1 0"), TLSAGEN_OK);
    assert_int_equal(trial->set.count, 1);
    assert_int_equal(trial->set.records[0].len, sizeof(spki) - 1);
    assert_memory_equal(trial->set.records[0].data, spki, sizeof(spki) - 1);
    trial_reset(trial);
    tlsagen_buf_clear(&buf);
    /* id-ecPublicKey with its last byte changed. */
    static const uint8_t ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    pki_add_cert(&buf, pki.mail);
    buf.data[find(buf.data, buf.len, ec, sizeof(ec)) + sizeof(ec) - 1] = 0x7f;
    trial_take(trial, &buf);
    tlsagen_buf_clear(&buf);
    assert_int_equal(trial_make(trial, "3 1 0"), TLSAGEN_OK);
    assert_int_equal(trial->set.count, 1);
    (void)find(trial->set.records[0].data, trial->set.records[0].len, "\x3d\x02\x7f", 3);
}

/* --- encrypted keys --- */

static void add_encrypted(struct tlsagen_buf *buf, EVP_PKEY *key, unsigned form)
{
    BIO *bio = memory();
    const EVP_CIPHER *cipher = EVP_aes_256_cbc();
    const int len = (int)strlen(PASS);
    int done = 0;
    if (form == 0)
        done = PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, PASS, len, NULL, NULL);
    else if (form == 1)
        done = i2d_PKCS8PrivateKey_bio(bio, key, cipher, PASS, len, NULL, NULL);
    else
        done = PEM_write_bio_PrivateKey_traditional(bio, key, cipher, (const unsigned char *)PASS,
                                                    len, NULL, NULL);
    assert_int_equal(done, 1);
    pki_add_bio(buf, bio);
}

static void encrypted_keys(void **state)
{
    struct trial *trial = *state;
    EVP_PKEY *const keys[] = {pki.mail_key, pki.rsa_key};
    static const char *const wrong[] = {"Geheim", "", "geheim\n", NULL};
    for (unsigned form = 0; form < 3; form++) {
        for (size_t i = 0; i < COUNT(keys); i++) {
            struct tlsagen_buf buf;
            tlsagen_buf_init(&buf);
            add_encrypted(&buf, keys[i], form);
            trial->passphrase = PASS;
            trial_take(trial, &buf);
            assert_int_equal(trial->asked, 1);
            assert_int_equal(trial_make(trial, "3 1 1"), TLSAGEN_OK);
            trial_wants_key(trial, "3 1 1", keys[i]);
            trial_assert_made(trial, "encrypted key");
            trial_reset(trial);
            for (size_t k = 0; k < COUNT(wrong); k++) {
                trial->passphrase = wrong[k];
                trial_assert_fault(trial, trial_add(trial, &buf), TLSAGEN_E_MISMATCH,
                                   "input: encrypted, and the passphrase is missing or wrong; give "
                                   "it with --passphrase-file");
                trial_reset(trial);
            }
            tlsagen_ctx_set_passphrase(trial->ctx, NULL, NULL);
            trial_assert_fault(trial, trial_add(trial, &buf), TLSAGEN_E_MISMATCH, "encrypted, and");
            trial_end(trial);
            trial_begin(trial);
            tlsagen_buf_clear(&buf);
        }
    }
}

/* One in 256 wrong passphrases leaves a right padding behind, and then no key. */
static void a_wrong_passphrase_is_no_damage(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf buf;
    char wrong[32];
    tlsagen_buf_init(&buf);
    add_encrypted(&buf, pki.mail_key, 2);
    trial->passphrase = wrong;
    for (unsigned i = 0; i < 1500; i++) {
        (void)snprintf(wrong, sizeof(wrong), "wrong %u", i);
        trial_assert_fault(trial, trial_add(trial, &buf), TLSAGEN_E_MISMATCH,
                           "input: encrypted, and the passphrase is missing or wrong");
        trial_reset(trial);
    }
    tlsagen_buf_clear(&buf);
}

static void the_key_in_an_input_need_not_be_opened_twice(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_pem_cert(&buf, pki.mail);
    add_encrypted(&buf, pki.mail_key, 0);
    trial->passphrase = PASS;
    trial_take(trial, &buf);
    assert_int_equal(trial->asked, 1);
    assert_is_cert(trial, &buf, pki.mail, "certificate and encrypted key");
}

/* --- what is none of these --- */

static void bytes_that_are_nothing(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum tlsagen_status status;
        const char *text;
    } cases[] = {
        {"", 0, TLSAGEN_E_SYNTAX, "input: empty; give a certificate"},
        {"\xef\xbb\xbf", 3, TLSAGEN_E_SYNTAX, "input: empty"},
        {"\n", 1, TLSAGEN_E_SYNTAX, "input: neither PEM nor DER"},
        {"\0", 1, TLSAGEN_E_SYNTAX, "input: neither PEM nor DER"},
        {"hello", 5, TLSAGEN_E_SYNTAX, "input: neither PEM nor DER"},
        {"ssh-ed25519 AAAA", 16, TLSAGEN_E_KIND, "input: an OpenSSH public key; give"},
        {"ecdsa-sha2-nistp256 AA", 22, TLSAGEN_E_KIND, "input: an OpenSSH public key"},
        {"\xfe\xed\xfe\xed\0\0\0\2", 8, TLSAGEN_E_KIND, "input: a Java key store"},
        {"\xff\xfe-\0-\0", 6, TLSAGEN_E_KIND, "input: UTF-16 text"},
        {"\xfe\xff\0-\0-", 6, TLSAGEN_E_KIND, "input: UTF-16 text"},
        {"0", 1, TLSAGEN_E_SYNTAX, "input: DER, but no certificate"},
        {"0\x03\x02\x01\x05", 5, TLSAGEN_E_SYNTAX, "input: DER, but no certificate"},
        {"0\x03\x02\x01", 4, TLSAGEN_E_SYNTAX, "input: truncated DER, 4 bytes of 5"},
        {"0\x84\xff\xff\xff\xff", 6, TLSAGEN_E_SYNTAX, "truncated DER, 6 bytes of 4294967301"},
        {"0\x03\x02\x01\x05\n", 6, TLSAGEN_E_SYNTAX,
         "input: 1 bytes stand after the DER structure of 5 bytes"},
        {"0\x80\0\0", 4, TLSAGEN_E_SYNTAX, "input: DER, but no certificate"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tlsagen_buf buf;
        tlsagen_buf_init(&buf);
        tlsagen_buf_add(&buf, cases[i].bytes, cases[i].len);
        assert_refused(*state, &buf, cases[i].status, cases[i].text);
    }
}

static void pem_that_is_nothing(void **state)
{
    static const struct {
        const char *text;
        enum tlsagen_status status;
        const char *message;
    } cases[] = {
        {"-----BEGIN CERTIFICATE-----\n", TLSAGEN_E_SYNTAX, "PEM block 1 is damaged or truncated"},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", TLSAGEN_E_SYNTAX, "input: "},
        {"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", TLSAGEN_E_SYNTAX,
         "PEM block 1 is damaged or truncated (bad base64 decode)"},
        {"-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n", TLSAGEN_E_SYNTAX,
         "input: certificate is damaged"},
        {"-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END PUBLIC KEY-----\n", TLSAGEN_E_SYNTAX,
         "PEM block 1 is damaged or truncated (bad end line)"},
        {"-----BEGIN PKCS7-----\nMAMCAQU=\n-----END PKCS7-----\n", TLSAGEN_E_SYNTAX,
         "input: PKCS#7 is damaged"},
        {"-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQU=\n-----END CERTIFICATE REQUEST-----\n",
         TLSAGEN_E_SYNTAX, "input: certification request is damaged"},
        {"-----BEGIN PUBLIC KEY-----\nMAMCAQU=\n-----END PUBLIC KEY-----\n", TLSAGEN_E_SYNTAX,
         "input: public key is damaged"},
        {"-----BEGIN PRIVATE KEY-----\nMAMCAQU=\n-----END PRIVATE KEY-----\n", TLSAGEN_E_SYNTAX,
         "input: private key is damaged"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nMAMCAQU=\n-----END OPENSSH PRIVATE KEY-----\n",
         TLSAGEN_E_KIND, "input: holds a PEM block \"OPENSSH PRIVATE KEY\", which no record"},
        {"-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n", TLSAGEN_E_KIND,
         "input: holds \"X509 CRL\" only"},
        {"-----BEGIN DH PARAMETERS-----\nMAMCAQU=\n-----END DH PARAMETERS-----\n", TLSAGEN_E_KIND,
         "input: holds \"DH PARAMETERS\" only"},
        {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: NONE,00\n\nMAMCAQU=\n"
         "-----END RSA PRIVATE KEY-----\n",
         TLSAGEN_E_SYNTAX, "input: PEM block 1 is damaged or truncated (unsupported encryption)"},
        {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAMCAQU=\n"
         "-----END RSA PRIVATE KEY-----\n",
         TLSAGEN_E_SYNTAX, "input: PEM block 1 is damaged or truncated (not dek info)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tlsagen_buf buf;
        tlsagen_buf_init(&buf);
        tlsagen_buf_str(&buf, cases[i].text);
        assert_refused(*state, &buf, cases[i].status, cases[i].message);
    }
}

/* Every length of a good input that is cut short, and every one with more behind it. */
static void a_part_of_an_input_is_none(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_cert(&buf, pki.mail);
    for (size_t len = 1; len < buf.len; len++) {
        const struct tlsagen_buf part = {.data = buf.data, .len = len};
        assert_int_equal(trial_add(trial, &part), TLSAGEN_E_SYNTAX);
        assert_non_null(strstr(trial->err.message, len < 4 ? "input: " : "input: truncated DER"));
        trial_reset(trial);
    }
    tlsagen_buf_char(&buf, '\n');
    assert_refused(trial, &buf, TLSAGEN_E_SYNTAX, "input: 1 bytes stand after the DER structure");
    pki_add_pem_cert(&buf, pki.mail);
    size_t end = (size_t)(strstr(buf.data, "-----END") - buf.data);
    for (size_t len = 1; len < end; len++) {
        const struct tlsagen_buf part = {.data = buf.data, .len = len};
        assert_int_equal(trial_add(trial, &part), TLSAGEN_E_SYNTAX);
        trial_reset(trial);
    }
    tlsagen_buf_clear(&buf);
}

static void a_fault_says_which_block(void **state)
{
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    pki_add_pem_cert(&buf, pki.mail);
    pki_add_pem_cert(&buf, pki.root);
    buf.len -= 40;
    buf.data[buf.len] = '\0';
    assert_refused(*state, &buf, TLSAGEN_E_SYNTAX, "input: PEM block 2 is damaged or truncated");
}

/* A label is quoted in messages, and is bytes from outside. */
static void a_label_is_cut_and_cleaned(void **state)
{
    struct trial *trial = *state;
    char label[1000];
    memset(label, 'l', sizeof(label));
    label[0] = '\x1b';
    label[1] = '\n';
    label[sizeof(label) - 1] = '\0';
    assert_int_equal(tlsagen_material_add(trial->ctx, trial->material, "0\x03\x02\x01\x05", 5,
                                          label, &trial->err),
                     TLSAGEN_E_SYNTAX);
    assert_memory_equal(trial->err.message, "??lll", 5);
    assert_non_null(strstr(trial->err.message, "l: DER, but no"));
}

static void a_fault_leaves_the_rest_usable(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf bad;
    tlsagen_buf_init(&bad);
    tlsagen_buf_str(&bad, "nothing");
    trial_take_cert(trial, pki.mail);
    assert_int_equal(trial_add(trial, &bad), TLSAGEN_E_SYNTAX);
    trial_take_key(trial, pki.mail_key);
    assert_int_equal(trial_make(trial, "3 1 1"), TLSAGEN_OK);
    trial_wants(trial, "3 1 1", pki.mail);
    trial_assert_made(trial, "behind a fault");
    tlsagen_buf_clear(&bad);
}

static void nothing_to_free_is_fine(void **state)
{
    (void)state;
    tlsagen_ctx_free(NULL);
    tlsagen_material_free(NULL);
}

int main(void)
{
#define TRIAL_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TRIAL_TEST(certificates_in_der_and_pem),
        TRIAL_TEST(pem_has_many_looks),
        TRIAL_TEST(the_same_twice_is_one),
        TRIAL_TEST(certificate_and_key_in_one_input),
        TRIAL_TEST(chains_in_pkcs7),
        TRIAL_TEST(chains_in_indefinite_pkcs7),
        TRIAL_TEST(pkcs7_without_certificates),
        TRIAL_TEST(pkcs12_without_passphrase),
        TRIAL_TEST(pkcs12_with_passphrase),
        TRIAL_TEST(pkcs12_without_content),
        TRIAL_TEST(pkcs12_of_former_times),
        TRIAL_TEST(keys_of_every_kind),
        TRIAL_TEST(keys_in_their_traditional_forms),
        TRIAL_TEST(an_ec_key_behind_its_parameters),
        TRIAL_TEST(requests),
        TRIAL_TEST(keys_of_unknown_algorithms),
        TRIAL_TEST(encrypted_keys),
        TRIAL_TEST(a_wrong_passphrase_is_no_damage),
        TRIAL_TEST(the_key_in_an_input_need_not_be_opened_twice),
        TRIAL_TEST(bytes_that_are_nothing),
        TRIAL_TEST(pem_that_is_nothing),
        TRIAL_TEST(a_part_of_an_input_is_none),
        TRIAL_TEST(a_fault_says_which_block),
        TRIAL_TEST(a_label_is_cut_and_cleaned),
        TRIAL_TEST(a_fault_leaves_the_rest_usable),
        cmocka_unit_test(nothing_to_free_is_fine),
    };
#undef TRIAL_TEST
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
