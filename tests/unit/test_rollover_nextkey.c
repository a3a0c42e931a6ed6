/* rollover/nextkey.h: the next key, and the request for its certificate. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollover/nextkey.h"
#include "rollover_files.h"

#define KEY_FILE "state/rollover/mx1.next.key"

static struct state_home home;

static void every_kind_is_made_and_read(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ec-p256",  "ec-p384",  "ed25519",
                                        "rsa-2048", "rsa-3072", "rsa-4096"};
    struct tlsagen_err err;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct tlsagen_buf first, second, pem;
        struct stat st;
        bool made = false;
        tlsagen_buf_init(&first);
        tlsagen_buf_init(&second);
        tlsagen_buf_init(&pem);
        assert_int_equal(nextkey_make(&home, "mx1", kinds[i], &made, &err), TLSAGEN_OK);
        assert_true(made);
        assert_int_equal(stat(KEY_FILE, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(nextkey_read(&home, "mx1", &first, &err), TLSAGEN_OK);
        /* It stays, and another kind is not made over it. */
        assert_int_equal(nextkey_make(&home, "mx1", kinds[i], &made, &err), TLSAGEN_OK);
        assert_false(made);
        assert_int_equal(nextkey_make(&home, "mx1", kinds[(i + 1) % 6], &made, &err),
                         TLSAGEN_E_MISMATCH);
        assert_int_equal(nextkey_read(&home, "mx1", &second, &err), TLSAGEN_OK);
        assert_int_equal(first.len, second.len);
        assert_memory_equal(first.data, second.data, first.len);
        assert_int_equal(nextkey_request(&home, "mx1", FILES_HOST, NULL, 0, &pem, &err),
                         TLSAGEN_OK);
        assert_int_equal(nextkey_remove(&home, "mx1", &err), TLSAGEN_OK);
        assert_int_equal(nextkey_remove(&home, "mx1", &err), TLSAGEN_OK);
        assert_int_equal(nextkey_read(&home, "mx1", &second, &err), TLSAGEN_E_NOTFOUND);
        tlsagen_buf_clear(&first);
        tlsagen_buf_clear(&second);
        tlsagen_buf_clear(&pem);
    }
    bool made;
    assert_int_equal(nextkey_make(&home, "mx1", "rsa-1024", &made, &err), TLSAGEN_E_ARGUMENT);
    assert_int_equal(nextkey_make(&home, "../mx1", "ec-p256", &made, &err), TLSAGEN_E_ARGUMENT);
}

static X509_REQ *request(const char *host, const char *const *names, size_t count)
{
    struct tlsagen_buf pem;
    struct tlsagen_err err;
    tlsagen_buf_init(&pem);
    assert_int_equal(nextkey_request(&home, "mx1", host, names, count, &pem, &err), TLSAGEN_OK);
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509_REQ *read = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    assert_non_null(read);
    assert_int_equal(X509_REQ_verify(read, X509_REQ_get0_pubkey(read)), 1);
    BIO_free(bio);
    tlsagen_buf_clear(&pem);
    return read;
}

/* The names of a request, with commas between. */
static void names_of(X509_REQ *read, char *text, size_t size)
{
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(read);
    GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
    size_t used = 0;
    assert_non_null(names);
    text[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type;
        const ASN1_STRING *name = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        assert_int_equal(type, GEN_DNS);
        used +=
            (size_t)snprintf(text + used, size - used, "%s%.*s", i == 0 ? "" : ",",
                             ASN1_STRING_length(name), (const char *)ASN1_STRING_get0_data(name));
        assert_true(used < size);
    }
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static void the_request_has_the_names(void **state)
{
    (void)state;
    static const char *const more[] = {"imap.example.org.", FILES_HOST};
    static const char label[] = "a23456789012345678901234567890123456789012345678901234567890";
    char text[600], longer[200];
    struct tlsagen_err err;
    bool made;
    assert_int_equal(nextkey_make(&home, "mx1", "ec-p256", &made, &err), TLSAGEN_OK);
    X509_REQ *read = request(FILES_HOST, more, 2);
    names_of(read, text, sizeof(text));
    assert_string_equal(text, "mail.example.org,imap.example.org");
    assert_true(X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(read), NID_commonName, text,
                                          sizeof(text)) > 0);
    assert_string_equal(text, "mail.example.org");
    X509_REQ_free(read);
    (void)snprintf(longer, sizeof(longer), "%s.%s.", label, label);
    read = request(longer, NULL, 0);
    assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(read)), 0);
    names_of(read, text, sizeof(text));
    assert_int_equal(strlen(text), strlen(longer) - 1);
    X509_REQ_free(read);
    assert_int_equal(nextkey_remove(&home, "mx1", &err), TLSAGEN_OK);
}

static void what_is_not_used(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct tlsagen_buf spki;
    bool made;
    tlsagen_buf_init(&spki);
    assert_int_equal(nextkey_make(&home, "mx1", "ec-p256", &made, &err), TLSAGEN_OK);
    assert_int_equal(chmod(KEY_FILE, 0640), 0);
    assert_int_equal(nextkey_read(&home, "mx1", &spki, &err), TLSAGEN_E_MISMATCH);
    assert_int_equal(nextkey_make(&home, "mx1", "ec-p256", &made, &err), TLSAGEN_E_MISMATCH);
    assert_int_equal(unlink(KEY_FILE), 0);
    files_write_text(KEY_FILE, "");
    assert_int_equal(nextkey_read(&home, "mx1", &spki, &err), TLSAGEN_E_SYNTAX);
    assert_int_equal(nextkey_make(&home, "mx1", "ec-p256", &made, &err), TLSAGEN_E_SYNTAX);
    assert_int_equal(unlink(KEY_FILE), 0);
    assert_int_equal(symlink("/etc/passwd", KEY_FILE), 0);
    assert_int_equal(nextkey_read(&home, "mx1", &spki, &err), TLSAGEN_E_KIND);
    assert_int_equal(unlink(KEY_FILE), 0);
    assert_int_equal(spki.len, 0);
    /* What a killed run left is written over. */
    files_write_text(KEY_FILE ".new", "half a key");
    assert_int_equal(chmod(KEY_FILE ".new", 0644), 0);
    assert_int_equal(nextkey_make(&home, "mx1", "ec-p256", &made, &err), TLSAGEN_OK);
    struct stat st;
    assert_int_equal(stat(KEY_FILE, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(KEY_FILE ".new", F_OK), -1);
}

static int enter(void **state)
{
    return files_enter(state) != 0 || state_home_open("state", &home, NULL) != TLSAGEN_OK;
}

static int leave(void **state)
{
    state_home_close(&home);
    return files_leave(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_made_and_read),
        cmocka_unit_test(the_request_has_the_names),
        cmocka_unit_test(what_is_not_used),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
