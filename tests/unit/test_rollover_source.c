/* rollover/source.h: pairs of keys and certificates, as ACME clients leave them. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollover/source.h"
#include "rollover_files.h"

#define LATER 3600 /* seconds after which nobody is writing any more */

static struct tlsagen_ctx *ctx;

/* Reads up to two paths; now is so long after the present. */
static enum tlsagen_status read_with(const char *one, const char *two, const char *key,
                                     bool need_key, int64_t after, struct source *source,
                                     struct tlsagen_err *err)
{
    const char *paths[] = {one, two};
    const struct source_ask ask = {.paths = paths,
                                   .path_count = two != NULL ? 2 : 1,
                                   .host = FILES_HOST,
                                   .key_path = key,
                                   .need_key = need_key,
                                   .now = (int64_t)time(NULL) + after};
    source_init(source);
    return source_read(ctx, &ask, source, err);
}

static void is_pair(const struct source *source, size_t at, X509 *leaf, size_t count, EVP_PKEY *key)
{
    const struct source_pair *pair = &source->pairs[at];
    assert_true(at < source->count);
    assert_int_equal(pair->count, count);
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    pki_add_cert(&der, leaf);
    assert_int_equal(pair->certs[0].len, der.len);
    assert_memory_equal(pair->certs[0].der, der.data, der.len);
    uint8_t data[64];
    size_t len;
    files_digest("3 0 1", leaf, NULL, data, &len);
    assert_memory_equal(pair->leaf, data, len);
    tlsagen_buf_clear(&der);
    assert_int_equal(pair->key.len == 0, key == NULL);
    if (key == NULL)
        return;
    BIO *bio = BIO_new_mem_buf(pair->key.data, (int)pair->key.len);
    EVP_PKEY *read = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(read);
    assert_int_equal(EVP_PKEY_eq(read, key), 1);
    assert_int_equal(strncmp(pair->key.data, "-----BEGIN PRIVATE KEY-----", 27), 0);
    EVP_PKEY_free(read);
    BIO_free(bio);
}

/* Reads paths that give one pair. */
static void gives(const char *one, const char *two, X509 *leaf, size_t count, EVP_PKEY *key)
{
    struct source source;
    struct tlsagen_err err;
    enum tlsagen_status status = read_with(one, two, NULL, true, LATER, &source, &err);
    if (status != TLSAGEN_OK)
        print_error("%s: %s\n", one, err.message);
    assert_int_equal(status, TLSAGEN_OK);
    assert_int_equal(source.count, 1);
    is_pair(&source, 0, leaf, count, key);
    source_clear(&source);
}

/* A fault once nobody is writing any more, and "not now" before that. */
static void refused(const char *path, enum tlsagen_status wanted, const char *said)
{
    struct source source;
    struct tlsagen_err err;
    enum tlsagen_status status = read_with(path, NULL, NULL, true, LATER, &source, &err);
    if (status != wanted || strstr(err.message, said) == NULL)
        print_error("%s: %d %s\n", path, status, err.message);
    assert_int_equal(status, wanted);
    assert_non_null(strstr(err.message, said));
    assert_int_equal(source.count, 0);
    assert_int_equal(read_with(path, NULL, NULL, true, 0, &source, &err), TLSAGEN_E_TIMEOUT);
    assert_non_null(strstr(err.message, said));
    assert_non_null(strstr(err.message, "not now"));
    /* A clock that is behind the files by far does not make it wait for ever. */
    assert_int_equal(read_with(path, NULL, NULL, true, -LATER, &source, &err), wanted);
}

static void certbot_folder(void **state)
{
    struct files *f = *state;
    assert_int_equal(mkdir("archive", 0700), 0);
    assert_int_equal(mkdir("live", 0700), 0);
    files_write("archive/privkey1.pem", f->ec_key, NULL);
    files_write("archive/cert1.pem", NULL, f->ec, NULL);
    files_write("archive/chain1.pem", NULL, f->ca, NULL);
    files_write("archive/fullchain1.pem", NULL, f->ec, f->ca, NULL);
    files_write_text("live/README", "not a certificate");
    static const char *const names[] = {"privkey", "cert", "chain", "fullchain"};
    for (size_t i = 0; i < 4; i++) {
        char from[64], to[64];
        (void)snprintf(from, sizeof(from), "../archive/%s1.pem", names[i]);
        (void)snprintf(to, sizeof(to), "live/%s.pem", names[i]);
        assert_int_equal(symlink(from, to), 0);
    }
    gives("live", NULL, f->ec, 2, f->ec_key);
    struct source source;
    assert_int_equal(read_with("live", NULL, NULL, true, 0, &source, NULL), TLSAGEN_OK);
    const struct source_pair *pair = &source.pairs[0];
    assert_string_equal(pair->kind, "ecdsa");
    assert_true(pair->covers && pair->mode == 0600 && pair->uid == getuid());
    assert_int_equal(pair->not_before, PKI_NOW - 30 * 86400);
    assert_int_equal(pair->not_after, PKI_NOW + 335 * INT64_C(86400));
    source_clear(&source);
    /* The next key is linked first: half a renewal. */
    files_write("archive/privkey2.pem", f->next_key, NULL);
    assert_int_equal(unlink("live/privkey.pem"), 0);
    assert_int_equal(symlink("../archive/privkey2.pem", "live/privkey.pem"), 0);
    refused("live", TLSAGEN_E_MISMATCH, "the key beside it is another one's");
}

/* All former ones beside the present ones, which links name. */
static void dehydrated_folder(void **state)
{
    struct files *f = *state;
    assert_int_equal(mkdir("dehydrated", 0700), 0);
    files_write("dehydrated/privkey-1.pem", f->ec_key, NULL);
    files_write("dehydrated/cert-1.pem", NULL, f->ec, NULL);
    files_write("dehydrated/fullchain-1.pem", NULL, f->ec, f->ca, NULL);
    files_write("dehydrated/privkey-2.pem", f->next_key, NULL);
    assert_int_equal(symlink("privkey-1.pem", "dehydrated/privkey.pem"), 0);
    assert_int_equal(symlink("fullchain-1.pem", "dehydrated/fullchain.pem"), 0);
    gives("dehydrated", NULL, f->ec, 2, f->ec_key);
}

static void acme_sh_folder(void **state)
{
    struct files *f = *state;
    assert_int_equal(mkdir("acme", 0700), 0);
    files_write("acme/mail.example.org.key", f->ec_key, NULL);
    files_write("acme/mail.example.org.cer", NULL, f->renewed, NULL);
    files_write("acme/ca.cer", NULL, f->ca, NULL);
    files_write("acme/fullchain.cer", NULL, f->ec, f->ca, NULL);
    files_write_text("acme/mail.example.org.conf", "Le_Domain='mail.example.org'");
    files_write_text("acme/mail.example.org.csr", "-----BEGIN CERTIFICATE REQUEST-----\nx");
    /* The renewed certificate is there, its chain not yet: the same CA's is. */
    gives("acme", NULL, f->renewed, 2, f->ec_key);
}

/* Certificates of all hosts are in one folder. */
static void lego_folder(void **state)
{
    struct files *f = *state;
    assert_int_equal(mkdir("lego", 0700), 0);
    files_write("lego/mail.example.org.key", f->ec_key, NULL);
    files_write("lego/mail.example.org.crt", NULL, f->ec, f->ca, NULL);
    files_write("lego/mail.example.org.issuer.crt", NULL, f->ca, NULL);
    files_write("lego/www.example.net.key", f->next_key, NULL);
    files_write("lego/www.example.net.crt", NULL, f->other, f->ca, NULL);
    files_write_text("lego/mail.example.org.json", "{}");
    assert_int_equal(mkdir("lego/old.pem", 0700), 0);
    gives("lego", NULL, f->ec, 2, f->ec_key);
}

static void files_named_one_by_one(void **state)
{
    struct files *f = *state;
    files_write("chain.pem", NULL, f->ec, f->ca, f->root, NULL);
    files_write("key.pem", f->ec_key, NULL);
    files_write("both.pem", f->ec_key, f->ec, f->ca, NULL);
    gives("chain.pem", "key.pem", f->ec, 3, f->ec_key);
    gives("both.pem", NULL, f->ec, 2, f->ec_key);
    gives("both.pem", "chain.pem", f->ec, 3, f->ec_key);
}

static void rsa_and_ecdsa(void **state)
{
    struct files *f = *state;
    struct source source;
    files_write("rsa.pem", f->rsa_key, f->rsa, f->ca, NULL);
    files_write("ec.pem", f->ec_key, f->ec, f->ca, NULL);
    assert_int_equal(read_with("rsa.pem", "ec.pem", NULL, true, LATER, &source, NULL), TLSAGEN_OK);
    assert_int_equal(source.count, 2);
    is_pair(&source, 0, f->rsa, 2, f->rsa_key);
    is_pair(&source, 1, f->ec, 2, f->ec_key);
    assert_string_equal(source.pairs[0].kind, "rsa");
    source_clear(&source);
}

/* The key was made here; the ACME client had its request alone. */
static void key_from_elsewhere(void **state)
{
    struct files *f = *state;
    struct source source;
    struct tlsagen_err err;
    files_write("next.key", f->next_key, NULL);
    files_write("signed.pem", NULL, f->next, f->ca, NULL);
    assert_int_equal(read_with("signed.pem", NULL, "next.key", true, 0, &source, &err), TLSAGEN_OK);
    is_pair(&source, 0, f->next, 2, f->next_key);
    source_clear(&source);
    assert_int_equal(read_with("signed.pem", NULL, "none.key", true, LATER, &source, &err),
                     TLSAGEN_E_MISMATCH);
    assert_non_null(strstr(err.message, "no private key belongs to certificate"));
    assert_int_equal(read_with("signed.pem", NULL, NULL, false, LATER, &source, &err), TLSAGEN_OK);
    is_pair(&source, 0, f->next, 2, NULL);
    source_clear(&source);
}

/* The same when that key is live by now, and nowhere else. */
static void key_of_live(void **state)
{
    struct files *f = *state;
    struct source live, source;
    struct tlsagen_err err;
    const char *const path = "only.pem";
    struct source_ask ask = {.paths = &path,
                             .path_count = 1,
                             .host = FILES_HOST,
                             .live = &live,
                             .need_key = true,
                             .now = (int64_t)time(NULL) + LATER};
    files_write("live.pem", f->next_key, f->next, f->ca, NULL);
    files_write(path, NULL, f->next, f->ca, NULL);
    assert_int_equal(read_with("live.pem", NULL, NULL, true, LATER, &live, &err), TLSAGEN_OK);
    source_init(&source);
    assert_int_equal(source_read(ctx, &ask, &source, &err), TLSAGEN_OK);
    assert_int_equal(source.count, 1);
    is_pair(&source, 0, f->next, 2, f->next_key);
    assert_int_equal(source.pairs[0].mode, live.pairs[0].mode);
    source_clear(&source);
    files_write(path, NULL, f->ec, f->ca, NULL); /* whose key is neither */
    assert_int_equal(source_read(ctx, &ask, &source, &err), TLSAGEN_E_MISMATCH);
    source_clear(&live);
}

static void nothing_yet(void **state)
{
    struct files *f = *state;
    struct source source;
    struct tlsagen_err err;
    assert_int_equal(mkdir("empty", 0700), 0);
    assert_int_equal(mkdir("waiting", 0700), 0);
    files_write("waiting/privkey.pem", f->ec_key, NULL);
    files_write("ca.pem", NULL, f->ca, f->root, NULL);
    static const char *const paths[] = {"empty", "waiting", "not-there", "ca.pem"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(read_with(paths[i], NULL, NULL, true, 0, &source, &err),
                         TLSAGEN_E_NOTFOUND);
        assert_non_null(strstr(err.message, paths[i]));
    }
}

static void half_written(void **state)
{
    struct files *f = *state;
    char text[4096];
    files_write("whole.pem", f->ec_key, f->ec, f->ca, NULL);
    FILE *file = fopen("whole.pem", "r");
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    assert_int_equal(fclose(file), 0);
    for (size_t cut = 1; cut < len; cut += 97) {
        struct source source;
        struct tlsagen_err err;
        file = fopen("cut.pem", "w");
        assert_int_equal(fwrite(text, 1, cut, file), cut);
        assert_int_equal(fclose(file), 0);
        enum tlsagen_status status = read_with("cut.pem", NULL, NULL, true, 0, &source, &err);
        /* Cut between two blocks, it may be whole, or a key that waits for its certificate. */
        if (status == TLSAGEN_OK)
            is_pair(&source, 0, f->ec, 1, f->ec_key);
        else if (status != TLSAGEN_E_NOTFOUND)
            assert_int_equal(status, TLSAGEN_E_TIMEOUT);
        source_clear(&source);
    }
    files_write_text("nothing.pem", "");
    refused("nothing.pem", TLSAGEN_E_SYNTAX, "nothing.pem: empty");
    files_write_text("text.pem", "hello");
    refused("text.pem", TLSAGEN_E_SYNTAX, "text.pem");
    files_write("mismatch.pem", f->rsa_key, f->ec, f->ca, NULL);
    refused("mismatch.pem", TLSAGEN_E_MISMATCH, "mismatch.pem");
    assert_int_equal(mkfifo("fifo.pem", 0600), 0);
    refused("fifo.pem", TLSAGEN_E_KIND, "no regular file");
}

static void keys_that_everybody_may_read(void **state)
{
    struct files *f = *state;
    files_write("open.pem", f->ec_key, f->ec, f->ca, NULL);
    assert_int_equal(chmod("open.pem", 0644), 0);
    refused("open.pem", TLSAGEN_E_MISMATCH, "everybody may read");
    assert_int_equal(chmod("open.pem", 0640), 0);
    gives("open.pem", NULL, f->ec, 2, f->ec_key);
}

static void unfit_certificates(void **state)
{
    struct files *f = *state;
    struct source source;
    struct tlsagen_err err;
    files_write("other.pem", f->next_key, f->other, f->ca, NULL);
    files_write("good.pem", f->ec_key, f->ec, f->ca, NULL);
    assert_int_equal(read_with("other.pem", NULL, NULL, true, LATER, &source, &err), TLSAGEN_OK);
    assert_int_equal(source_check(&source, FILES_HOST, PKI_NOW, &err), TLSAGEN_E_MISMATCH);
    assert_non_null(strstr(err.message, "does not cover mail.example.org."));
    source_clear(&source);
    assert_int_equal(read_with("good.pem", NULL, NULL, true, LATER, &source, &err), TLSAGEN_OK);
    assert_int_equal(source_check(&source, FILES_HOST, PKI_NOW, &err), TLSAGEN_OK);
    int64_t last = source.pairs[0].not_after, first = source.pairs[0].not_before;
    assert_int_equal(source_check(&source, FILES_HOST, last, &err), TLSAGEN_OK);
    assert_int_equal(source_check(&source, FILES_HOST, first, &err), TLSAGEN_OK);
    assert_int_equal(source_check(&source, FILES_HOST, last + 1, &err), TLSAGEN_E_MISMATCH);
    assert_non_null(strstr(err.message, "expired on 2027-10-24"));
    assert_int_equal(source_check(&source, FILES_HOST, first - 1, &err), TLSAGEN_E_MISMATCH);
    assert_non_null(strstr(err.message, "is not valid before 2026-10-24"));
    source_clear(&source);
}

static void self_signed(void **state)
{
    struct files *f = *state;
    X509 *own = pki_cert(&(struct pki_cert){
        .name = "mail.example.org", .dns = "mail.example.org", .key = f->ec_key, .ca = true});
    files_write("own.pem", f->ec_key, own, NULL);
    gives("own.pem", NULL, own, 1, f->ec_key);
    X509_free(own);
}

static int enter(void **state)
{
    return files_enter(state) != 0 || tlsagen_ctx_new(&ctx, NULL) != TLSAGEN_OK;
}

static int leave(void **state)
{
    tlsagen_ctx_free(ctx);
    return files_leave(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certbot_folder),
        cmocka_unit_test(dehydrated_folder),
        cmocka_unit_test(acme_sh_folder),
        cmocka_unit_test(lego_folder),
        cmocka_unit_test(files_named_one_by_one),
        cmocka_unit_test(rsa_and_ecdsa),
        cmocka_unit_test(key_from_elsewhere),
        cmocka_unit_test(key_of_live),
        cmocka_unit_test(nothing_yet),
        cmocka_unit_test(half_written),
        cmocka_unit_test(keys_that_everybody_may_read),
        cmocka_unit_test(unfit_certificates),
        cmocka_unit_test(self_signed),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
