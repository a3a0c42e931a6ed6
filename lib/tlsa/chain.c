#include "chain.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

void index_list_clear(struct index_list *list)
{
    free(list->at);
    *list = (struct index_list){0};
}

static bool list_make(struct index_list *list, size_t cap)
{
    list->count = 0;
    list->at = calloc(cap == 0 ? 1 : cap, sizeof(list->at[0]));
    return list->at != NULL;
}

static bool same_bytes(const struct tlsagen_material *material, struct span a, struct span b)
{
    return a.len == b.len && memcmp(item_bytes(material, a), item_bytes(material, b), a.len) == 0;
}

/* The issuer of a certificate, or a subject to be found among issuers. */
struct named {
    const uint8_t *bytes;
    size_t len;
    X509_NAME *name; /* decoded, where that is what counts */
    size_t index;    /* of the certificate */
};

static int by_bytes(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return memcmp(x->bytes, y->bytes, x->len);
}

/* As libcrypto compares names: case, blanks and string type do not count. */
static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->name == NULL || y->name == NULL)
        return x->name == y->name ? by_bytes(a, b) : x->name == NULL ? -1 : 1;
    return X509_NAME_cmp(x->name, y->name);
}

static struct named name_of(const struct tlsagen_material *material, size_t index, struct span span,
                            bool exact)
{
    struct named named = {
        .bytes = item_bytes(material, span),
        .len = span.len,
        .index = index,
    };
    const unsigned char *p = named.bytes;
    if (!exact)
        named.name = d2i_X509_NAME(NULL, &p, (long)named.len);
    return named;
}

/* True when one of the issuers, in order, is the subject; the certificate's own does not count. */
static bool issued_another(const struct named *issuers, size_t count, const struct named *subject,
                           int (*compare)(const void *, const void *))
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&issuers[middle], subject) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && compare(&issuers[low], subject) == 0; low++) {
        if (issuers[low].index != subject->index)
            return true;
    }
    return false;
}

/* Sorted once, because a file may hold any number of certificates. */
static bool find_leaves(const struct tlsagen_material *material, bool exact,
                        struct index_list *leaves)
{
    int (*compare)(const void *, const void *) = exact ? by_bytes : by_name;
    struct named *issuers = calloc(material->count + 1, sizeof(issuers[0]));
    size_t count = 0;
    if (issuers == NULL || !list_make(leaves, material->count)) {
        free(issuers);
        return false;
    }
    for (size_t i = 0; i < material->count; i++) {
        if (material->items[i].origin == ITEM_CERT)
            issuers[count++] = name_of(material, i, material->items[i].issuer, exact);
    }
    qsort(issuers, count, sizeof(issuers[0]), compare);
    for (size_t i = 0; i < material->count; i++) {
        if (material->items[i].origin != ITEM_CERT)
            continue;
        struct named subject = name_of(material, i, material->items[i].subject, exact);
        if (!issued_another(issuers, count, &subject, compare))
            leaves->at[leaves->count++] = i;
        X509_NAME_free(subject.name);
    }
    for (size_t i = 0; i < count; i++)
        X509_NAME_free(issuers[i].name);
    free(issuers);
    if (!exact)
        ERR_clear_error(); /* which would start all of libcrypto where it was not needed yet */
    return true;
}

bool chain_is_ca(struct tlsagen_material *material, size_t index)
{
    X509 *x509 = item_x509(material, &material->items[index]);
    return x509 != NULL && X509_check_ca(x509) > 0;
}

static bool key_fits(const struct tlsagen_material *material, size_t input, size_t cert)
{
    for (size_t i = 0; i < material->count; i++) {
        const struct item *item = &material->items[i];
        if (item->input == input && item->origin != ITEM_CERT &&
            same_bytes(material, item->spki, material->items[cert].spki))
            return true;
    }
    return false;
}

typedef bool leaf_test(struct tlsagen_material *material, size_t index);

static bool has_its_key(struct tlsagen_material *material, size_t index)
{
    return key_fits(material, material->items[index].input, index);
}

static bool is_end_entity(struct tlsagen_material *material, size_t index)
{
    return !chain_is_ca(material, index);
}

/* What a server sends beside its chain, as some do, is no leaf. */
static bool leads_what_was_served(struct tlsagen_material *material, size_t index)
{
    size_t input = material->items[index].input;
    return material->inputs[input].served &&
           (index == 0 || material->items[index - 1].input != input);
}

/* Drops the candidates that fail the test while another of their input passes it. */
static bool prefer(struct tlsagen_material *material, struct index_list *list, leaf_test *test)
{
    size_t kept = 0;
    bool *passed = calloc(list->count + material->input_count, sizeof(passed[0]));
    if (passed == NULL)
        return false;
    bool *input_passed = passed + list->count;
    for (size_t i = 0; i < list->count; i++) {
        passed[i] = test(material, list->at[i]);
        if (passed[i])
            input_passed[material->items[list->at[i]].input] = true;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (passed[i] || !input_passed[material->items[list->at[i]].input])
            list->at[kept++] = list->at[i];
    }
    list->count = kept;
    free(passed);
    return true;
}

static bool ambiguous(const struct tlsagen_material *material, const struct index_list *list,
                      size_t *first, size_t *second)
{
    for (size_t i = 1; i < list->count; i++) {
        if (material->items[list->at[i]].input == material->items[list->at[i - 1]].input) {
            *first = list->at[i - 1];
            *second = list->at[i];
            return true;
        }
    }
    return false;
}

/* Cross-signed CAs may all have issued one another: then the first end entity is the leaf. */
static void leaf_of_a_circle(struct tlsagen_material *material, struct index_list *leaves)
{
    for (size_t i = 0; i < material->count && leaves->count == 0; i++) {
        if (material->items[i].origin == ITEM_CERT && is_end_entity(material, i))
            leaves->at[leaves->count++] = i;
    }
}

enum tlsagen_status chain_leaves(struct tlsagen_material *material, struct index_list *leaves,
                                 struct tlsagen_err *err)
{
    bool ok = find_leaves(material, true, leaves);
    if (ok && leaves->count > 1) {
        /* One name may be encoded in two ways: look again, at what libcrypto makes of them. */
        index_list_clear(leaves);
        ok = find_leaves(material, false, leaves);
    }
    if (ok && leaves->count == 0)
        leaf_of_a_circle(material, leaves);
    if (ok && leaves->count > 1)
        ok = prefer(material, leaves, leads_what_was_served) &&
             prefer(material, leaves, has_its_key) && prefer(material, leaves, is_end_entity);
    if (!ok) {
        index_list_clear(leaves);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    size_t first, second;
    if (!ambiguous(material, leaves, &first, &second))
        return TLSAGEN_OK;
    char one[200], two[200];
    index_list_clear(leaves);
    return tlsagen_err_set(
        err, TLSAGEN_E_MISMATCH,
        "%s: holds several certificates that issued no other, among them \"%s\" and \"%s\"; give "
        "one certificate with its chain in each file",
        material->inputs[material->items[first].input].label,
        item_subject(material, &material->items[first], one, sizeof(one)),
        item_subject(material, &material->items[second], two, sizeof(two)));
}

static bool signed_by(X509 *certificate, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool ok = key != NULL && X509_verify(certificate, key) == 1;
    ERR_clear_error();
    return ok;
}

static bool in_list(const struct index_list *list, size_t at)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i] == at)
            return true;
    }
    return false;
}

enum relation { UNRELATED, NAMESAKE, ISSUER };

/* What another certificate is to this one: a namesake has its issuer's name, and did not sign. */
static enum relation relation_of(struct tlsagen_material *material, size_t other, size_t of)
{
    X509 *certificate = item_x509(material, &material->items[of]);
    X509 *issuer = material->items[other].origin == ITEM_CERT && other != of
                       ? item_x509(material, &material->items[other])
                       : NULL;
    if (certificate == NULL || issuer == NULL ||
        X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) != 0)
        return UNRELATED;
    return X509_check_issued(issuer, certificate) == X509_V_OK && signed_by(certificate, issuer)
               ? ISSUER
               : NAMESAKE;
}

/*
 * The issuer of one certificate; *impostor is one that has its name but did not sign. A CA may be
 * there twice, as a root and certified by another one: servers send the latter.
 */
static bool find_issuer(struct tlsagen_material *material, size_t of,
                        const struct index_list *chain, size_t *found, size_t *impostor)
{
    bool any = false;
    for (size_t i = 0; i < material->count; i++) {
        bool root = item_is_self_issued(material, &material->items[i]);
        if (in_list(chain, i) || (root && any))
            continue;
        enum relation relation = relation_of(material, i, of);
        if (relation == NAMESAKE)
            *impostor = i;
        if (relation != ISSUER)
            continue;
        *found = i;
        if (!root)
            return true;
        any = true;
    }
    return any;
}

enum tlsagen_status chain_above(struct tlsagen_material *material, size_t leaf,
                                struct index_list *chain, struct tlsagen_err *err)
{
    if (!list_make(chain, CHAIN_MAX))
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    size_t of = leaf;
    while (chain->count < CHAIN_MAX) {
        size_t found = 0, impostor = SIZE_MAX;
        const struct item *item = &material->items[of];
        if (item_is_self_issued(material, item) && of != leaf)
            break;
        if (!find_issuer(material, of, chain, &found, &impostor)) {
            if (impostor == SIZE_MAX)
                break;
            char one[200], two[200];
            index_list_clear(chain);
            return tlsagen_err_set(
                err, TLSAGEN_E_MISMATCH,
                "%s: certificate \"%s\" did not issue \"%s\", though it has its issuer's name; "
                "give "
                "the right CA certificate",
                material->inputs[material->items[impostor].input].label,
                item_subject(material, &material->items[impostor], one, sizeof(one)),
                item_subject(material, &material->items[of], two, sizeof(two)));
        }
        if (found == leaf)
            break;
        chain->at[chain->count++] = found;
        of = found;
    }
    return TLSAGEN_OK;
}

bool chain_root(struct tlsagen_material *material, size_t leaf, size_t *root)
{
    struct index_list seen;
    bool found = false;
    if (!list_make(&seen, CHAIN_MAX + 1))
        return false;
    seen.at[seen.count++] = leaf;
    for (size_t at = 0; at < seen.count && !found; at++) {
        for (size_t i = 0; i < material->count && seen.count <= CHAIN_MAX && !found; i++) {
            if (in_list(&seen, i) || relation_of(material, i, seen.at[at]) != ISSUER)
                continue;
            seen.at[seen.count++] = i;
            found = item_is_self_issued(material, &material->items[i]);
        }
    }
    if (found)
        *root = seen.at[seen.count - 1];
    index_list_clear(&seen);
    return found;
}
