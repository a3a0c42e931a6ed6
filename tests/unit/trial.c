#include "trial.h"

#include "unit.h"

#include <string.h>

static int answer(void *arg, const char *label, char *passphrase, int size)
{
    struct trial *trial = arg;
    trial->asked++;
    assert_string_equal(label, "input");
    if (trial->passphrase == NULL)
        return -1;
    size_t len = strlen(trial->passphrase);
    assert_true(size > 0 && len <= (size_t)size);
    memcpy(passphrase, trial->passphrase, len);
    return (int)len;
}

static void heed(void *arg, enum tlsagen_warning warning, const char *text)
{
    struct trial *trial = arg;
    assert_true((int)warning >= 0 && warning < TRIAL_WARNINGS);
    assert_null(strchr(text, '\n'));
    assert_true(strlen(text) < sizeof(trial->warning));
    trial->warned[warning]++;
    memcpy(trial->warning, text, strlen(text) + 1);
}

void trial_begin(struct trial *trial)
{
    *trial = (struct trial){0};
    assert_int_equal(tlsagen_ctx_new(&trial->ctx, NULL), TLSAGEN_OK);
    assert_int_equal(tlsagen_material_new(&trial->material, NULL), TLSAGEN_OK);
    tlsagen_ctx_set_passphrase(trial->ctx, answer, trial);
    tlsagen_rrset_init(&trial->set);
    tlsagen_rrset_init(&trial->wanted);
    trial_reset(trial);
}

void trial_end(struct trial *trial)
{
    tlsagen_rrset_clear(&trial->set);
    tlsagen_rrset_clear(&trial->wanted);
    tlsagen_material_free(trial->material);
    tlsagen_ctx_free(trial->ctx);
}

void trial_reset(struct trial *trial)
{
    static const uint16_t port = 443;
    tlsagen_material_reset(trial->material);
    tlsagen_rrset_reset(&trial->set);
    tlsagen_rrset_reset(&trial->wanted);
    trial->request = (struct tlsagen_request){
        .host = "mail.example.org.",
        .ports = &port,
        .port_count = 1,
        .now = PKI_NOW,
        .warn = heed,
        .warn_arg = trial,
    };
    trial->asked = 0;
    memset(trial->warned, 0, sizeof(trial->warned));
    trial->warning[0] = '\0';
}

enum tlsagen_status trial_add(struct trial *trial, const struct tlsagen_buf *bytes)
{
    return tlsagen_material_add(trial->ctx, trial->material, bytes->data, bytes->len, "input",
                                &trial->err);
}

void trial_take(struct trial *trial, const struct tlsagen_buf *bytes)
{
    if (trial_add(trial, bytes) != TLSAGEN_OK)
        fail_msg("%s", trial->err.message);
}

void trial_take_cert(struct trial *trial, X509 *cert)
{
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    pki_add_cert(&der, cert);
    trial_take(trial, &der);
    tlsagen_buf_clear(&der);
}

void trial_take_key(struct trial *trial, const EVP_PKEY *key)
{
    struct tlsagen_buf buf;
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    assert_true(len > 0);
    tlsagen_buf_init(&buf);
    tlsagen_buf_add(&buf, der, (size_t)len);
    OPENSSL_free(der);
    trial_take(trial, &buf);
    tlsagen_buf_clear(&buf);
}

/* The combinations between commas; their number. */
static size_t split(const char *text, struct tlsagen_fields *fields, size_t size)
{
    size_t count = 0;
    for (const char *p = text; *p != '\0';) {
        char one[32] = "";
        size_t len = strcspn(p, ",");
        assert_true(len < sizeof(one) && count < size);
        memcpy(one, p, len);
        assert_int_equal(tlsagen_fields_parse(one, &fields[count++], NULL), TLSAGEN_OK);
        p += len + (p[len] == ',');
    }
    return count;
}

enum tlsagen_status trial_make(struct trial *trial, const char *combinations)
{
    struct tlsagen_fields fields[8];
    trial->request.field_count = split(combinations, fields, 8);
    trial->request.fields = fields;
    tlsagen_rrset_reset(&trial->set);
    enum tlsagen_status status = tlsagen_material_records(
        trial->ctx, trial->material, &trial->request, &trial->set, &trial->err);
    trial->request.fields = NULL;
    return status;
}

static void want(struct trial *trial, const char *combination, const struct tlsagen_buf *der)
{
    struct tlsagen_fields fields;
    uint8_t digest[EVP_MAX_MD_SIZE];
    const uint8_t *data = (const uint8_t *)der->data;
    size_t len = der->len;
    assert_int_equal(split(combination, &fields, 1), 1);
    if (fields.matching != TLSAGEN_MATCHING_FULL) {
        const char *name = fields.matching == TLSAGEN_MATCHING_SHA256 ? "SHA256" : "SHA512";
        assert_int_equal(EVP_Q_digest(NULL, name, NULL, data, len, digest, &len), 1);
        data = digest;
    }
    assert_int_equal(tlsagen_rrset_add(&trial->wanted, fields, data, len, NULL), TLSAGEN_OK);
}

void trial_wants(struct trial *trial, const char *combination, X509 *cert)
{
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    if (combination[2] == '1')
        pki_add_spki(&der, X509_get0_pubkey(cert));
    else
        pki_add_cert(&der, cert);
    want(trial, combination, &der);
    tlsagen_buf_clear(&der);
}

void trial_wants_key(struct trial *trial, const char *combination, const EVP_PKEY *key)
{
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    pki_add_spki(&der, key);
    want(trial, combination, &der);
    tlsagen_buf_clear(&der);
}

static void text_of(struct tlsagen_buf *buf, const struct tlsagen_rrset *set)
{
    tlsagen_buf_init(buf);
    tlsagen_buf_str(buf, "");
    assert_true(tlsagen_buf_reserve(buf, 1));
    buf->data[0] = '\0';
    tlsagen_rrset_format(buf, TLSAGEN_FORMAT_GENERIC, "h.", TLSAGEN_TTL_NONE, set);
    assert_false(buf->failed);
}

void trial_assert_made(struct trial *trial, const char *what)
{
    struct tlsagen_buf got, wanted;
    text_of(&got, &trial->set);
    text_of(&wanted, &trial->wanted);
    if (strcmp(got.data, wanted.data) != 0)
        fail_msg("%s\ngot:\n%swanted:\n%s", what, got.data, wanted.data);
    tlsagen_buf_clear(&got);
    tlsagen_buf_clear(&wanted);
    tlsagen_rrset_reset(&trial->set);
    tlsagen_rrset_reset(&trial->wanted);
}

void trial_assert_fault(const struct trial *trial, enum tlsagen_status status,
                        enum tlsagen_status wanted, const char *text)
{
    if (status == TLSAGEN_OK)
        fail_msg("accepted, where \"%s\" was wanted", text);
    if (status != wanted || strstr(trial->err.message, text) == NULL)
        fail_msg("status %d (wanted %d) and \"%s\", which does not tell \"%s\"", (int)status,
                 (int)wanted, trial->err.message, text);
    assert_int_equal(trial->err.code, wanted);
    assert_null(strchr(trial->err.message, '\n'));
}
