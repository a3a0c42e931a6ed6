/*
 * side.h - from certificates and keys to a struct model_side: the records they want and match.
 *
 * id is the SHA-256 over the sorted SHA-256 fingerprints of the leaves (of all certificates of the
 * chains, with terms.whole), keys the same over the digests of the leaves' SubjectPublicKeyInfos.
 */
#ifndef ROLLOVER_SIDE_H
#define ROLLOVER_SIDE_H

#include <tlsagen/material.h>
#include <tlsagen/probe.h>

#include "model.h"
#include "source.h"
#include "table.h"

/* What the configuration says about the records. Borrowed. */
struct side_terms {
    const struct tlsagen_fields *fields; /* the combinations that are published */
    size_t field_count;
    const struct tlsagen_fields *play; /* all in play, those of the records there now included */
    size_t play_count;
    enum tlsagen_anchor anchor; /* as struct tlsagen_request has these two */
    unsigned anchor_offset;
    const char *const *backups; /* files with CA certificates, each pinned beside the issuer's */
    size_t backup_count;
    const struct tlsagen_rrset *pinned; /* records of both sides, whatever they match; NULL: none */
    bool whole; /* another certificate of a CA makes another side: for chains from files alone */
};

struct side_chain {
    const struct tlsagen_probe_cert *certs; /* leaf first */
    size_t count;
};

/*
 * The side of chains, at most MODEL_CHAINS, as they stand in files or were shown by servers; those
 * with the same leaf count once. Records come into the table. label names them in messages. Dates
 * and names are not looked at (source_check does). TLSAGEN_E_KIND when a published combination
 * cannot be had from them (an anchor that is not in the chain), TLSAGEN_E_MISMATCH,
 * TLSAGEN_E_SYNTAX, TLSAGEN_E_LIMIT, TLSAGEN_E_MEMORY; a combination that is only in play is left
 * out where it cannot be had.
 */
enum tlsagen_status side_of_chains(struct tlsagen_ctx *ctx, const struct side_terms *terms,
                                   const struct side_chain *chains, size_t count, const char *label,
                                   struct table *table, struct model_side *side,
                                   struct tlsagen_err *err);
/* The side of all pairs of a source. */
enum tlsagen_status side_of_source(struct tlsagen_ctx *ctx, const struct side_terms *terms,
                                   const struct source *source, struct table *table,
                                   struct model_side *side, struct tlsagen_err *err);
/*
 * The side of keys that have no certificate yet: each a SubjectPublicKeyInfo in DER, for example of
 * nextkey_read. Its id is its keys', and it is not certified. The same CA is expected to issue: of
 * issuer, a side of chains or NULL, the records of usages 0 and 2 are taken over, and all its
 * anchors are matched. TLSAGEN_E_KIND when a published combination needs a certificate (3 0 x, 1 x
 * x, or an anchor that issuer does not have), TLSAGEN_E_LIMIT, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status side_of_keys(struct tlsagen_ctx *ctx, const struct side_terms *terms,
                                 const struct tlsagen_der *keys, size_t count,
                                 const struct model_side *issuer, struct table *table,
                                 struct model_side *side, struct tlsagen_err *err);

#endif
