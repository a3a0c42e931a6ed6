/* Leaves, issuers, anchors, names, dates, pairs of key and certificate, and every warning. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

#include "tlsa/check.h"
#include "trial.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * root -> inter -> issuing -> mail; direct is by root itself. cross is inter's name and key, by
 * another root; bridge is root's, by that one.
 */
static struct {
    EVP_PKEY *root_key, *inter_key, *issuing_key, *mail_key, *direct_key, *other_key, *stranger_key;
    X509 *root, *inter, *issuing, *mail, *direct, *other, *cross, *bridge;
} pki;

static int make_pki(void **state)
{
    EVP_PKEY **const keys[] = {&pki.root_key,   &pki.inter_key, &pki.issuing_key, &pki.mail_key,
                               &pki.direct_key, &pki.other_key, &pki.stranger_key};
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++)
        *keys[i] = pki_key("P-256");
    pki.root = pki_cert(&(struct pki_cert){.name = "Root", .key = pki.root_key, .ca = true});
    pki.other = pki_cert(&(struct pki_cert){.name = "Other", .key = pki.other_key, .ca = true});
    pki.inter = pki_cert(&(struct pki_cert){.name = "Inter",
                                            .key = pki.inter_key,
                                            .issuer = pki.root,
                                            .signer = pki.root_key,
                                            .ca = true});
    pki.cross = pki_cert(&(struct pki_cert){.name = "Inter",
                                            .key = pki.inter_key,
                                            .issuer = pki.other,
                                            .signer = pki.other_key,
                                            .ca = true});
    pki.bridge = pki_cert(&(struct pki_cert){.name = "Root",
                                             .key = pki.root_key,
                                             .issuer = pki.other,
                                             .signer = pki.other_key,
                                             .ca = true});
    pki.issuing = pki_cert(&(struct pki_cert){.name = "Issuing",
                                              .key = pki.issuing_key,
                                              .issuer = pki.inter,
                                              .signer = pki.inter_key,
                                              .ca = true});
    pki.mail = pki_cert(&(struct pki_cert){.name = "mail",
                                           .dns = "mail.example.org",
                                           .key = pki.mail_key,
                                           .issuer = pki.issuing,
                                           .signer = pki.issuing_key});
    pki.direct = pki_cert(&(struct pki_cert){.name = "direct",
                                             .dns = "mail.example.org",
                                             .key = pki.direct_key,
                                             .issuer = pki.root,
                                             .signer = pki.root_key});
    return 0;
}

static int free_pki(void **state)
{
    EVP_PKEY *const keys[] = {pki.root_key,   pki.inter_key, pki.issuing_key, pki.mail_key,
                              pki.direct_key, pki.other_key, pki.stranger_key};
    X509 *const certs[] = {pki.root,   pki.inter, pki.issuing, pki.mail,
                           pki.direct, pki.other, pki.cross,   pki.bridge};
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++)
        EVP_PKEY_free(keys[i]);
    for (size_t i = 0; i < COUNT(certs); i++)
        X509_free(certs[i]);
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

/* One input with these certificates, up to the first NULL, in the order of the digits. */
static void take_bundle(struct trial *trial, X509 *const *certs, const char *order)
{
    struct tlsagen_buf pem;
    tlsagen_buf_init(&pem);
    for (const char *p = order; *p != '\0'; p++)
        pki_add_pem_cert(&pem, certs[*p - '0']);
    trial_take(trial, &pem);
    tlsagen_buf_clear(&pem);
}

static void make(struct trial *trial, const char *combinations)
{
    if (trial_make(trial, combinations) != TLSAGEN_OK)
        fail_msg("%s: %s", combinations, trial->err.message);
}

/* Makes, compares with what was wanted, and begins anew. */
static void assert_makes(struct trial *trial, const char *combinations, const char *what)
{
    make(trial, combinations);
    trial_assert_made(trial, what);
    trial_reset(trial);
}

static void assert_refuses(struct trial *trial, const char *combinations,
                           enum tlsagen_status wanted, const char *text)
{
    trial_assert_fault(trial, trial_make(trial, combinations), wanted, text);
    trial_reset(trial);
}

/* --- orders --- */

static void swap(char *a, char *b)
{
    char kept = *a;
    *a = *b;
    *b = kept;
}

typedef void order_test(struct trial *trial, const char *order);

/* Every order of the digits from at to count. */
static void in_all_orders(struct trial *trial, order_test *test, char *order, size_t at,
                          size_t count)
{
    if (at == count) {
        test(trial, order);
        return;
    }
    for (size_t i = at; i < count; i++) {
        swap(&order[at], &order[i]);
        in_all_orders(trial, test, order, at + 1, count);
        swap(&order[at], &order[i]);
    }
}

static void full_chain_in(struct trial *trial, const char *order)
{
    X509 *const certs[] = {pki.mail, pki.issuing, pki.inter, pki.root};
    take_bundle(trial, certs, order);
    trial_wants(trial, "3 1 1", pki.mail);
    trial_wants(trial, "3 0 0", pki.mail);
    trial_wants(trial, "1 1 2", pki.mail);
    trial_wants(trial, "2 0 1", pki.issuing);
    trial_wants(trial, "0 1 1", pki.issuing);
    assert_makes(trial, "3 1 1,3 0 0,1 1 2,2 0 1,0 1 1", order);
}

static void the_order_of_a_chain_does_not_count(void **state)
{
    char order[] = "0123";
    in_all_orders(*state, full_chain_in, order, 0, sizeof(order) - 1);
}

static void each_certificate_may_be_an_input(void **state)
{
    struct trial *trial = *state;
    trial_take_cert(trial, pki.root);
    trial_take_cert(trial, pki.issuing);
    trial_take_cert(trial, pki.mail);
    trial_take_cert(trial, pki.inter);
    trial_wants(trial, "2 0 1", pki.issuing);
    trial_wants(trial, "3 0 1", pki.mail);
    assert_makes(trial, "2 0 1,3 0 1", "four inputs");
}

static void leaves_of_several_inputs_are_united(void **state)
{
    struct trial *trial = *state;
    X509 *const certs[] = {pki.mail, pki.issuing, pki.direct, pki.root};
    for (unsigned i = 0; i < 2; i++) {
        take_bundle(trial, certs, i == 0 ? "01" : "23");
        take_bundle(trial, certs, i == 0 ? "23" : "01");
        trial_wants(trial, "3 1 1", pki.mail);
        trial_wants(trial, "3 1 1", pki.direct);
        trial_wants(trial, "2 0 1", pki.issuing);
        trial_wants(trial, "2 0 1", pki.root);
        assert_makes(trial, "3 1 1,2 0 1", "two servers' chains");
    }
}

static void one_input_holds_one_leaf(void **state)
{
    struct trial *trial = *state;
    X509 *const certs[] = {pki.mail, pki.direct, pki.issuing};
    take_bundle(trial, certs, "021");
    assert_refuses(trial, "3 1 1", TLSAGEN_E_MISMATCH,
                   "input: holds several certificates that issued no other, among them \"CN=mail\" "
                   "and \"CN=direct\"");
}

static void a_key_tells_which_leaf_is_meant(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf pem;
    tlsagen_buf_init(&pem);
    pki_add_pem_cert(&pem, pki.mail);
    pki_add_pem_cert(&pem, pki.direct);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, pki.direct_key, NULL, NULL, 0, NULL, NULL), 1);
    pki_add_bio(&pem, bio);
    trial_take(trial, &pem);
    tlsagen_buf_clear(&pem);
    trial_wants(trial, "3 1 1", pki.direct);
    assert_makes(trial, "3 1 1", "two certificates and a key");
}

static void what_was_served_begins_with_its_leaf(void **state)
{
    struct trial *trial = *state;
    struct tlsagen_buf der[3];
    X509 *const certs[] = {pki.mail, pki.direct, pki.issuing};
    struct tlsagen_der chain[3];
    for (size_t i = 0; i < 3; i++) {
        tlsagen_buf_init(&der[i]);
        pki_add_cert(&der[i], certs[i]);
        chain[i] = (struct tlsagen_der){(const uint8_t *)der[i].data, der[i].len};
    }
    assert_int_equal(
        tlsagen_material_add_chain(trial->ctx, trial->material, chain, 3, "server", NULL),
        TLSAGEN_OK);
    trial_wants(trial, "3 1 1", pki.mail);
    trial_wants(trial, "2 1 1", pki.issuing);
    assert_makes(trial, "3 1 1,2 1 1", "a stray certificate in the chain");
    chain[1].len--;
    trial_assert_fault(
        trial,
        tlsagen_material_add_chain(trial->ctx, trial->material, chain, 3, "server", &trial->err),
        TLSAGEN_E_SYNTAX, "server: certificate is damaged");
    for (size_t i = 0; i < 3; i++)
        tlsagen_buf_clear(&der[i]);
}

/* --- anchors --- */

static void take_full_chain(struct trial *trial)
{
    X509 *const certs[] = {pki.mail, pki.issuing, pki.inter, pki.root};
    take_bundle(trial, certs, "0123");
}

static void anchors_are_chosen(void **state)
{
    struct trial *trial = *state;
    X509 *const from_the_end[] = {pki.root, pki.inter, pki.issuing};
    take_full_chain(trial);
    trial->request.anchor = TLSAGEN_ANCHOR_ROOT;
    trial_wants(trial, "2 0 1", pki.root);
    assert_makes(trial, "2 0 1", "root");
    take_full_chain(trial);
    trial->request.anchor = TLSAGEN_ANCHOR_ALL;
    for (size_t i = 0; i < 3; i++)
        trial_wants(trial, "2 0 1", from_the_end[i]);
    assert_makes(trial, "2 0 1", "all");
    for (unsigned i = 0; i < 3; i++) {
        take_full_chain(trial);
        trial->request.anchor = TLSAGEN_ANCHOR_OFFSET;
        trial->request.anchor_offset = i;
        trial_wants(trial, "2 0 1", from_the_end[i]);
        assert_makes(trial, "2 0 1", "offset");
    }
    take_full_chain(trial);
    trial->request.anchor = TLSAGEN_ANCHOR_OFFSET;
    trial->request.anchor_offset = 3;
    assert_refuses(trial, "2 0 1", TLSAGEN_E_KIND,
                   "anchor 3 counted from the end of the chain is the leaf or lies outside; this "
                   "chain has 3 above the leaf");
    take_full_chain(trial);
    trial->request.anchor = TLSAGEN_ANCHOR_OFFSET;
    trial->request.anchor_offset = UINT32_MAX;
    assert_refuses(trial, "0 1 1", TLSAGEN_E_KIND, "anchor 4294967295 counted");
}

static void a_root_is_not_guessed(void **state)
{
    struct trial *trial = *state;
    X509 *const certs[] = {pki.mail, pki.issuing, pki.inter};
    take_bundle(trial, certs, "012");
    trial->request.anchor = TLSAGEN_ANCHOR_ROOT;
    assert_refuses(trial, "2 0 1", TLSAGEN_E_KIND,
                   "input: the chain ends with \"CN=Inter\", which is no root");
}

static void an_anchor_is_needed(void **state)
{
    struct trial *trial = *state;
    trial_take_cert(trial, pki.mail);
    assert_refuses(trial, "2 1 1", TLSAGEN_E_KIND,
                   "input: no certificate of the CA \"CN=Issuing\" that issued \"CN=mail\"");
    trial_take_cert(trial, pki.mail);
    trial_take_cert(trial, pki.inter);
    assert_refuses(trial, "0 1 1", TLSAGEN_E_MISMATCH,
                   "CA certificate \"CN=Inter\" did not issue \"CN=mail\"; give that of its issuer "
                   "\"CN=Issuing\"");
    trial_take_key(trial, pki.mail_key);
    assert_refuses(trial, "2 1 1", TLSAGEN_E_KIND,
                   "input: 2 1 1 needs a certificate, and this is a private key");
    assert_refuses(trial, "3 1 1", TLSAGEN_E_KIND, "no certificate and no key was given");
}

/* Cross-signed: the same CA twice. Which of the two comes first is the order of the input. */
static void cross_signed_in(struct trial *trial, const char *order)
{
    X509 *const certs[] = {pki.mail, pki.issuing, pki.inter, pki.cross, pki.root};
    take_bundle(trial, certs, order);
    trial_wants(trial, "2 0 1", pki.issuing);
    trial_wants(trial, "3 1 1", pki.mail);
    assert_makes(trial, "2 0 1,3 1 1", order);
    take_bundle(trial, certs, order);
    trial->request.anchor = TLSAGEN_ANCHOR_ROOT;
    trial_wants(trial, "2 0 1", pki.root);
    assert_makes(trial, "2 0 1", order);
}

static void a_cross_signed_ca_has_two_ways_up(void **state)
{
    char order[] = "01234";
    in_all_orders(*state, cross_signed_in, order, 0, sizeof(order) - 1);
}

/* As Let's Encrypt's long chain and the root of the short one in one file. */
static void bridged_in(struct trial *trial, const char *order)
{
    X509 *const certs[] = {pki.direct, pki.bridge, pki.root};
    take_bundle(trial, certs, order);
    trial_wants(trial, "2 0 1", pki.bridge);
    assert_makes(trial, "2 0 1", order);
    take_bundle(trial, certs, order);
    trial->request.anchor = TLSAGEN_ANCHOR_ROOT;
    trial_wants(trial, "2 0 1", pki.root);
    assert_makes(trial, "2 0 1", order);
}

static void the_issuer_is_one_that_is_served(void **state)
{
    char order[] = "012";
    in_all_orders(*state, bridged_in, order, 0, sizeof(order) - 1);
}

/* Two CAs that certified each other, and one server below. */
static void circle_in(struct trial *trial, const char *order)
{
    X509 *a_by_b = pki_cert(&(struct pki_cert){.name = "Root",
                                               .key = pki.root_key,
                                               .issuer = pki.other,
                                               .signer = pki.other_key,
                                               .ca = true});
    X509 *b_by_a = pki_cert(&(struct pki_cert){.name = "Other",
                                               .key = pki.other_key,
                                               .issuer = pki.root,
                                               .signer = pki.root_key,
                                               .ca = true});
    X509 *const certs[] = {pki.direct, a_by_b, b_by_a};
    take_bundle(trial, certs, order);
    trial->request.anchor = TLSAGEN_ANCHOR_ALL;
    trial_wants(trial, "3 1 1", pki.direct);
    trial_wants(trial, "2 0 1", a_by_b);
    trial_wants(trial, "2 0 1", b_by_a);
    assert_makes(trial, "3 1 1,2 0 1", order);
    X509_free(a_by_b);
    X509_free(b_by_a);
}

static void a_circle_ends(void **state)
{
    char order[] = "012";
    in_all_orders(*state, circle_in, order, 0, sizeof(order) - 1);
}

/* Longer than any chain looked at: no way to run on for ever, and the leaf is found. */
static void a_long_chain_is_followed(void **state)
{
    struct trial *trial = *state;
    X509 *above = X509_dup(pki.root);
    assert_non_null(above);
    trial_take_cert(trial, above);
    for (int i = 0; i < 40; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "CA %d", i);
        X509 *next = pki_cert(
            &(struct pki_cert){.name = name, .key = pki.root_key, .issuer = above, .ca = true});
        X509_free(above);
        above = next;
        trial_take_cert(trial, above);
    }
    X509 *leaf = pki_cert(&(struct pki_cert){.name = "leaf",
                                             .dns = "mail.example.org",
                                             .key = pki.mail_key,
                                             .issuer = above,
                                             .signer = pki.root_key});
    trial_take_cert(trial, leaf);
    trial_wants(trial, "2 0 1", above);
    trial_wants(trial, "3 1 1", leaf);
    assert_makes(trial, "2 0 1,3 1 1", "42 certificates");
    X509_free(above);
    X509_free(leaf);
}

static void an_impostor_is_told(void **state)
{
    struct trial *trial = *state;
    X509 *impostor =
        pki_cert(&(struct pki_cert){.name = "Issuing", .key = pki.stranger_key, .ca = true});
    trial_take_cert(trial, pki.mail);
    trial_take_cert(trial, impostor);
    assert_refuses(trial, "2 1 1", TLSAGEN_E_MISMATCH,
                   "certificate \"CN=Issuing\" did not issue \"CN=mail\", though it has its "
                   "issuer's name");
    /* Beside the true one it does not matter, before or after it. */
    for (unsigned i = 0; i < 2; i++) {
        trial_take_cert(trial, i == 0 ? impostor : pki.issuing);
        trial_take_cert(trial, pki.mail);
        trial_take_cert(trial, i == 0 ? pki.issuing : impostor);
        trial_wants(trial, "2 1 1", pki.issuing);
        assert_makes(trial, "2 1 1", "impostor beside the issuer");
    }
    X509_free(impostor);
}

/* A certificate that may not issue others is no anchor, whatever it signed. */
static void an_issuer_may_issue(void **state)
{
    struct trial *trial = *state;
    X509 *below = pki_cert(&(struct pki_cert){.name = "below",
                                              .dns = "mail.example.org",
                                              .key = pki.stranger_key,
                                              .issuer = pki.mail,
                                              .signer = pki.mail_key});
    trial_take_cert(trial, below);
    trial_take_cert(trial, pki.mail);
    make(trial, "2 1 1");
    trial_wants(trial, "2 1 1", pki.mail);
    trial_assert_made(trial, "issued by a server's certificate");
    assert_int_equal(trial->warned[TLSAGEN_WARN_ANCHOR], 1);
    assert_non_null(strstr(trial->warning, "anchor \"CN=mail\" is no CA certificate"));
    X509_free(below);
}

static void a_lone_ca_stands_for_itself(void **state)
{
    struct trial *trial = *state;
    trial_take_cert(trial, pki.issuing);
    trial_wants(trial, "2 1 1", pki.issuing);
    trial_wants(trial, "0 0 2", pki.issuing);
    assert_makes(trial, "2 1 1,0 0 2", "CA certificate alone");
    trial_take_cert(trial, pki.issuing);
    trial_take_cert(trial, pki.inter);
    trial_wants(trial, "2 1 1", pki.issuing);
    assert_makes(trial, "2 1 1", "CA certificate and its issuer");
}

static void a_self_signed_leaf_is_no_anchor(void **state)
{
    struct trial *trial = *state;
    for (unsigned ca = 0; ca < 2; ca++) { /* as `openssl req -x509` makes them */
        X509 *own = pki_cert(&(struct pki_cert){
            .name = "own", .dns = "mail.example.org", .key = pki.mail_key, .ca = ca == 1});
        trial_take_cert(trial, own);
        assert_refuses(trial, "2 1 1", TLSAGEN_E_KIND,
                       "input: \"CN=own\" is the host's own self-signed certificate, and usages 0 "
                       "and 2 take a CA's; use 3 1 1");
        trial_take_cert(trial, own);
        trial_wants(trial, "3 1 1", own);
        trial_wants(trial, "1 0 1", own);
        assert_makes(trial, "3 1 1,1 0 1", "self-signed");
        X509_free(own);
    }
}

/* RFC 5280 section 7.1: the same name in other string types and case is the same name. */
static void names_are_compared_as_names(void **state)
{
    struct trial *trial = *state;
    X509 *printable = pki_cert(&(struct pki_cert){
        .name = "ROOT", .key = pki.root_key, .string_type = V_ASN1_PRINTABLESTRING, .ca = true});
    trial_take_cert(trial, pki.direct);
    trial_take_cert(trial, printable);
    trial_wants(trial, "2 0 1", printable);
    trial_wants(trial, "3 1 1", pki.direct);
    assert_makes(trial, "2 0 1,3 1 1", "issuer in another encoding");
    X509_free(printable);
}

/* --- names and dates --- */

static void take_leaf(struct trial *trial, struct pki_cert cert)
{
    cert.name = cert.name == NULL ? "leaf" : cert.name;
    cert.key = pki.mail_key;
    cert.issuer = pki.issuing;
    cert.signer = pki.issuing_key;
    X509 *x509 = pki_cert(&cert);
    trial_take_cert(trial, x509);
    X509_free(x509);
    trial_take_cert(trial, pki.issuing);
}

static void assert_covers(struct trial *trial, const char *name, const char *dns, bool covers)
{
    static const char *const strict[] = {"0 1 1", "1 1 1", "2 1 1"};
    for (size_t i = 0; i < COUNT(strict); i++) {
        take_leaf(trial, (struct pki_cert){.name = name, .dns = dns});
        if (!covers) {
            assert_refuses(trial, strict[i], TLSAGEN_E_MISMATCH,
                           "does not cover mail.example.org., which usages 0 to 2 require");
            continue;
        }
        make(trial, strict[i]);
        trial_reset(trial);
    }
    take_leaf(trial, (struct pki_cert){.name = name, .dns = dns});
    make(trial, "3 1 1");
    assert_int_equal(trial->warned[TLSAGEN_WARN_NAME], covers ? 0 : 1);
    trial_reset(trial);
}

static void names_count_for_usages_0_to_2(void **state)
{
    struct trial *trial = *state;
    assert_covers(trial, "leaf", "mail.example.org", true);
    assert_covers(trial, "leaf", "MAIL.example.ORG", true);
    assert_covers(trial, "leaf", "other.example.org,mail.example.org", true);
    assert_covers(trial, "leaf", "*.example.org", true);
    assert_covers(trial, "mail.example.org", NULL, true); /* no SAN: the common name counts */
    assert_covers(trial, "mail.example.org", "other.example.org", false);
    assert_covers(trial, "leaf", "example.org", false);
    assert_covers(trial, "leaf", "*.org", false);
    assert_covers(trial, "leaf", "*", false);
    assert_covers(trial, "leaf", "*.mail.example.org", false);
    assert_covers(trial, "leaf", "xmail.example.org", false);
    assert_covers(trial, "leaf", "mail.example.org.evil.test", false);
    assert_covers(trial, "leaf", "mail.example", false);
    assert_covers(trial, "leaf", NULL, false);
}

static void names_need_not_be_checked(void **state)
{
    struct trial *trial = *state;
    take_leaf(trial, (struct pki_cert){.dns = "other.example.org"});
    trial->request.unchecked = true;
    trial_wants(trial, "2 1 1", pki.issuing);
    assert_makes(trial, "2 1 1", "unchecked");
    take_leaf(trial, (struct pki_cert){.dns = "other.example.org"});
    trial->request.host = NULL;
    make(trial, "2 1 1,3 1 1");
    assert_int_equal(trial->warned[TLSAGEN_WARN_NAME], 0);
}

static void dates_count_for_usages_0_to_2(void **state)
{
    struct trial *trial = *state;
    static const char *const strict[] = {"0 1 1", "1 1 1", "2 1 1"};
    static const struct {
        struct pki_cert cert;
        const char *text;
    } cases[] = {
        {{.dns = "mail.example.org", .to_days = -1},
         "certificate \"CN=leaf\" expired on 2026-11-22"},
        {{.dns = "mail.example.org", .from_days = 2},
         "certificate \"CN=leaf\" is not valid before 2026-11-25"},
        {{.dns = "mail.example.org", .damage = "x"},
         "certificate \"CN=leaf\" has dates that cannot be read"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < COUNT(strict); k++) {
            take_leaf(trial, cases[i].cert);
            assert_refuses(trial, strict[k], TLSAGEN_E_MISMATCH, cases[i].text);
            take_leaf(trial, cases[i].cert);
            trial->request.unchecked = true;
            make(trial, strict[k]);
            trial_reset(trial);
            take_leaf(trial, cases[i].cert);
            trial->request.now = 0;
            make(trial, strict[k]);
            assert_int_equal(trial->warned[TLSAGEN_WARN_DATES], 0);
            trial_reset(trial);
        }
        take_leaf(trial, cases[i].cert);
        make(trial, "3 1 1");
        assert_int_equal(trial->warned[TLSAGEN_WARN_DATES], 1);
        assert_int_equal(trial->warned[TLSAGEN_WARN_EXPIRES], 0);
        trial_reset(trial);
    }
}

static void dates_are_inclusive(void **state)
{
    struct trial *trial = *state;
    const int64_t before = PKI_NOW - 30 * INT64_C(86400), after = PKI_NOW + 335 * INT64_C(86400);
    const struct {
        int64_t now;
        bool valid;
    } cases[] = {{before - 1, false}, {before, true}, {after, true}, {after + 1, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        take_leaf(trial, (struct pki_cert){.dns = "mail.example.org"});
        trial->request.now = cases[i].now;
        assert_int_equal(trial_make(trial, "1 1 1"),
                         cases[i].valid ? TLSAGEN_OK : TLSAGEN_E_MISMATCH);
        trial_reset(trial);
    }
}

static void an_anchor_has_dates_too(void **state)
{
    struct trial *trial = *state;
    X509 *old = pki_cert(&(struct pki_cert){
        .name = "Root", .key = pki.root_key, .ca = true, .from_days = -900, .to_days = -3});
    for (unsigned unchecked = 0; unchecked < 2; unchecked++) {
        trial_take_cert(trial, pki.direct);
        trial_take_cert(trial, old);
        trial->request.unchecked = unchecked == 1;
        if (unchecked == 0) {
            assert_refuses(trial, "2 1 1", TLSAGEN_E_MISMATCH,
                           "certificate \"CN=Root\" expired on 2026-11-20");
            continue;
        }
        trial_wants(trial, "2 1 1", old);
        assert_makes(trial, "2 1 1", "unchecked");
    }
    X509_free(old);
}

/* --- keys beside certificates --- */

static void keys_belong_to_certificates(void **state)
{
    struct trial *trial = *state;
    for (unsigned i = 0; i < 2; i++) {
        trial_take_key(trial, i == 0 ? pki.mail_key : pki.stranger_key);
        take_full_chain(trial);
        if (i == 0) {
            trial_wants(trial, "3 1 1", pki.mail);
            assert_makes(trial, "3 1 1", "its own key");
            continue;
        }
        assert_refuses(trial, "3 1 1", TLSAGEN_E_MISMATCH,
                       "input: the private key does not belong to certificate \"CN=mail\" (input)");
    }
    /* That of a CA is not the server's. */
    take_full_chain(trial);
    trial_take_key(trial, pki.issuing_key);
    assert_refuses(trial, "3 1 1", TLSAGEN_E_MISMATCH,
                   "the private key does not belong to certificate \"CN=mail\"");
}

static void unrelated_keys_give_records(void **state)
{
    struct trial *trial = *state;
    take_full_chain(trial);
    trial_take_key(trial, pki.stranger_key);
    trial_take_key(trial, pki.mail_key);
    trial->request.unrelated_keys = true;
    trial_wants(trial, "3 1 1", pki.mail);
    trial_wants_key(trial, "3 1 1", pki.stranger_key);
    trial_wants(trial, "2 1 1", pki.issuing);
    assert_makes(trial, "3 1 1,2 1 1", "union");
    take_full_chain(trial);
    trial_take_key(trial, pki.stranger_key);
    trial->request.unrelated_keys = true;
    assert_refuses(trial, "3 1 1,3 0 1", TLSAGEN_E_KIND,
                   "input: 3 0 1 needs a certificate, and this is a private key");
}

static void keys_alone_need_no_certificate(void **state)
{
    struct trial *trial = *state;
    trial_take_key(trial, pki.stranger_key);
    trial_take_key(trial, pki.mail_key);
    trial_wants_key(trial, "3 1 1", pki.stranger_key);
    trial_wants_key(trial, "3 1 1", pki.mail_key);
    trial_wants_key(trial, "3 1 0", pki.mail_key);
    trial_wants_key(trial, "3 1 0", pki.stranger_key);
    assert_makes(trial, "3 1 1,3 1 0", "two keys");
}

/* --- warnings --- */

/* Makes, and exactly this warning (none: TRIAL_WARNINGS) is given, with the text. */
static void assert_warns(struct trial *trial, const char *combination, unsigned warning,
                         unsigned times, const char *text)
{
    make(trial, combination);
    for (unsigned i = 0; i < TRIAL_WARNINGS; i++) {
        if (trial->warned[i] != (i == warning ? times : 0))
            fail_msg("%s: warning %u came %u times (\"%s\")", combination, i, trial->warned[i],
                     trial->warning);
    }
    if (strstr(trial->warning, text) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", trial->warning, text);
    trial_reset(trial);
}

static void warnings_of_certificates(void **state)
{
    struct trial *trial = *state;
    take_full_chain(trial);
    assert_warns(trial, "3 1 1,1 1 1,2 1 1,3 0 1", TRIAL_WARNINGS, 0, "");
    take_leaf(trial, (struct pki_cert){.dns = "example.net"});
    assert_warns(
        trial, "3 1 1", TLSAGEN_WARN_NAME, 1,
        "input: certificate does not cover mail.example.org. (usage 3 does not require it");
    take_leaf(trial, (struct pki_cert){.dns = "mail.example.org", .to_days = -1});
    assert_warns(trial, "3 1 1", TLSAGEN_WARN_DATES, 1, "input: certificate expired on 2026-11-22");
    take_leaf(trial, (struct pki_cert){.dns = "mail.example.org", .damage = "2026"});
    assert_warns(trial, "3 0 1", TLSAGEN_WARN_DATES, 1,
                 "input: certificate has dates that cannot be read");
    take_leaf(trial,
              (struct pki_cert){.dns = "mail.example.org", .from_days = -300, .to_days = 13});
    assert_warns(trial, "1 1 1,2 1 1", TLSAGEN_WARN_EXPIRES, 1,
                 "input: certificate expires on 2026-12-06");
    take_leaf(trial,
              (struct pki_cert){.dns = "mail.example.org", .from_days = -300, .to_days = 15});
    assert_warns(trial, "3 1 1", TRIAL_WARNINGS, 0, "");
    /* A short life is not always near its end. */
    take_leaf(trial, (struct pki_cert){.dns = "mail.example.org", .from_days = -4, .to_days = 2});
    assert_warns(trial, "3 1 1", TRIAL_WARNINGS, 0, "");
    take_leaf(trial, (struct pki_cert){.dns = "mail.example.org", .from_days = -6, .to_days = 1});
    assert_warns(trial, "3 1 1", TLSAGEN_WARN_EXPIRES, 1, "2026-11-24");
    take_leaf(trial, (struct pki_cert){.dns = "mail.example.org", .from_days = -20, .to_days = 70});
    assert_warns(trial, "3 0 1,3 1 1", TLSAGEN_WARN_SHORT_LIVED, 1,
                 "selector 0 changes with every renewal of this certificate of 90 days");
    take_leaf(trial, (struct pki_cert){.dns = "mail.example.org", .from_days = -20, .to_days = 70});
    assert_warns(trial, "2 0 1", TRIAL_WARNINGS, 0, "");
}

static void warnings_of_fields(void **state)
{
    struct trial *trial = *state;
    static const uint16_t mail_ports[] = {25, 465, 587}, others[] = {24, 26, 443, 993, 64};
    static const char *const usages[] = {"0 1 1", "1 1 1"};
    for (size_t i = 0; i < COUNT(usages); i++) {
        take_full_chain(trial);
        trial->request.ports = mail_ports;
        trial->request.port_count = COUNT(mail_ports);
        assert_warns(trial, usages[i], TLSAGEN_WARN_SMTP_USAGE, 3, " on port 587 is not used by");
        take_full_chain(trial);
        trial->request.ports = others;
        trial->request.port_count = COUNT(others);
        assert_warns(trial, usages[i], TRIAL_WARNINGS, 0, "");
    }
    take_full_chain(trial);
    trial->request.ports = mail_ports;
    trial->request.port_count = COUNT(mail_ports);
    assert_warns(trial, "2 1 1,3 1 1", TRIAL_WARNINGS, 0, "");
    take_full_chain(trial);
    assert_warns(trial, "3 1 0", TLSAGEN_WARN_FULL, 1, "puts the whole public key into DNS");
    take_full_chain(trial);
    assert_warns(trial, "2 0 0", TLSAGEN_WARN_FULL, 1, "puts the whole certificate into DNS");
}

static void warnings_of_keys(void **state)
{
    struct trial *trial = *state;
    EVP_PKEY *weak = pki_key("RSA:1024"), *enough = pki_key("RSA:2048");
    trial_take_key(trial, weak);
    assert_warns(trial, "3 1 1", TLSAGEN_WARN_WEAK_KEY, 1,
                 "input: RSA key of 1024 bits; use at least 2048");
    trial_take_key(trial, enough);
    assert_warns(trial, "3 1 1", TRIAL_WARNINGS, 0, "");
    X509 *leaf = pki_cert(&(struct pki_cert){.name = "weak",
                                             .dns = "mail.example.org",
                                             .key = weak,
                                             .issuer = pki.issuing,
                                             .signer = pki.issuing_key});
    trial_take_cert(trial, leaf);
    assert_warns(trial, "1 1 1,3 1 1", TLSAGEN_WARN_WEAK_KEY, 1, "RSA key of 1024 bits");
    X509 *anchor = pki_cert(&(struct pki_cert){
        .name = "Weak CA", .key = weak, .issuer = pki.issuing, .signer = pki.issuing_key, .ca = 1});
    X509 *below = pki_cert(&(struct pki_cert){.name = "below",
                                              .dns = "mail.example.org",
                                              .key = pki.mail_key,
                                              .issuer = anchor,
                                              .signer = weak});
    trial_take_cert(trial, below);
    trial_take_cert(trial, anchor);
    assert_warns(trial, "2 1 1", TLSAGEN_WARN_WEAK_KEY, 1, "RSA key of 1024 bits");
    X509_free(below);
    X509_free(anchor);
    X509_free(leaf);
    EVP_PKEY_free(enough);
    EVP_PKEY_free(weak);
}

static void warnings_of_anchors(void **state)
{
    struct trial *trial = *state;
    take_full_chain(trial);
    trial->request.anchor = TLSAGEN_ANCHOR_ROOT;
    assert_warns(trial, "2 1 1", TLSAGEN_WARN_ANCHOR, 1,
                 "input: anchor \"CN=Root\" is a root, which few servers send");
    take_full_chain(trial);
    trial->request.anchor = TLSAGEN_ANCHOR_OFFSET;
    trial->request.anchor_offset = 1;
    assert_warns(trial, "2 1 1", TRIAL_WARNINGS, 0, "");
}

/* What no input of this program gives, and scripts have published. */
static void warnings_of_digests_of_nothing(void **state)
{
    struct trial *trial = *state;
    static const char *const names[] = {"SHA256", "SHA512"};
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(EVP_Q_digest(NULL, names[i], NULL, "", 0, digest, &len), 1);
        warn_data(digest, len, &trial->request);
        assert_int_equal(trial->warned[TLSAGEN_WARN_EMPTY], i + 1);
        assert_int_equal(EVP_Q_digest(NULL, names[i], NULL, "x", 1, digest, &len), 1);
        warn_data(digest, len, &trial->request);
        assert_int_equal(trial->warned[TLSAGEN_WARN_EMPTY], i + 1);
    }
    assert_string_equal(trial->warning, "association data is the digest of empty input");
    trial->request.warn = NULL;
    warn_data(digest, len, &trial->request);
}

static void nobody_need_listen(void **state)
{
    struct trial *trial = *state;
    take_leaf(trial, (struct pki_cert){.dns = "example.net", .from_days = -9, .to_days = -1});
    trial_take_cert(trial, pki.issuing);
    trial->request.unchecked = true;
    trial->request.warn = NULL;
    make(trial, "0 0 0,1 0 0,2 0 0,3 0 0");
    assert_int_equal(trial->set.count, 4);
}

/* --- the host of a certificate --- */

static void assert_host(struct trial *trial, const char *name, const char *dns, const char *wanted)
{
    char host[TLSAGEN_NAME_SIZE] = "";
    take_leaf(trial, (struct pki_cert){.name = name, .dns = dns});
    enum tlsagen_status status =
        tlsagen_material_host(trial->ctx, trial->material, host, &trial->err);
    if (wanted == NULL) {
        trial_assert_fault(trial, status, TLSAGEN_E_NOTFOUND, "has no DNS name that is one host's");
    } else {
        assert_int_equal(status, TLSAGEN_OK);
        assert_string_equal(host, wanted);
    }
    trial_reset(trial);
}

static void the_host_is_the_first_name(void **state)
{
    struct trial *trial = *state;
    assert_host(trial, "leaf", "mail.example.org", "mail.example.org.");
    assert_host(trial, "leaf", "*.example.org,mail.example.org,b.test", "mail.example.org.");
    assert_host(trial, "mail.example.net", "*.example.org", NULL);
    assert_host(trial, "mail.example.net", NULL, "mail.example.net.");
    assert_host(trial, "A mail server", NULL, NULL);
    assert_host(trial, "R3", NULL, NULL); /* a CA's name, and no host's */
    assert_host(trial, "R3.", NULL, NULL);
    assert_host(trial, "a.b", NULL, "a.b.");
    assert_host(trial, "", NULL, NULL);
    assert_host(trial, "leaf", "192.0.2.1,a..b,mail.example.org", "mail.example.org.");
    assert_host(trial, "m\xc3\xbcnchen.example", NULL, "xn--mnchen-3ya.example.");
    char host[TLSAGEN_NAME_SIZE];
    trial_take_key(trial, pki.mail_key);
    trial_assert_fault(trial, tlsagen_material_host(trial->ctx, trial->material, host, &trial->err),
                       TLSAGEN_E_NOTFOUND, "no certificate to take a host name from");
}

int main(void)
{
#define TRIAL_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TRIAL_TEST(the_order_of_a_chain_does_not_count),
        TRIAL_TEST(each_certificate_may_be_an_input),
        TRIAL_TEST(leaves_of_several_inputs_are_united),
        TRIAL_TEST(one_input_holds_one_leaf),
        TRIAL_TEST(a_key_tells_which_leaf_is_meant),
        TRIAL_TEST(what_was_served_begins_with_its_leaf),
        TRIAL_TEST(anchors_are_chosen),
        TRIAL_TEST(a_root_is_not_guessed),
        TRIAL_TEST(an_anchor_is_needed),
        TRIAL_TEST(a_cross_signed_ca_has_two_ways_up),
        TRIAL_TEST(the_issuer_is_one_that_is_served),
        TRIAL_TEST(a_circle_ends),
        TRIAL_TEST(a_long_chain_is_followed),
        TRIAL_TEST(an_impostor_is_told),
        TRIAL_TEST(an_issuer_may_issue),
        TRIAL_TEST(a_lone_ca_stands_for_itself),
        TRIAL_TEST(a_self_signed_leaf_is_no_anchor),
        TRIAL_TEST(names_are_compared_as_names),
        TRIAL_TEST(names_count_for_usages_0_to_2),
        TRIAL_TEST(names_need_not_be_checked),
        TRIAL_TEST(dates_count_for_usages_0_to_2),
        TRIAL_TEST(dates_are_inclusive),
        TRIAL_TEST(an_anchor_has_dates_too),
        TRIAL_TEST(keys_belong_to_certificates),
        TRIAL_TEST(unrelated_keys_give_records),
        TRIAL_TEST(keys_alone_need_no_certificate),
        TRIAL_TEST(warnings_of_certificates),
        TRIAL_TEST(warnings_of_fields),
        TRIAL_TEST(warnings_of_keys),
        TRIAL_TEST(warnings_of_anchors),
        TRIAL_TEST(warnings_of_digests_of_nothing),
        TRIAL_TEST(nobody_need_listen),
        TRIAL_TEST(the_host_is_the_first_name),
    };
#undef TRIAL_TEST
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
