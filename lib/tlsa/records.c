/* records.c - from material and request to the record set. */
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "check.h"

/* What one call works on. */
struct making {
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    const struct tlsagen_request *request;
    struct tlsagen_rrset *set;
    struct index_list leaves;
    struct index_list loose; /* keys that no certificate here has */
};

static bool is_anchor_usage(uint8_t usage)
{
    return usage == TLSAGEN_USAGE_PKIX_TA || usage == TLSAGEN_USAGE_DANE_TA;
}

static enum tlsagen_status add_record(struct making *making, const struct item *item,
                                      struct tlsagen_fields fields, struct tlsagen_err *err)
{
    struct span span = fields.selector == TLSAGEN_SELECTOR_CERT ? item->der : item->spki;
    const uint8_t *data = item_bytes(making->material, span);
    size_t len = span.len;
    uint8_t digest[DIGEST_MAX];
    if (fields.matching != TLSAGEN_MATCHING_FULL) {
        enum tlsagen_status status =
            ctx_digest(making->ctx, fields.matching, data, len, digest, &len, err);
        if (status != TLSAGEN_OK)
            return status;
        data = digest;
    }
    warn_data(data, len, making->request);
    if (fields.selector == TLSAGEN_SELECTOR_CERT && !is_anchor_usage(fields.usage))
        warn_selector(making->material, item, making->request);
    return tlsagen_rrset_add(making->set, fields, data, len, err);
}

/* A CA's key is not its server's: only leaves count. */
static bool has_certificate_of(const struct making *making, const struct item *key)
{
    const struct tlsagen_material *material = making->material;
    for (size_t i = 0; i < making->leaves.count; i++) {
        const struct item *item = &material->items[making->leaves.at[i]];
        if (item->spki.len == key->spki.len &&
            memcmp(item_bytes(material, item->spki), item_bytes(material, key->spki),
                   key->spki.len) == 0)
            return true;
    }
    return false;
}

static bool input_has_certificate(const struct tlsagen_material *material, size_t input)
{
    for (size_t i = 0; i < material->count; i++) {
        if (material->items[i].input == input && material->items[i].origin == ITEM_CERT)
            return true;
    }
    return false;
}

static enum tlsagen_status unrelated(struct making *making, const struct item *key,
                                     struct tlsagen_err *err)
{
    struct tlsagen_material *material = making->material;
    const struct item *leaf = &material->items[making->leaves.at[0]];
    char subject[200];
    return tlsagen_err_set(
        err, TLSAGEN_E_MISMATCH,
        "%s: the %s does not belong to certificate \"%s\" (%s); give the pair, or --union for the "
        "records of both",
        material->inputs[key->input].label, item_origin_name(key->origin),
        item_subject(material, leaf, subject, sizeof(subject)),
        material->inputs[leaf->input].label);
}

/* Finds the keys without certificate; they must not stand beside certificates unasked. */
static enum tlsagen_status find_loose_keys(struct making *making, struct tlsagen_err *err)
{
    struct tlsagen_material *material = making->material;
    making->loose.at = calloc(material->count + 1, sizeof(making->loose.at[0]));
    if (making->loose.at == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < material->count; i++) {
        const struct item *item = &material->items[i];
        if (item->origin == ITEM_CERT || has_certificate_of(making, item))
            continue;
        bool allowed =
            making->request->unrelated_keys && !input_has_certificate(material, item->input);
        if (making->leaves.count > 0 && !allowed)
            return unrelated(making, item, err);
        making->loose.at[making->loose.count++] = i;
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status needs_certificate(struct making *making, struct tlsagen_fields fields,
                                             struct tlsagen_err *err)
{
    const struct tlsagen_material *material = making->material;
    const struct item *key = &material->items[making->loose.at[0]];
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: %u %u %u needs a certificate, and this is a %s; give the "
                           "certificate, or use 3 1 x",
                           material->inputs[key->input].label, fields.usage, fields.selector,
                           fields.matching, item_origin_name(key->origin));
}

static enum tlsagen_status end_entity_records(struct making *making, struct tlsagen_fields fields,
                                              struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    bool strict = fields.usage == TLSAGEN_USAGE_PKIX_EE;
    if (making->loose.count > 0 && (strict || fields.selector == TLSAGEN_SELECTOR_CERT))
        return needs_certificate(making, fields, err);
    for (size_t i = 0; i < making->leaves.count && status == TLSAGEN_OK; i++) {
        struct item *leaf = &making->material->items[making->leaves.at[i]];
        if (strict)
            status = check_strictly(making->material, leaf, making->request, err);
        if (status == TLSAGEN_OK)
            status = add_record(making, leaf, fields, err);
    }
    for (size_t i = 0; i < making->loose.count && status == TLSAGEN_OK; i++)
        status = add_record(making, &making->material->items[making->loose.at[i]], fields, err);
    return status;
}

static enum tlsagen_status add_anchor(struct making *making, size_t index,
                                      struct tlsagen_fields fields, struct tlsagen_err *err)
{
    struct item *anchor = &making->material->items[index];
    if (!making->request->unchecked) {
        enum tlsagen_status status =
            check_dates(making->material, anchor, making->request->now, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    warn_anchor(making->material, anchor, making->request);
    warn_key(making->material, anchor, making->request);
    return add_record(making, anchor, fields, err);
}

/* A server's own self-signed certificate where a CA's is wanted. */
static enum tlsagen_status own_certificate(const struct tlsagen_material *material,
                                           const struct item *item, struct tlsagen_err *err)
{
    char subject[200];
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: \"%s\" is the host's own self-signed certificate, and usages 0 "
                           "and 2 take a CA's; use 3 1 1",
                           material->inputs[item->input].label,
                           item_subject(material, item, subject, sizeof(subject)));
}

static enum tlsagen_status no_anchor(struct making *making, size_t leaf, struct tlsagen_err *err)
{
    struct tlsagen_material *material = making->material;
    const struct item *item = &material->items[leaf];
    char subject[200], issuer[200];
    if (item_is_self_issued(material, item))
        return own_certificate(material, item, err);
    return tlsagen_err_set(
        err, TLSAGEN_E_KIND,
        "%s: no certificate of the CA \"%s\" that issued \"%s\"; usages 0 and 2 take it, so give "
        "the whole chain",
        material->inputs[item->input].label, item_issuer(material, item, issuer, sizeof(issuer)),
        item_subject(material, item, subject, sizeof(subject)));
}

/* Puts the root in the last place of the chain, unless it stands there. */
static enum tlsagen_status select_root(struct tlsagen_material *material, size_t leaf,
                                       struct index_list *chain, struct tlsagen_err *err)
{
    size_t *end = &chain->at[chain->count - 1];
    const struct item *last = &material->items[*end];
    char subject[200];
    if (item_is_self_issued(material, last) || chain_root(material, leaf, end))
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: the chain ends with \"%s\", which is no root; add the root's "
                           "certificate",
                           material->inputs[last->input].label,
                           item_subject(material, last, subject, sizeof(subject)));
}

static enum tlsagen_status out_of_chain(const struct tlsagen_material *material, size_t leaf,
                                        unsigned offset, size_t count, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: anchor %u counted from the end of the chain is the leaf or lies "
                           "outside; this chain has %zu above the leaf",
                           material->inputs[material->items[leaf].input].label, offset, count);
}

/* Which of the chain above a leaf the request asks for: from *from, count of them. */
static enum tlsagen_status select_anchors(struct making *making, size_t leaf,
                                          struct index_list *chain, size_t *from, size_t *count,
                                          struct tlsagen_err *err)
{
    const struct tlsagen_request *request = making->request;
    *count = 1;
    switch (request->anchor) {
    case TLSAGEN_ANCHOR_ISSUER:
        *from = 0;
        return TLSAGEN_OK;
    case TLSAGEN_ANCHOR_ALL:
        *from = 0;
        *count = chain->count;
        return TLSAGEN_OK;
    case TLSAGEN_ANCHOR_ROOT:
        *from = chain->count - 1;
        return select_root(making->material, leaf, chain, err);
    case TLSAGEN_ANCHOR_OFFSET:
        break;
    }
    if (request->anchor_offset >= chain->count)
        return out_of_chain(making->material, leaf, request->anchor_offset, chain->count, err);
    *from = chain->count - 1 - request->anchor_offset;
    return TLSAGEN_OK;
}

static enum tlsagen_status anchors_of_leaf(struct making *making, size_t leaf,
                                           struct tlsagen_fields fields, struct tlsagen_err *err)
{
    struct index_list chain = {0};
    size_t from = 0, count = 0;
    ctx_configure(making->ctx);
    enum tlsagen_status status =
        check_strictly(making->material, &making->material->items[leaf], making->request, err);
    if (status == TLSAGEN_OK)
        status = chain_above(making->material, leaf, &chain, err);
    if (status == TLSAGEN_OK && chain.count == 0)
        status = no_anchor(making, leaf, err);
    if (status == TLSAGEN_OK)
        status = select_anchors(making, leaf, &chain, &from, &count, err);
    for (size_t i = from; i < from + count && status == TLSAGEN_OK; i++)
        status = add_anchor(making, chain.at[i], fields, err);
    index_list_clear(&chain);
    return status;
}

/* A CA certificate that issued nothing here stands for itself where no other leaf was given. */
static enum tlsagen_status lone_ca(struct making *making, size_t index,
                                   struct tlsagen_fields fields, struct tlsagen_err *err)
{
    struct tlsagen_material *material = making->material;
    struct item *item = &material->items[index];
    /* A server's own self-signed certificate may look like a CA's. */
    if (making->request->host != NULL && check_covers(material, item, making->request->host))
        return own_certificate(material, item, err);
    return add_anchor(making, index, fields, err);
}

/* Beside the certificate of a server, a CA certificate that issued nothing here is a mistake. */
static enum tlsagen_status check_no_stranger(struct making *making, struct tlsagen_err *err)
{
    struct tlsagen_material *material = making->material;
    const struct item *leaf = NULL, *stranger = NULL;
    for (size_t i = 0; i < making->leaves.count; i++) {
        size_t index = making->leaves.at[i];
        const struct item **found = chain_is_ca(material, index) ? &stranger : &leaf;
        if (*found == NULL)
            *found = &material->items[index];
    }
    if (leaf == NULL || stranger == NULL)
        return TLSAGEN_OK;
    char subject[200], wanted[200], issued[200];
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: CA certificate \"%s\" did not issue \"%s\"; give that of its "
                           "issuer \"%s\"",
                           material->inputs[stranger->input].label,
                           item_subject(material, stranger, subject, sizeof(subject)),
                           item_subject(material, leaf, issued, sizeof(issued)),
                           item_issuer(material, leaf, wanted, sizeof(wanted)));
}

static enum tlsagen_status anchor_records(struct making *making, struct tlsagen_fields fields,
                                          struct tlsagen_err *err)
{
    if (making->leaves.count == 0)
        return needs_certificate(making, fields, err);
    enum tlsagen_status status = check_no_stranger(making, err);
    for (size_t i = 0; i < making->leaves.count && status == TLSAGEN_OK; i++) {
        size_t leaf = making->leaves.at[i];
        if (chain_is_ca(making->material, leaf))
            status = lone_ca(making, leaf, fields, err);
        else
            status = anchors_of_leaf(making, leaf, fields, err);
    }
    return status;
}

static void warn_all(struct making *making)
{
    const struct tlsagen_request *request = making->request;
    bool strict = true;
    for (size_t i = 0; i < request->field_count; i++) {
        strict = strict && request->fields[i].usage != TLSAGEN_USAGE_DANE_EE;
        warn_fields(request->fields[i], request);
    }
    for (size_t i = 0; i < making->leaves.count; i++) {
        struct item *leaf = &making->material->items[making->leaves.at[i]];
        warn_leaf(making->material, leaf, request, strict);
        warn_key(making->material, leaf, request);
    }
    for (size_t i = 0; i < making->loose.count; i++)
        warn_key(making->material, &making->material->items[making->loose.at[i]], request);
}

static enum tlsagen_status make_records(struct making *making, struct tlsagen_err *err)
{
    const struct tlsagen_request *request = making->request;
    enum tlsagen_status status = chain_leaves(making->material, &making->leaves, err);
    if (status == TLSAGEN_OK)
        status = find_loose_keys(making, err);
    if (status == TLSAGEN_OK && making->leaves.count + making->loose.count == 0)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "no certificate and no key was given");
    for (size_t i = 0; i < request->field_count && status == TLSAGEN_OK; i++) {
        if (is_anchor_usage(request->fields[i].usage))
            status = anchor_records(making, request->fields[i], err);
        else
            status = end_entity_records(making, request->fields[i], err);
    }
    if (status == TLSAGEN_OK)
        warn_all(making);
    return status;
}

enum tlsagen_status tlsagen_material_records(struct tlsagen_ctx *ctx,
                                             struct tlsagen_material *material,
                                             const struct tlsagen_request *request,
                                             struct tlsagen_rrset *set, struct tlsagen_err *err)
{
    struct making making = {.ctx = ctx, .material = material, .request = request, .set = set};
    enum tlsagen_status status = make_records(&making, err);
    index_list_clear(&making.leaves);
    index_list_clear(&making.loose);
    return status;
}
