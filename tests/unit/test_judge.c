#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <tlsagen/judge.h>
#include <tlsagen/verify.h>

#include "pki.h"

/* A leaf for mail.test below a CA, and what records say of them. */
struct scene {
    EVP_PKEY *ca_key, *key;
    X509 *ca, *leaf;
    struct tlsagen_buf ca_der, leaf_der, leaf_spki;
    struct tlsagen_probe_cert chain[2];
};

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->ca_key = pki_key("P-256");
    s->key = pki_key("P-256");
    s->ca = pki_cert(&(struct pki_cert){.name = "CA", .key = s->ca_key, .ca = true});
    s->leaf = pki_cert(&(struct pki_cert){.name = "leaf",
                                          .dns = "mail.test",
                                          .key = s->key,
                                          .issuer = s->ca,
                                          .signer = s->ca_key,
                                          .serial = 2});
    pki_add_cert(&s->ca_der, s->ca);
    pki_add_cert(&s->leaf_der, s->leaf);
    pki_add_spki(&s->leaf_spki, s->key);
    s->chain[0] = (struct tlsagen_probe_cert){(uint8_t *)s->leaf_der.data, s->leaf_der.len};
    s->chain[1] = (struct tlsagen_probe_cert){(uint8_t *)s->ca_der.data, s->ca_der.len};
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    X509_free(s->ca);
    X509_free(s->leaf);
    EVP_PKEY_free(s->ca_key);
    EVP_PKEY_free(s->key);
    tlsagen_buf_clear(&s->ca_der);
    tlsagen_buf_clear(&s->leaf_der);
    tlsagen_buf_clear(&s->leaf_spki);
    free(s);
    return 0;
}

static void digest(const struct tlsagen_buf *bytes, const EVP_MD *md, uint8_t out[64])
{
    assert_int_equal(EVP_Digest(bytes->data, bytes->len, out, NULL, md, NULL), 1);
}

static void add(struct tlsagen_rrset *set, uint8_t usage, uint8_t selector, uint8_t matching,
                const void *data, size_t len)
{
    struct tlsagen_fields fields = {usage, selector, matching};
    assert_int_equal(tlsagen_rrset_add(set, fields, data, len, NULL), TLSAGEN_OK);
}

static const struct tlsagen_judge_options plain = {.base = "mail.test", .now = PKI_NOW};

static struct tlsagen_judgement judge(const struct scene *s,
                                      const struct tlsagen_judge_options *options,
                                      const struct tlsagen_rrset *set, size_t len)
{
    struct tlsagen_judgement judgement;
    struct tlsagen_err err;
    assert_int_equal(tlsagen_judge_chain(options, set, s->chain, len, &judgement, &err),
                     TLSAGEN_OK);
    assert_true(judgement.verified == (judgement.reason[0] == '\0'));
    return judgement;
}

static void the_key_of_the_leaf_verifies(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    uint8_t bytes[64] = {7};
    add(&set, 3, 1, 1, bytes, 32);
    assert_false(judge(s, &plain, &set, 2).verified);
    assert_false(judge(s, &plain, &set, 2).unfit);
    digest(&s->leaf_spki, EVP_sha256(), bytes);
    add(&set, 3, 1, 1, bytes, 32);
    struct tlsagen_judgement j = judge(s, &plain, &set, 1);
    assert_true(j.verified);
    assert_int_equal(j.depth, 0);
    assert_memory_equal(set.records[j.record].data, bytes, 32);
    /* Neither name nor dates count for usage 3. */
    struct tlsagen_judge_options other = {.base = "else.test", .now = PKI_NOW + 3000 * 86400LL};
    assert_true(judge(s, &other, &set, 1).verified);
    tlsagen_rrset_clear(&set);
}

static void an_anchor_verifies_names_and_dates(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    uint8_t bytes[64];
    digest(&s->ca_der, EVP_sha256(), bytes);
    add(&set, 2, 0, 1, bytes, 32);
    struct tlsagen_judgement j = judge(s, &plain, &set, 2);
    assert_true(j.verified);
    assert_int_equal(j.depth, 1);
    assert_false(judge(s, &plain, &set, 1).verified); /* the server does not send it */
    struct tlsagen_judge_options other = {.base = "else.test", .now = PKI_NOW};
    j = judge(s, &other, &set, 2);
    assert_false(j.verified);
    assert_true(j.unfit);
    other.names[0] = "mail.test"; /* a further name will do */
    assert_true(judge(s, &other, &set, 2).verified);
    other.now += 3000 * 86400LL;
    assert_false(judge(s, &other, &set, 2).verified);
    tlsagen_rrset_clear(&set);
}

/* As the set of that record alone is judged, with CAs of the system in play or not. */
static void each_record_is_judged_alone(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    struct tlsagen_judgement each[7];
    struct tlsagen_err err;
    uint8_t leaf[64], ca[64], other[64] = {7};
    digest(&s->leaf_spki, EVP_sha256(), leaf);
    digest(&s->ca_der, EVP_sha256(), ca);
    add(&set, 0, 0, 1, ca, 32);
    add(&set, 1, 1, 1, leaf, 32);
    add(&set, 2, 0, 1, ca, 32);
    add(&set, 2, 0, 1, other, 32);
    add(&set, 3, 1, 1, leaf, 32);
    add(&set, 3, 1, 1, other, 32);
    add(&set, 3, 1, 2, leaf, 32);
    assert_int_equal(set.count, 7);
    const struct tlsagen_judge_options options[] = {
        plain,
        {.base = "mail.test", .now = PKI_NOW, .smtp = true},
        {.base = "else.test", .now = PKI_NOW}};
    for (size_t at = 0; at < 3; at++) {
        for (size_t len = 0; len <= 2; len++) {
            assert_int_equal(tlsagen_judge_each(&options[at], &set, s->chain, len, each, &err),
                             TLSAGEN_OK);
            for (size_t i = 0; i < set.count; i++) {
                const struct tlsagen_rrset one = {&set.records[i], 1, 1};
                struct tlsagen_judgement j = judge(s, &options[at], &one, len);
                assert_true(each[i].verified == j.verified && each[i].unfit == j.unfit);
                assert_true(each[i].usable == j.usable && each[i].depth == j.depth);
                assert_string_equal(each[i].reason, j.reason);
            }
        }
    }
    assert_int_equal(tlsagen_judge_each(&plain, &set, s->chain, 2, each, &err), TLSAGEN_OK);
    bool verified[7] = {0};
    for (size_t i = 0; i < set.count; i++) {
        const struct tlsagen_record *r = &set.records[i];
        const bool ours = r->len != 32 || memcmp(r->data, other, 32) != 0;
        verified[i] = r->fields.usage >= 2 && ours && r->fields.matching == 1;
        assert_true(each[i].verified == verified[i]);
    }
    tlsagen_rrset_clear(&set);
}

static size_t opened(int fd)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    size_t count = 0;
    for (ssize_t len; (len = read(fd, events, sizeof(events))) > 0;) {
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event = (const struct inotify_event *)(events + at);
            count += (event->mask & IN_OPEN) != 0;
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    return count;
}

/* A zone may have a thousand records of usages 0 and 1. */
static void the_store_is_read_once_for_all_records(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    struct tlsagen_judgement each[20];
    char path[] = "/tmp/tlsagen-store-XXXXXX";
    int file = mkstemp(path), fd = inotify_init1(IN_NONBLOCK);
    assert_true(file >= 0 && fd >= 0);
    /* Closing, too, as equal events in a row are told as one. */
    assert_true(inotify_add_watch(fd, path, IN_OPEN | IN_CLOSE_NOWRITE) >= 0);
    assert_int_equal(setenv("SSL_CERT_FILE", path, 1), 0);
    for (uint8_t i = 0; i < 20; i++) {
        uint8_t bytes[32] = {i};
        add(&set, i % 4, 0, 1, bytes, 32);
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(tlsagen_judge_each(&plain, &set, s->chain, 2, each, NULL), TLSAGEN_OK);
        assert_int_equal(opened(fd), 1);
    }
    (void)unsetenv("SSL_CERT_FILE");
    (void)unlink(path);
    (void)close(file);
    (void)close(fd);
    tlsagen_rrset_clear(&set);
}

static void unusable_records_verify_nothing(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    uint8_t bytes[64];
    digest(&s->leaf_spki, EVP_sha256(), bytes);
    add(&set, 3, 1, 1, bytes, 20); /* too short */
    add(&set, 3, 1, 9, bytes, 32);
    add(&set, 4, 1, 1, bytes, 32);
    add(&set, 3, 2, 1, bytes, 32);
    add(&set, 3, 1, 1, bytes, 0);
    enum tlsagen_use use[6];
    assert_int_equal(tlsagen_judge_records(&plain, &set, use, NULL), TLSAGEN_OK);
    for (size_t i = 0; i < set.count; i++)
        assert_int_equal(use[i], TLSAGEN_USE_UNUSABLE);
    struct tlsagen_judgement j = judge(s, &plain, &set, 2);
    assert_false(j.verified);
    assert_false(j.usable);
    tlsagen_rrset_clear(&set);
    assert_false(judge(s, &plain, &set, 2).verified); /* nor does an empty set */
    add(&set, 1, 1, 1, bytes, 32);
    struct tlsagen_judge_options smtp = plain;
    smtp.smtp = true;
    assert_false(judge(s, &smtp, &set, 2).usable); /* RFC 7672 section 3.1.3 */
    assert_true(judge(s, &plain, &set, 2).usable);
    assert_false(judge(s, &plain, &set, 2).verified); /* the CA is nobody's */
    tlsagen_rrset_clear(&set);
}

static void the_stronger_digest_decides(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    uint8_t good[64], bad[64] = {7};
    digest(&s->leaf_spki, EVP_sha256(), good);
    add(&set, 3, 1, 1, good, 32);
    add(&set, 3, 1, 2, bad, 64);
    add(&set, 3, 0, 1, bad, 32); /* another selector: on its own */
    enum tlsagen_use use[3];
    assert_int_equal(tlsagen_judge_records(&plain, &set, use, NULL), TLSAGEN_OK);
    for (size_t i = 0; i < set.count; i++) {
        const struct tlsagen_fields *f = &set.records[i].fields;
        bool weaker = f->selector == 1 && f->matching == 1;
        assert_int_equal(use[i], weaker ? TLSAGEN_USE_WEAKER : TLSAGEN_USE_YES);
    }
    assert_false(judge(s, &plain, &set, 2).verified);
    tlsagen_rrset_clear(&set);
}

static void damaged_chains_are_refused(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_rrset set = {0};
    struct tlsagen_judgement j;
    struct tlsagen_err err;
    uint8_t bytes[64];
    digest(&s->leaf_spki, EVP_sha256(), bytes);
    add(&set, 3, 1, 1, bytes, 32);
    assert_false(judge(s, &plain, &set, 0).verified); /* nothing was shown */
    struct tlsagen_probe_cert cut[] = {{s->chain[0].der, s->chain[0].len - 1}};
    assert_int_equal(tlsagen_judge_chain(&plain, &set, cut, 1, &j, &err), TLSAGEN_E_SYNTAX);
    assert_false(j.verified);
    struct tlsagen_probe_cert second[] = {s->chain[0], {s->chain[1].der, 10}};
    assert_int_equal(tlsagen_judge_chain(&plain, &set, second, 2, &j, &err), TLSAGEN_E_SYNTAX);
    assert_false(j.verified);
    tlsagen_rrset_clear(&set);
}

static void certificates_are_described(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_cert_facts facts;
    uint8_t bytes[64];
    digest(&s->leaf_spki, EVP_sha256(), bytes);
    assert_int_equal(tlsagen_cert_describe(s->chain[0].der, s->chain[0].len, &facts, NULL),
                     TLSAGEN_OK);
    assert_string_equal(facts.key, "EC P-256");
    assert_int_equal(facts.not_after, PKI_NOW + 335 * 86400LL);
    assert_memory_equal(facts.spki_sha256, bytes, 32);
    assert_int_equal(tlsagen_cert_describe(s->chain[0].der, 20, &facts, NULL), TLSAGEN_E_SYNTAX);
}

static void chains_are_read_in_their_order(void **state)
{
    const struct scene *s = *state;
    struct tlsagen_buf text = {0};
    struct tlsagen_probe_cert *chain;
    struct tlsagen_err err;
    size_t count;
    tlsagen_buf_str(&text, "some words before\n");
    pki_add_pem_cert(&text, s->leaf);
    pki_add_pem(&text, "PRIVATE KEY", "xxx", 3);
    pki_add_pem_cert(&text, s->ca);
    assert_int_equal(tlsagen_chain_read(text.data, text.len, "f", &chain, &count, &err),
                     TLSAGEN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(chain[1].len, s->ca_der.len);
    assert_memory_equal(chain[1].der, s->ca_der.data, s->ca_der.len);
    tlsagen_chain_free(chain, count);
    assert_int_equal(tlsagen_chain_read(text.data, text.len - 40, "f", &chain, &count, &err),
                     TLSAGEN_E_SYNTAX);
    assert_null(chain);
    assert_int_equal(tlsagen_chain_read("no", 2, "f", &chain, &count, &err), TLSAGEN_E_KIND);
    assert_int_equal(
        tlsagen_chain_read(s->leaf_der.data, s->leaf_der.len, "f", &chain, &count, &err),
        TLSAGEN_OK);
    assert_int_equal(count, 1);
    tlsagen_chain_free(chain, count);
    tlsagen_buf_clear(&text);
}

/* Whatever stands beside it, "verified" gives way. */
static void the_worse_verdict_wins(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TLSAGEN_VERDICT_COUNT; i++) {
        enum tlsagen_verdict verdict = (enum tlsagen_verdict)i;
        enum tlsagen_verdict wanted =
            verdict == TLSAGEN_VERDICT_ABSENT ? TLSAGEN_VERDICT_VERIFIED : verdict;
        assert_int_equal(tlsagen_verdict_worse(TLSAGEN_VERDICT_VERIFIED, verdict), wanted);
        assert_int_equal(tlsagen_verdict_worse(verdict, TLSAGEN_VERDICT_VERIFIED), wanted);
        assert_string_not_equal(tlsagen_verdict_text(verdict), "?");
        assert_string_not_equal(tlsagen_verdict_word(verdict), "?");
    }
    assert_int_equal(tlsagen_verdict_worse(TLSAGEN_VERDICT_NO_ANSWER, TLSAGEN_VERDICT_MISMATCH),
                     TLSAGEN_VERDICT_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_the_leaf_verifies),
        cmocka_unit_test(an_anchor_verifies_names_and_dates),
        cmocka_unit_test(each_record_is_judged_alone),
        cmocka_unit_test(the_store_is_read_once_for_all_records),
        cmocka_unit_test(unusable_records_verify_nothing),
        cmocka_unit_test(the_stronger_digest_decides),
        cmocka_unit_test(damaged_chains_are_refused),
        cmocka_unit_test(certificates_are_described),
        cmocka_unit_test(chains_are_read_in_their_order),
        cmocka_unit_test(the_worse_verdict_wins),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
