#include "side.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <tlsagen/input.h>
#include <tlsagen/judge.h>

#include "tlsa/chain.h"
#include "tlsa/ctx.h"

/* Certificates of chains that one side can have. */
#define DIGESTS_MAX (MODEL_CHAINS * CHAIN_MAX)

struct digest {
    uint8_t bytes[MODEL_ID];
};

struct digests {
    struct digest list[DIGESTS_MAX];
    size_t count;
};

/* What one call works on. */
struct building {
    struct tlsagen_ctx *ctx;
    const struct side_terms *terms;
    const char *label;
    struct table *table;
    struct model_side *side;
    struct tlsagen_material *material; /* all chains */
    struct tlsagen_material *one;      /* a single one, or backups */
    struct digests *ids;
    struct digests *keys;
    bool own_ca; /* a leaf is its own CA's certificate: usages 0 and 2 have nothing to take */
};

static bool is_anchor(struct tlsagen_fields fields)
{
    return fields.usage == TLSAGEN_USAGE_PKIX_TA || fields.usage == TLSAGEN_USAGE_DANE_TA;
}

/* --- identities --- */

static enum tlsagen_status digest(struct building *building, const uint8_t *bytes, size_t len,
                                  uint8_t out[MODEL_ID], struct tlsagen_err *err)
{
    uint8_t whole[DIGEST_MAX];
    size_t got;
    enum tlsagen_status status =
        ctx_digest(building->ctx, TLSAGEN_MATCHING_SHA256, bytes, len, whole, &got, err);
    if (status == TLSAGEN_OK)
        memcpy(out, whole, MODEL_ID);
    return status;
}

static enum tlsagen_status note(struct building *building, struct digests *digests,
                                const uint8_t *bytes, size_t len, struct tlsagen_err *err)
{
    if (digests->count == DIGESTS_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s: too many certificates", building->label);
    struct digest *added = &digests->list[digests->count];
    enum tlsagen_status status = digest(building, bytes, len, added->bytes, err);
    for (size_t i = 0; i < digests->count && status == TLSAGEN_OK; i++) {
        if (memcmp(digests->list[i].bytes, added->bytes, MODEL_ID) == 0)
            return TLSAGEN_OK;
    }
    digests->count += status == TLSAGEN_OK;
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, MODEL_ID);
}

/* The digest over all of them, in an order that does not depend on the order of the chains. */
static enum tlsagen_status sum(struct building *building, struct digests *digests,
                               uint8_t out[MODEL_ID], struct tlsagen_err *err)
{
    qsort(digests->list, digests->count, sizeof(digests->list[0]), by_bytes);
    return digest(building, digests->list[0].bytes, digests->count * sizeof(digests->list[0]), out,
                  err);
}

/* --- records --- */

/* The records of one combination, added to *set. */
static enum tlsagen_status add_records(struct building *building, struct tlsagen_material *material,
                                       struct tlsagen_fields fields, enum tlsagen_anchor anchor,
                                       model_set *set, struct tlsagen_err *err)
{
    struct tlsagen_rrset records;
    model_set added;
    const struct tlsagen_request request = {
        .fields = &fields,
        .field_count = 1,
        .anchor = anchor,
        .anchor_offset = building->terms->anchor_offset,
        .unchecked = true,
    };
    tlsagen_rrset_init(&records);
    enum tlsagen_status status =
        tlsagen_material_records(building->ctx, material, &request, &records, err);
    if (status == TLSAGEN_OK)
        status = table_intern_all(building->table, &records, &added, err);
    if (status == TLSAGEN_OK)
        *set |= added;
    tlsagen_rrset_clear(&records);
    return status;
}

/* True for what says that a combination cannot be had from this. */
static bool cannot_be_had(enum tlsagen_status status)
{
    return status == TLSAGEN_E_KIND || status == TLSAGEN_E_MISMATCH;
}

/* As add_records, for chains: libssl matches a leaf by usages 1 and 3 alone. */
static enum tlsagen_status add_of_chains(struct building *building,
                                         struct tlsagen_material *material,
                                         struct tlsagen_fields fields, enum tlsagen_anchor anchor,
                                         model_set *set, struct tlsagen_err *err)
{
    if (!building->own_ca || !is_anchor(fields))
        return add_records(building, material, fields, anchor, set, err);
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: the certificate is the host's own self-signed one, and usages 0 "
                           "and 2 take a CA's; use 3 1 1",
                           building->label);
}

static enum tlsagen_status add_wanted(struct building *building, struct tlsagen_err *err)
{
    const struct side_terms *terms = building->terms;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < terms->field_count && status == TLSAGEN_OK; i++)
        status = add_of_chains(building, building->material, terms->fields[i], terms->anchor,
                               &building->side->wants, err);
    building->side->could |= building->side->wants;
    for (size_t i = 0; i < terms->play_count && status == TLSAGEN_OK; i++) {
        status = add_of_chains(building, building->material, terms->play[i], terms->anchor,
                               &building->side->could, err);
        if (cannot_be_had(status))
            status = TLSAGEN_OK;
    }
    return status;
}

/* What a chain matches in these combinations: the leaf's records, and those of all above it. */
static enum tlsagen_status add_matches(struct building *building,
                                       const struct tlsagen_fields *fields, size_t count,
                                       model_set *matches, struct tlsagen_err *err)
{
    for (size_t i = 0; i < count; i++) {
        enum tlsagen_status status =
            add_of_chains(building, building->one, fields[i], TLSAGEN_ANCHOR_ALL, matches, err);
        if (status != TLSAGEN_OK && !cannot_be_had(status))
            return status;
    }
    return TLSAGEN_OK;
}

/* A certificate of a CA, for the combinations that take one. */
static enum tlsagen_status add_ca(struct building *building, const struct tlsagen_probe_cert *cert,
                                  const char *path, struct tlsagen_err *err)
{
    const struct side_terms *terms = building->terms;
    const struct tlsagen_der der = {cert->der, cert->len};
    tlsagen_material_reset(building->one);
    enum tlsagen_status status =
        tlsagen_material_add_chain(building->ctx, building->one, &der, 1, path, err);
    if (status == TLSAGEN_OK && !chain_is_ca(building->one, 0)) {
        char subject[200];
        status = tlsagen_err_set(
            err, TLSAGEN_E_KIND, "%s: \"%s\" is no certificate of a CA", path,
            item_subject(building->one, &building->one->items[0], subject, sizeof(subject)));
    }
    for (size_t i = 0; i < terms->field_count && status == TLSAGEN_OK; i++) {
        if (is_anchor(terms->fields[i]))
            status = add_records(building, building->one, terms->fields[i], TLSAGEN_ANCHOR_ISSUER,
                                 &building->side->wants, err);
    }
    for (size_t i = 0; i < terms->play_count && status == TLSAGEN_OK; i++) {
        if (is_anchor(terms->play[i]))
            status = add_records(building, building->one, terms->play[i], TLSAGEN_ANCHOR_ISSUER,
                                 &building->side->could, err);
    }
    return status;
}

static enum tlsagen_status add_backup(struct building *building, const char *path,
                                      struct tlsagen_err *err)
{
    struct tlsagen_buf bytes;
    struct tlsagen_probe_cert *certs = NULL;
    size_t count = 0;
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = tlsagen_input_read(path, &bytes, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_chain_read(bytes.data, bytes.len, path, &certs, &count, err);
    tlsagen_buf_cleanse(&bytes); /* a key may have been in the file by mistake */
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++)
        status = add_ca(building, &certs[i], path, err);
    tlsagen_chain_free(certs, count);
    return status;
}

static enum tlsagen_status add_backups(struct building *building, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < building->terms->backup_count && status == TLSAGEN_OK; i++)
        status = add_backup(building, building->terms->backups[i], err);
    building->side->could |= building->side->wants;
    return status == TLSAGEN_OK ? status : tlsagen_err_prepend(err, "backup-ca");
}

/* --- chains --- */

static enum tlsagen_status note_chain(struct building *building, const struct side_chain *chain,
                                      struct tlsagen_err *err)
{
    const struct item *leaf = &building->one->items[0];
    size_t certs = building->terms->whole ? chain->count : 1;
    enum tlsagen_status status =
        note(building, building->keys, item_bytes(building->one, leaf->spki), leaf->spki.len, err);
    for (size_t i = 0; i < certs && status == TLSAGEN_OK; i++)
        status = note(building, building->ids, chain->certs[i].der, chain->certs[i].len, err);
    return status;
}

/* True when an earlier chain has this one's leaf. */
static bool is_repeated(const struct side_chain *chains, size_t at)
{
    const struct tlsagen_probe_cert *leaf = &chains[at].certs[0];
    for (size_t i = 0; i < at; i++) {
        const struct tlsagen_probe_cert *other = &chains[i].certs[0];
        if (other->len == leaf->len && memcmp(other->der, leaf->der, leaf->len) == 0)
            return true;
    }
    return false;
}

static enum tlsagen_status add_to(struct building *building, struct tlsagen_material *material,
                                  const struct side_chain *chain, struct tlsagen_err *err)
{
    struct tlsagen_der ders[CHAIN_MAX];
    for (size_t i = 0; i < chain->count; i++)
        ders[i] = (struct tlsagen_der){chain->certs[i].der, chain->certs[i].len};
    return tlsagen_material_add_chain(building->ctx, material, ders, chain->count, building->label,
                                      err);
}

static enum tlsagen_status add_chain(struct building *building, const struct side_chain *chain,
                                     struct tlsagen_err *err)
{
    const struct side_terms *terms = building->terms;
    struct model_side *side = building->side;
    if (chain->count == 0 || chain->count > CHAIN_MAX || side->chains == MODEL_CHAINS)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "%s: chains of 1 to %d certificates, and up to %d of them, can be "
                               "dealt with",
                               building->label, CHAIN_MAX, MODEL_CHAINS);
    model_set *matches = &side->matches[side->chains++];
    tlsagen_material_reset(building->one);
    enum tlsagen_status status = add_to(building, building->material, chain, err);
    if (status == TLSAGEN_OK)
        status = add_to(building, building->one, chain, err);
    if (status == TLSAGEN_OK)
        status = note_chain(building, chain, err);
    if (status == TLSAGEN_OK && chain_is_ca(building->one, 0))
        building->own_ca = true;
    if (status == TLSAGEN_OK)
        status = add_matches(building, terms->fields, terms->field_count, matches, err);
    if (status == TLSAGEN_OK)
        status = add_matches(building, terms->play, terms->play_count, matches, err);
    return status;
}

/*
 * Pinned records are wanted by every side. In a combination that nothing else has they are
 * taken to match, as the operator answers for them; in others only what matches counts.
 */
static enum tlsagen_status add_pinned(struct building *building, struct tlsagen_err *err)
{
    const struct tlsagen_rrset *pinned = building->terms->pinned;
    struct model_side *side = building->side;
    model_set set = 0, beside = 0;
    if (pinned == NULL || pinned->count == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = table_intern_all(building->table, pinned, &set, err);
    for (size_t i = 0; i < building->terms->field_count; i++)
        beside |= table_with(building->table, building->terms->fields[i]);
    side->wants |= set;
    side->could |= set;
    for (size_t i = 0; i < side->chains; i++)
        side->matches[i] |= set & ~beside;
    return status;
}

static enum tlsagen_status begin(struct building *building, struct tlsagen_err *err)
{
    *building->side = (struct model_side){0};
    building->ids = calloc(2, sizeof(building->ids[0]));
    if (building->ids == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a chain");
    building->keys = &building->ids[1];
    ctx_configure(building->ctx);
    enum tlsagen_status status = tlsagen_material_new(&building->material, err);
    return status == TLSAGEN_OK ? tlsagen_material_new(&building->one, err) : status;
}

static enum tlsagen_status finish(struct building *building, enum tlsagen_status status)
{
    tlsagen_material_free(building->material);
    tlsagen_material_free(building->one);
    free(building->ids);
    if (status != TLSAGEN_OK)
        *building->side = (struct model_side){0};
    return status;
}

enum tlsagen_status side_of_chains(struct tlsagen_ctx *ctx, const struct side_terms *terms,
                                   const struct side_chain *chains, size_t count, const char *label,
                                   struct table *table, struct model_side *side,
                                   struct tlsagen_err *err)
{
    struct building building = {
        .ctx = ctx, .terms = terms, .label = label, .table = table, .side = side};
    enum tlsagen_status status = begin(&building, err);
    if (status == TLSAGEN_OK && count == 0)
        status = tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: no certificate", label);
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++) {
        if (chains[i].count == 0 || !is_repeated(chains, i))
            status = add_chain(&building, &chains[i], err);
    }
    if (status == TLSAGEN_OK)
        status = add_wanted(&building, err);
    if (status == TLSAGEN_OK)
        status = add_backups(&building, err);
    if (status == TLSAGEN_OK)
        status = add_pinned(&building, err);
    if (status == TLSAGEN_OK)
        status = sum(&building, building.ids, side->id, err);
    if (status == TLSAGEN_OK)
        status = sum(&building, building.keys, side->keys, err);
    side->known = true;
    side->certified = true;
    return finish(&building, status);
}

enum tlsagen_status side_of_source(struct tlsagen_ctx *ctx, const struct side_terms *terms,
                                   const struct source *source, struct table *table,
                                   struct model_side *side, struct tlsagen_err *err)
{
    struct side_chain chains[MODEL_CHAINS];
    for (size_t i = 0; i < source->count; i++)
        chains[i] = (struct side_chain){source->pairs[i].certs, source->pairs[i].count};
    return side_of_chains(ctx, terms, chains, source->count,
                          source->count > 0 ? source->pairs[0].label : "source", table, side, err);
}

/* --- keys without certificates --- */

static model_set anchors_of(const struct table *table)
{
    model_set anchors = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (is_anchor(table->records[i].fields))
            anchors |= UINT64_C(1) << i;
    }
    return anchors;
}

/* The records of one combination for all keys, or those that the issuer's side has. */
static enum tlsagen_status add_for_keys(struct building *building, struct tlsagen_fields fields,
                                        const struct model_side *issuer, model_set *set,
                                        struct tlsagen_err *err)
{
    if (!is_anchor(fields))
        return add_records(building, building->material, fields, TLSAGEN_ANCHOR_ISSUER, set, err);
    model_set with = table_with(building->table, fields);
    model_set taken = issuer != NULL ? (issuer->wants | issuer->could) & with : 0;
    if (taken == 0)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "next key: %u %u %u takes the certificate of the CA that will "
                               "issue, which is not known",
                               fields.usage, fields.selector, fields.matching);
    *set |= taken;
    return TLSAGEN_OK;
}

/* One key: what its chain will match, when the same CA issues it. */
static enum tlsagen_status add_key(struct building *building, const struct tlsagen_der *key,
                                   model_set anchors, struct tlsagen_err *err)
{
    const struct side_terms *terms = building->terms;
    struct model_side *side = building->side;
    if (side->chains == MODEL_CHAINS)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "more than %d next keys", MODEL_CHAINS);
    model_set *matches = &side->matches[side->chains++];
    *matches = anchors;
    tlsagen_material_reset(building->one);
    enum tlsagen_status status = tlsagen_material_add(building->ctx, building->one, key->bytes,
                                                      key->len, building->label, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_material_add(building->ctx, building->material, key->bytes, key->len,
                                      building->label, err);
    if (status == TLSAGEN_OK)
        status = note(building, building->keys, key->bytes, key->len, err);
    if (status == TLSAGEN_OK)
        status = add_matches(building, terms->fields, terms->field_count, matches, err);
    if (status == TLSAGEN_OK)
        status = add_matches(building, terms->play, terms->play_count, matches, err);
    return status;
}

static enum tlsagen_status add_for_all_keys(struct building *building,
                                            const struct model_side *issuer,
                                            struct tlsagen_err *err)
{
    const struct side_terms *terms = building->terms;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < terms->field_count && status == TLSAGEN_OK; i++)
        status = add_for_keys(building, terms->fields[i], issuer, &building->side->wants, err);
    building->side->could |= building->side->wants;
    for (size_t i = 0; i < terms->play_count && status == TLSAGEN_OK; i++) {
        status = add_for_keys(building, terms->play[i], issuer, &building->side->could, err);
        if (cannot_be_had(status))
            status = TLSAGEN_OK;
    }
    return status;
}

enum tlsagen_status side_of_keys(struct tlsagen_ctx *ctx, const struct side_terms *terms,
                                 const struct tlsagen_der *keys, size_t count,
                                 const struct model_side *issuer, struct table *table,
                                 struct model_side *side, struct tlsagen_err *err)
{
    struct building building = {
        .ctx = ctx, .terms = terms, .label = "next key", .table = table, .side = side};
    model_set anchors = 0;
    for (size_t i = 0; issuer != NULL && i < issuer->chains; i++)
        anchors |= issuer->matches[i] & anchors_of(table);
    enum tlsagen_status status = begin(&building, err);
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++)
        status = add_key(&building, &keys[i], anchors, err);
    if (status == TLSAGEN_OK && count == 0)
        status = tlsagen_err_set(err, TLSAGEN_E_KIND, "no next key");
    if (status == TLSAGEN_OK)
        status = add_for_all_keys(&building, issuer, err);
    if (status == TLSAGEN_OK)
        status = add_pinned(&building, err);
    if (status == TLSAGEN_OK)
        status = sum(&building, building.keys, side->keys, err);
    memcpy(side->id, side->keys, MODEL_ID);
    side->known = true;
    return finish(&building, status);
}
