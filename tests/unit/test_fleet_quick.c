/*
 * fleet/quick.c beside rollover/source.c: what is read quickly is what a rollover reads, of
 * certificates and files of all kinds; what is not is left to that.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certmaker.h"
#include "fleet_stage.h"
#include "rollover_files.h"

#define CONF                                                                                       \
    "state-dir = state\nzone example.org { file = zone }\n"                                        \
    "service mx { host = mail.example.org\nports = 25\nsource = source\n%s }\n"
#define MANY 64 /* certificates of the random ones; decoding each takes a while */

struct stage {
    struct files *files;
    struct fleet_stage fleet;
    const struct tlsagen_config_service *service;
};

static void begin(void **state, struct stage *stage, const char *line)
{
    char text[512];
    (void)snprintf(text, sizeof(text), CONF, line);
    stage->files = *state;
    stage_open(&stage->fleet, text);
    stage->service = stage->fleet.config->services[0];
}

/* As a rollover reads it. */
static enum tlsagen_status read_slowly(struct stage *stage, const char *path, struct source *source,
                                       struct tlsagen_rrset *set, struct tlsagen_err *err)
{
    const struct source_ask ask = {
        .paths = &path, .path_count = 1, .host = stage->service->host, .now = PKI_NOW};
    const struct side_terms terms = {.fields = stage->service->fields,
                                     .field_count = stage->service->field_count,
                                     .play = stage->service->fields,
                                     .play_count = stage->service->field_count,
                                     .anchor = stage->service->anchor,
                                     .anchor_offset = stage->service->anchor_offset};
    struct table table;
    struct model_side side;
    table_init(&table);
    enum tlsagen_status status = source_read(stage->fleet.desiring.ctx, &ask, source, err);
    if (status == TLSAGEN_OK)
        status = side_of_source(stage->fleet.desiring.ctx, &terms, source, &table, &side, err);
    if (status == TLSAGEN_OK)
        status = table_rrset(&table, side.wants, set, err);
    table_clear(&table);
    return status;
}

/* Both read the path alike, or the quick one leaves it to the other. */
static bool agree(struct stage *stage, const char *path, const char *what)
{
    struct desiring *desiring = &stage->fleet.desiring;
    struct tlsagen_rrset quickly, slowly;
    struct tlsagen_err quick_err = {.message = ""}, slow_err = {.message = ""};
    struct source source;
    struct quick quick, look;
    tlsagen_rrset_init(&quickly);
    tlsagen_rrset_init(&slowly);
    source_init(&source);
    const enum tlsagen_status got =
        quick_read(desiring, stage->service, path, &quick, &quickly, &quick_err);
    const bool simple = got == TLSAGEN_OK && quick.simple;
    const bool covers = simple && quick.there && quick_covers(desiring, &quick, FILES_HOST);
    const enum tlsagen_status wanted = read_slowly(stage, path, &source, &slowly, &slow_err);
    if (got != TLSAGEN_OK && wanted == TLSAGEN_OK)
        fail_msg("%s: quickly: %s", what, quick_err.message);
    if (simple && !quick.there && wanted != TLSAGEN_E_NOTFOUND)
        fail_msg("%s: there is something", what);
    if (simple && quick.there) {
        if (wanted != TLSAGEN_OK)
            fail_msg("%s: slowly: %s", what, slow_err.message);
        assert_int_equal(source.count, 1);
        if (quickly.count != slowly.count || !set_has_all(&quickly, &slowly))
            fail_msg("%s: %zu and %zu records", what, quickly.count, slowly.count);
        assert_int_equal(covers, source.pairs[0].covers);
        assert_true(quick.not_before == source.pairs[0].not_before);
        assert_true(quick.not_after == source.pairs[0].not_after);
        /* A look takes the same leaf. */
        assert_int_equal(quick_read(desiring, stage->service, path, &look, NULL, NULL), TLSAGEN_OK);
        assert_true(look.simple && look.there);
        assert_memory_equal(look.leaf, source.pairs[0].leaf, MODEL_ID);
    }
    source_clear(&source);
    tlsagen_rrset_clear(&quickly);
    tlsagen_rrset_clear(&slowly);
    return simple;
}

/* --- contents --- */

static void write_buf(const char *path, const struct tlsagen_buf *buf)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_false(buf->failed);
    assert_int_equal(fwrite(buf->data, 1, buf->len, file), buf->len);
    assert_int_equal(fclose(file), 0);
}

static X509 *cert_of(const struct stage *stage, EVP_PKEY *key, bool ca)
{
    const struct files *files = stage->files;
    return pki_cert(&(struct pki_cert){.name = "mail.example.org",
                                       .dns = "mail.example.org",
                                       .key = key,
                                       .issuer = ca ? NULL : files->ca,
                                       .signer = ca ? NULL : files->ca_key,
                                       .ca = ca});
}

static void keys_of_all_kinds(void **state)
{
    static const char *const kinds[] = {"RSA:2048", "P-256", "P-384", "ED25519", "ED448"};
    struct stage stage;
    begin(state, &stage, "");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *key = pki_key(kinds[i]);
        X509 *cert = cert_of(&stage, key, false);
        files_write("source", NULL, cert, NULL);
        assert_true(agree(&stage, "source", kinds[i]));
        files_write("source", NULL, cert, stage.files->ca, stage.files->root, NULL);
        assert_true(agree(&stage, "source", kinds[i]));
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    stage_close(&stage.fleet);
}

/* The files that ACME clients and hands make of the same certificate. */
static void files_of_all_kinds(void **state)
{
    struct stage stage;
    struct tlsagen_buf text;
    begin(state, &stage, "");
    const struct files *files = stage.files;
    files_write("source", NULL, files->ca, files->root, files->ec, NULL);
    assert_true(agree(&stage, "source", "the leaf last"));
    files_write("source", NULL, files->ec, files->ec, files->ca, NULL);
    assert_true(agree(&stage, "source", "the leaf twice"));
    files_write("source", files->ec_key, files->ec, files->ca, NULL);
    assert_false(agree(&stage, "source", "its key before it"));
    files_write("source", files->next_key, files->ec, NULL);
    assert_false(agree(&stage, "source", "another key before it"));
    files_write("source", NULL, files->ec, files->rsa, NULL);
    assert_false(agree(&stage, "source", "two leaves"));
    files_write("source", NULL, files->other, NULL);
    assert_true(agree(&stage, "source", "another host's"));
    files_write("source", NULL, files->ca, files->root, NULL);
    assert_false(agree(&stage, "source", "CAs alone"));
    files_write("source", files->ec_key, NULL);
    assert_false(agree(&stage, "source", "a key alone"));

    tlsagen_buf_init(&text);
    pki_add_cert(&text, files->ec);
    write_buf("source", &text);
    assert_false(agree(&stage, "source", "DER"));
    tlsagen_buf_reset(&text);
    tlsagen_buf_str(&text, "Certificate:\n    Data:\n        Version: 3 (0x2)\n");
    pki_add_pem_cert(&text, files->ec);
    tlsagen_buf_str(&text, "subject=CN = Issuing\r\n\r\n");
    pki_add_pem_cert(&text, files->ca);
    tlsagen_buf_str(&text, "and so on");
    write_buf("source", &text);
    assert_true(agree(&stage, "source", "PEM with text around it"));
    tlsagen_buf_reset(&text);
    for (size_t i = 0; i < 40000; i++)
        tlsagen_buf_str(&text, "# the certificate of the mail server\n");
    pki_add_pem_cert(&text, files->ec);
    write_buf("source", &text);
    (void)agree(&stage, "source", "a huge file");
    tlsagen_buf_clear(&text);
    stage_close(&stage.fleet);
}

static void what_is_no_certificate(void **state)
{
    struct stage stage;
    struct tlsagen_buf text;
    begin(state, &stage, "");
    (void)unlink("source");
    assert_true(agree(&stage, "source", "nothing there"));
    assert_false(agree(&stage, "tlsagen.conf/source", "below a file"));
    files_write_text("source", "");
    assert_false(agree(&stage, "source", "empty"));
    files_write_text("source", "no certificate\n");
    assert_false(agree(&stage, "source", "text"));
    tlsagen_buf_init(&text);
    pki_add_pem_cert(&text, stage.files->ec);
    for (size_t cut = 1; cut < text.len; cut += 37) {
        struct tlsagen_buf part;
        tlsagen_buf_init(&part);
        tlsagen_buf_add(&part, text.data, text.len - cut);
        write_buf("source", &part);
        (void)agree(&stage, "source", "cut off");
        tlsagen_buf_clear(&part);
    }
    tlsagen_buf_reset(&text);
    pki_add_spki(&text, stage.files->ec_key);
    struct tlsagen_buf pem;
    tlsagen_buf_init(&pem);
    pki_add_pem(&pem, "PUBLIC KEY", text.data, text.len);
    write_buf("source", &pem);
    assert_false(agree(&stage, "source", "a public key"));
    tlsagen_buf_clear(&pem);
    tlsagen_buf_clear(&text);
    stage_close(&stage.fleet);
}

static void folders(void **state)
{
    struct stage stage;
    begin(state, &stage, "");
    const struct files *files = stage.files;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_false(agree(&stage, "folder", "an empty folder"));
    files_write("folder/fullchain.pem", NULL, files->ec, files->ca, NULL);
    assert_true(agree(&stage, "folder", "certbot's, without its key"));
    files_write("folder/privkey.pem", files->ec_key, NULL);
    assert_true(agree(&stage, "folder", "certbot's"));
    files_write("folder/cert.pem", NULL, files->ec, NULL);
    files_write("folder/chain.pem", NULL, files->ca, NULL);
    assert_true(agree(&stage, "folder", "certbot's, all of it"));
    assert_int_equal(mkdir("lego", 0700), 0);
    files_write("lego/mail.example.org.crt", NULL, files->ec, files->ca, NULL);
    files_write("lego/mail.example.org.key", files->ec_key, NULL);
    assert_false(agree(&stage, "lego", "lego's"));
    stage_close(&stage.fleet);
}

/* Anchors, other matching types, and a self-signed certificate that calls itself a CA's. */
static void records_of_all_kinds(void **state)
{
    static const char *const lines[] = {
        "records = { \"2 1 1\" }",
        "records = { \"2 0 1\", \"3 1 2\", \"3 1 1\" }",
        "records = { \"0 0 1\", \"1 0 2\" }",
        "records = { \"3 0 0\", \"3 1 0\" }",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct stage stage;
        begin(state, &stage, lines[i]);
        files_write("source", NULL, stage.files->ec, stage.files->ca, stage.files->root, NULL);
        assert_true(agree(&stage, "source", lines[i]));
        X509 *own = cert_of(&stage, stage.files->ec_key, true);
        files_write("source", NULL, own, NULL);
        (void)agree(&stage, "source", "one that calls itself a CA's");
        X509_free(own);
        stage_close(&stage.fleet);
    }
}

/* Certificates that nobody issued, whole and broken: whoever reads them, the record is the same. */
static void odd_certificates(void **state)
{
    struct stage stage;
    struct maker_rng rng = {.state = 20261126};
    struct maker_set set;
    size_t simple = 0;
    begin(state, &stage, "records = { \"3 1 1\", \"3 0 1\" }");
    assert_true(maker_make(&set, &rng));
    for (size_t i = 0; i < 2 * MANY; i++) {
        struct tlsagen_buf *der = &set.certs[i % MANY * set.count / MANY];
        struct tlsagen_buf pem;
        char what[32];
        if (i >= MANY)
            maker_mutate(der, &rng);
        tlsagen_buf_init(&pem);
        pki_add_pem(&pem, "CERTIFICATE", der->data, der->len);
        write_buf("source", &pem);
        tlsagen_buf_clear(&pem);
        (void)snprintf(what, sizeof(what), "odd one %zu", i);
        simple += agree(&stage, "source", what);
    }
    assert_true(simple > MANY / 4); /* else this shows nothing */
    maker_clear(&set);
    stage_close(&stage.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_all_kinds),      cmocka_unit_test(files_of_all_kinds),
        cmocka_unit_test(what_is_no_certificate), cmocka_unit_test(folders),
        cmocka_unit_test(records_of_all_kinds),   cmocka_unit_test(odd_certificates),
    };
    return cmocka_run_group_tests_name("fleet_quick", tests, files_enter, files_leave);
}
