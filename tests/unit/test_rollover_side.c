/* rollover/side.h: the records that certificates and keys want and match. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <unistd.h>

#include <tlsagen/judge.h>

#include "rollover/side.h"
#include "rollover_files.h"

#define LABEL "source"

static struct tlsagen_ctx *ctx;
static const struct tlsagen_fields f311 = {3, 1, 1}, f211 = {2, 1, 1}, f312 = {3, 1, 2},
                                   f301 = {3, 0, 1}, f201 = {2, 0, 1};

struct trial {
    struct table table;
    struct model_side side;
    struct tlsagen_fields fields[4], play[8];
    const char *backups[2];
    struct side_terms terms;
    struct tlsagen_err err;
};

static void begin(struct trial *trial)
{
    *trial = (struct trial){0};
    trial->terms = (struct side_terms){
        .fields = trial->fields, .play = trial->play, .backups = trial->backups};
}

static void publish(struct trial *trial, struct tlsagen_fields fields)
{
    trial->fields[trial->terms.field_count++] = fields;
}

static void play(struct trial *trial, struct tlsagen_fields fields)
{
    trial->play[trial->terms.play_count++] = fields;
}

static struct side_chain chain_of(X509 *first, ...)
{
    struct tlsagen_probe_cert *certs = OPENSSL_zalloc(4 * sizeof(certs[0]));
    size_t count = 0;
    va_list args;
    assert_non_null(certs);
    va_start(args, first);
    for (X509 *cert = first; cert != NULL; cert = va_arg(args, X509 *)) {
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        assert_true(len > 0);
        certs[count++] = (struct tlsagen_probe_cert){der, (size_t)len};
    }
    va_end(args);
    return (struct side_chain){certs, count};
}

/* Makes the side of chains, and frees them. */
static enum tlsagen_status make(struct trial *trial, struct side_chain *chains, size_t count)
{
    enum tlsagen_status status = side_of_chains(ctx, &trial->terms, chains, count, LABEL,
                                                &trial->table, &trial->side, &trial->err);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < chains[i].count; j++)
            OPENSSL_free(chains[i].certs[j].der);
        void *list = NULL;
        memcpy(&list, &chains[i].certs, sizeof(list));
        OPENSSL_free(list);
    }
    return status;
}

static enum tlsagen_status make_one(struct trial *trial, struct side_chain chain)
{
    return make(trial, &chain, 1);
}

/* The bit of a record, which must be in the table. */
static model_set bit(const struct trial *trial, const char *combination, X509 *cert,
                     const EVP_PKEY *key)
{
    uint8_t data[64];
    size_t len;
    unsigned found;
    files_digest(combination, cert, key, data, &len);
    struct tlsagen_record record = {{(uint8_t)(combination[0] - '0'),
                                     (uint8_t)(combination[2] - '0'),
                                     (uint8_t)(combination[4] - '0')},
                                    data,
                                    len};
    if (!table_find(&trial->table, &record, &found))
        fail_msg("no record %s", combination);
    return UINT64_C(1) << found;
}

static void end_entity_alone(void **state)
{
    struct files *f = *state;
    struct trial t;
    begin(&t);
    publish(&t, f311);
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_OK);
    model_set ec = bit(&t, "3 1 1", f->ec, NULL);
    assert_true(t.side.known && t.side.certified && t.side.chains == 1);
    assert_true(t.side.wants == ec && t.side.could == ec && t.side.matches[0] == ec);
    assert_int_equal(t.table.count, 1);
    table_clear(&t.table);
}

/* What is in play is matched, and wanted only where it is published. */
static void combinations_in_play(void **state)
{
    struct files *f = *state;
    struct trial t;
    begin(&t);
    publish(&t, f311);
    play(&t, f311);
    play(&t, f312);
    play(&t, f211);
    play(&t, f201);
    play(&t, f301);
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, f->root, NULL)), TLSAGEN_OK);
    model_set ec = bit(&t, "3 1 1", f->ec, NULL);
    model_set could = ec | bit(&t, "3 1 2", f->ec, NULL) | bit(&t, "2 1 1", f->ca, NULL) |
                      bit(&t, "2 0 1", f->ca, NULL) | bit(&t, "3 0 1", f->ec, NULL);
    assert_true(t.side.wants == ec && t.side.could == could);
    assert_true(t.side.matches[0] ==
                (could | bit(&t, "2 1 1", f->root, NULL) | bit(&t, "2 0 1", f->root, NULL)));
    /* Without a CA's certificate those of usage 2 cannot be had, and that is no fault. */
    assert_int_equal(make_one(&t, chain_of(f->ec, NULL)), TLSAGEN_OK);
    assert_true((t.side.could & bit(&t, "2 1 1", f->ca, NULL)) == 0);
    assert_true(t.side.matches[0] == t.side.could);
    table_clear(&t.table);
}

static void anchors(void **state)
{
    struct files *f = *state;
    struct trial t;
    begin(&t);
    publish(&t, f311);
    publish(&t, f211);
    assert_int_equal(make_one(&t, chain_of(f->ec, NULL)), TLSAGEN_E_KIND);
    assert_false(t.side.known);
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, f->root, NULL)), TLSAGEN_OK);
    model_set ec = bit(&t, "3 1 1", f->ec, NULL), ca = bit(&t, "2 1 1", f->ca, NULL);
    assert_true(t.side.wants == (ec | ca));
    t.terms.anchor = TLSAGEN_ANCHOR_ROOT;
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, f->root, NULL)), TLSAGEN_OK);
    model_set root = bit(&t, "2 1 1", f->root, NULL);
    assert_true(t.side.wants == (ec | root) && t.side.matches[0] == (ec | ca | root));
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_E_KIND);
    assert_non_null(strstr(t.err.message, "no root"));
    table_clear(&t.table);
}

/* libssl matches a leaf by usages 1 and 3 alone, whatever it calls itself. */
static void own_certificate_is_no_anchor(void **state)
{
    struct files *f = *state;
    struct trial t;
    X509 *own =
        pki_cert(&(struct pki_cert){.name = "mail.example.org", .key = f->ec_key, .ca = true});
    begin(&t);
    publish(&t, f211);
    assert_int_equal(make_one(&t, chain_of(own, NULL)), TLSAGEN_E_KIND);
    begin(&t);
    publish(&t, f311);
    play(&t, f211);
    assert_int_equal(make_one(&t, chain_of(own, NULL)), TLSAGEN_OK);
    assert_int_equal(t.table.count, 1);
    table_clear(&t.table);
    X509_free(own);
}

static void two_kinds_of_key(void **state)
{
    struct files *f = *state;
    struct trial t;
    begin(&t);
    publish(&t, f311);
    publish(&t, f211);
    struct side_chain chains[] = {chain_of(f->ec, f->ca, NULL), chain_of(f->rsa, f->ca, NULL),
                                  chain_of(f->ec, f->ca, NULL)};
    assert_int_equal(make(&t, chains, 3), TLSAGEN_OK);
    model_set ec = bit(&t, "3 1 1", f->ec, NULL), rsa = bit(&t, "3 1 1", f->rsa, NULL);
    model_set ca = bit(&t, "2 1 1", f->ca, NULL);
    assert_int_equal(t.side.chains, 2);
    assert_true(t.side.wants == (ec | rsa | ca));
    assert_true(t.side.matches[0] == (ec | ca) && t.side.matches[1] == (rsa | ca));
    struct model_side first = t.side;
    struct side_chain turned[] = {chain_of(f->rsa, f->ca, NULL), chain_of(f->ec, NULL)};
    assert_int_equal(make(&t, turned, 2), TLSAGEN_OK);
    assert_memory_equal(t.side.id, first.id, MODEL_ID);
    assert_memory_equal(t.side.keys, first.keys, MODEL_ID);
    table_clear(&t.table);
}

static void identities(void **state)
{
    struct files *f = *state;
    struct trial t;
    begin(&t);
    publish(&t, f311);
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_OK);
    struct model_side ec = t.side;
    assert_int_equal(make_one(&t, chain_of(f->renewed, f->ca, NULL)), TLSAGEN_OK);
    assert_memory_not_equal(t.side.id, ec.id, MODEL_ID);
    assert_memory_equal(t.side.keys, ec.keys, MODEL_ID);
    assert_int_equal(make_one(&t, chain_of(f->next, f->ca, NULL)), TLSAGEN_OK);
    assert_memory_not_equal(t.side.keys, ec.keys, MODEL_ID);
    t.terms.whole = true;
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_OK);
    struct model_side whole = t.side;
    assert_memory_equal(t.side.keys, ec.keys, MODEL_ID);
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, f->root, NULL)), TLSAGEN_OK);
    assert_memory_not_equal(t.side.id, whole.id, MODEL_ID);
    /* The id of one leaf: the digest of its fingerprint. */
    uint8_t data[64], sum[MODEL_ID];
    size_t len;
    files_digest("3 0 1", f->ec, NULL, data, &len);
    assert_int_equal(EVP_Digest(data, len, sum, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(ec.id, sum, MODEL_ID);
    table_clear(&t.table);
}

static void backups(void **state)
{
    struct files *f = *state;
    struct trial t;
    X509 *other = pki_cert(&(struct pki_cert){.name = "Spare", .key = f->rsa_key, .ca = true});
    files_write("backups.pem", NULL, f->root, other, NULL);
    files_write("leaf.pem", NULL, f->ec, NULL);
    begin(&t);
    publish(&t, f311);
    publish(&t, f211);
    play(&t, f201);
    t.backups[0] = "backups.pem";
    t.terms.backup_count = 1;
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_OK);
    model_set wants = bit(&t, "3 1 1", f->ec, NULL) | bit(&t, "2 1 1", f->ca, NULL) |
                      bit(&t, "2 1 1", f->root, NULL) | bit(&t, "2 1 1", other, NULL);
    assert_true(t.side.wants == wants);
    assert_true(t.side.could == (wants | bit(&t, "2 0 1", f->ca, NULL) |
                                 bit(&t, "2 0 1", f->root, NULL) | bit(&t, "2 0 1", other, NULL)));
    assert_true((t.side.matches[0] & bit(&t, "2 1 1", other, NULL)) == 0);
    t.backups[0] = "leaf.pem";
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_E_KIND);
    assert_non_null(strstr(t.err.message, "backup-ca: leaf.pem: "));
    t.backups[0] = "none.pem";
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, NULL)), TLSAGEN_E_SYSTEM);
    table_clear(&t.table);
    X509_free(other);
}

static void keys_without_certificates(void **state)
{
    struct files *f = *state;
    struct trial t;
    struct model_side issuer, side;
    struct tlsagen_buf spki;
    tlsagen_buf_init(&spki);
    pki_add_spki(&spki, f->next_key);
    const struct tlsagen_der key = {(const uint8_t *)spki.data, spki.len};
    begin(&t);
    publish(&t, f311);
    assert_int_equal(side_of_keys(ctx, &t.terms, &key, 1, NULL, &t.table, &side, &t.err),
                     TLSAGEN_OK);
    model_set next = bit(&t, "3 1 1", NULL, f->next_key);
    assert_true(side.known && !side.certified && side.chains == 1);
    assert_true(side.wants == next && side.could == next && side.matches[0] == next);
    assert_memory_equal(side.id, side.keys, MODEL_ID);
    publish(&t, f211);
    play(&t, f312);
    play(&t, f301);
    assert_int_equal(side_of_keys(ctx, &t.terms, &key, 1, NULL, &t.table, &side, &t.err),
                     TLSAGEN_E_KIND);
    assert_int_equal(make_one(&t, chain_of(f->ec, f->ca, f->root, NULL)), TLSAGEN_OK);
    issuer = t.side;
    assert_int_equal(side_of_keys(ctx, &t.terms, &key, 1, &issuer, &t.table, &side, &t.err),
                     TLSAGEN_OK);
    model_set ca = bit(&t, "2 1 1", f->ca, NULL), root = bit(&t, "2 1 1", f->root, NULL);
    model_set longer = bit(&t, "3 1 2", NULL, f->next_key);
    assert_true(side.wants == (next | ca) && side.could == (next | ca | longer));
    assert_true(side.matches[0] == (next | ca | root | longer));
    /* The certificate, when it comes, has the same key. */
    assert_int_equal(make_one(&t, chain_of(f->next, f->ca, NULL)), TLSAGEN_OK);
    assert_memory_equal(t.side.keys, side.keys, MODEL_ID);
    t.fields[0] = f301;
    assert_int_equal(side_of_keys(ctx, &t.terms, &key, 1, &issuer, &t.table, &side, &t.err),
                     TLSAGEN_E_KIND);
    assert_non_null(strstr(t.err.message, "next key: 3 0 1 needs a certificate"));
    table_clear(&t.table);
    tlsagen_buf_clear(&spki);
}

static void what_cannot_be_dealt_with(void **state)
{
    struct files *f = *state;
    struct trial t;
    uint8_t junk[] = "junk";
    struct tlsagen_probe_cert cert = {junk, 4}, many[40];
    begin(&t);
    publish(&t, f311);
    assert_int_equal(make(&t, NULL, 0), TLSAGEN_E_KIND);
    struct side_chain chain = {&cert, 1};
    assert_int_equal(side_of_chains(ctx, &t.terms, &chain, 1, LABEL, &t.table, &t.side, &t.err),
                     TLSAGEN_E_SYNTAX);
    chain.count = 0;
    assert_int_equal(side_of_chains(ctx, &t.terms, &chain, 1, LABEL, &t.table, &t.side, &t.err),
                     TLSAGEN_E_LIMIT);
    for (size_t i = 0; i < 40; i++)
        many[i] = cert;
    chain = (struct side_chain){many, 40};
    assert_int_equal(side_of_chains(ctx, &t.terms, &chain, 1, LABEL, &t.table, &t.side, &t.err),
                     TLSAGEN_E_LIMIT);
    assert_int_equal(make_one(&t, chain_of(f->ec, NULL)), TLSAGEN_OK);
    table_clear(&t.table);
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
        cmocka_unit_test(end_entity_alone),
        cmocka_unit_test(combinations_in_play),
        cmocka_unit_test(anchors),
        cmocka_unit_test(own_certificate_is_no_anchor),
        cmocka_unit_test(two_kinds_of_key),
        cmocka_unit_test(identities),
        cmocka_unit_test(backups),
        cmocka_unit_test(keys_without_certificates),
        cmocka_unit_test(what_cannot_be_dealt_with),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
