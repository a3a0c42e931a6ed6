/* rollover/keytext.h: with a context and without one, the same keys are read, and the same are not.
 */
#include "unit.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "rollover/engine.h"
#include "rollover/keytext.h"

static struct tlsagen_ctx *ctx;

static int setup(void **state)
{
    (void)state;
    return tlsagen_ctx_new(&ctx, NULL) != TLSAGEN_OK;
}

static int teardown(void **state)
{
    (void)state;
    tlsagen_ctx_free(ctx);
    return 0;
}

static void take(BIO *bio, struct tlsagen_buf *text)
{
    char *bytes;
    const long len = BIO_get_mem_data(bio, &bytes);
    assert_true(len > 0);
    tlsagen_buf_add(text, bytes, (size_t)len);
    assert_false(text->failed);
    assert_int_equal(BIO_free(bio), 1);
}

/* Both ways of reading: the key, or none. */
static void reads(const char *what, const struct tlsagen_buf *text, const EVP_PKEY *wanted)
{
    for (int i = 0; i < 2; i++) {
        EVP_PKEY *key = keytext_read(i == 0 ? NULL : ctx, text);
        if ((key == NULL) != (wanted == NULL))
            fail_msg("%s: %s", what, key == NULL ? "no key" : "a key");
        if (key != NULL) {
            unsigned char *one = NULL, *two = NULL;
            const int len = i2d_PrivateKey(key, &one);
            assert_true(len > 0);
            assert_int_equal(len, i2d_PrivateKey(wanted, &two));
            assert_memory_equal(one, two, (size_t)len);
            OPENSSL_free(one);
            OPENSSL_free(two);
        }
        EVP_PKEY_free(key);
    }
}

static void reads_all_forms(const char *what, EVP_PKEY *key, bool traditional)
{
    struct tlsagen_buf text;
    char secret[] = "secret";
    BIO *bio;
    assert_non_null(key);
    for (int form = 0; form < 6; form++) {
        bool plain = true;
        tlsagen_buf_init(&text);
        bio = BIO_new(BIO_s_mem());
        switch (form) {
        case 0:
            assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
            break;
        case 1: /* its own form, where it has one */
            assert_int_equal(
                traditional
                    ? PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL)
                    : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL),
                1);
            break;
        case 2: /* behind its public key */
            assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
            assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
            break;
        case 3:
            assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), secret,
                                                           (int)strlen(secret), NULL, NULL),
                             1);
            plain = false;
            break;
        case 4:
            assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
            plain = false;
            break;
        default:
            assert_true(i2d_PrivateKey_bio(bio, key) == 1);
            break;
        }
        take(bio, &text);
        reads(what, &text, plain ? key : NULL);
        tlsagen_buf_clear(&text);
    }
    EVP_PKEY_free(key);
}

static void all_kinds(void **state)
{
    (void)state;
    reads_all_forms("P-256", EVP_EC_gen("P-256"), true);
    reads_all_forms("P-521", EVP_EC_gen("P-521"), true);
    reads_all_forms("RSA", EVP_RSA_gen(2048), true);
    reads_all_forms("Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false);
    reads_all_forms("Ed448", EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), false);
}

/* A traditional form under a passphrase, with its own headers. */
static void locked_by_headers(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    struct tlsagen_buf text;
    unsigned char secret[] = "secret";
    (void)state;
    tlsagen_buf_init(&text);
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, EVP_aes_128_cbc(), secret,
                                                          sizeof(secret) - 1, NULL, NULL),
                     1);
    take(bio, &text);
    assert_non_null(strstr(text.data, "ENCRYPTED"));
    reads("locked", &text, NULL);
    tlsagen_buf_clear(&text);
    EVP_PKEY_free(key);
}

/* What is named a private key and is none. */
static void others(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    unsigned char *spki = NULL, *pkcs1 = NULL;
    const int spki_len = i2d_PUBKEY(key, &spki), pkcs1_len = i2d_PublicKey(key, &pkcs1);
    static const unsigned char odd[][6] = {
        {0x30, 0x00}, {0x30, 0x03, 0x02, 0x01, 0x00}, {0x30, 0x84, 0x02, 0x01}, {0x30, 0xff}, {0}};
    struct tlsagen_buf text;
    (void)state;
    for (size_t i = 0; i < 2 + sizeof(odd) / sizeof(odd[0]); i++) {
        static const char *const names[] = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"};
        for (size_t k = 0; k < 3; k++) {
            BIO *bio = BIO_new(BIO_s_mem());
            tlsagen_buf_init(&text);
            assert_true(PEM_write_bio(bio, names[k], "",
                                      i == 0   ? spki
                                      : i == 1 ? pkcs1
                                               : odd[i - 2],
                                      i == 0   ? spki_len
                                      : i == 1 ? pkcs1_len
                                               : (long)sizeof(odd[0])) > 0);
            take(bio, &text);
            EVP_PKEY *read = keytext_read(ctx, &text);
            if (read != NULL)
                fail_msg("%zu is read as a %s", i, names[k]);
            tlsagen_buf_clear(&text);
        }
    }
    OPENSSL_free(spki);
    OPENSSL_free(pkcs1);
    EVP_PKEY_free(key);
}

/* Of several keys the first; what is damaged is none. */
static void several(void **state)
{
    EVP_PKEY *keys[2] = {EVP_EC_gen("P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    BIO *bio = BIO_new(BIO_s_mem());
    struct tlsagen_buf text;
    (void)state;
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(PEM_write_bio_PrivateKey(bio, keys[i], NULL, NULL, 0, NULL, NULL), 1);
    take(bio, &text);
    reads("two", &text, keys[0]);
    text.data[text.len / 4] = '!';
    EVP_PKEY *key = keytext_read(ctx, &text);
    assert_null(key);
    tlsagen_buf_clear(&text);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

/* --- by whose name a key is kept --- */

static void first_of_those_that_share(void **state)
{
    static char path[] = "source";
    static char *paths[] = {path, NULL};
    static const struct tlsagen_config_list source = {.items = paths, .count = 1};
    const struct tlsagen_config_service services[] = {
        {.name = "z", .live = "/live/b", .source = source},
        {.name = "pinned", .live = "/live/b"}, /* nothing is deployed there */
        {.name = "a", .live = "/live/b", .source = source},
        {.name = "alone", .live = "/live/a", .source = source},
        {.name = "c", .live = "/live/b", .source = source},
        {.name = "none", .source = source},
        {.name = "y", .live = "/live/bb", .source = source},
        {.name = "x", .live = "/live/bb", .source = source},
    };
    static const char *const wanted[] = {"z", "pinned", "z", "alone", "z", "none", "y", "y"};
    const struct tlsagen_config_service *at[8];
    struct tlsagen_rollover rollover = {.ctx = NULL};
    (void)state;
    for (size_t count = 0; count <= 8; count++) {
        const struct tlsagen_config config = {.services = at, .service_count = count};
        if (count > 0)
            at[count - 1] = &services[count - 1];
        rollover.config = &config;
        assert_int_equal(member_lives_make(&rollover.lives, &config, NULL), TLSAGEN_OK);
        for (size_t i = 0; i < count; i++) {
            const struct member member = {.rollover = &rollover, .service = at[i]};
            assert_string_equal(member_key_name(&member), wanted[i]);
        }
        member_lives_clear(&rollover.lives);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds),
        cmocka_unit_test(locked_by_headers),
        cmocka_unit_test(others),
        cmocka_unit_test(several),
        cmocka_unit_test(first_of_those_that_share),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
