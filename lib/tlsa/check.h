/* check.h - what is said about a certificate beside its record. */
#ifndef TLSA_CHECK_H
#define TLSA_CHECK_H

#include "items.h"

/* True when the certificate covers the request's host (RFC 6125), or none is asked for. */
bool check_covers(struct tlsagen_material *material, struct item *item, const char *host);
/*
 * Names and dates of a leaf for usages 0 to 2, where they count (RFC 7671 section 5.1 exempts only
 * usage 3): TLSAGEN_E_MISMATCH.
 */
enum tlsagen_status check_strictly(struct tlsagen_material *material, struct item *leaf,
                                   const struct tlsagen_request *request, struct tlsagen_err *err);
/* Dates alone, for an anchor. */
enum tlsagen_status check_dates(const struct tlsagen_material *material, const struct item *item,
                                int64_t now, struct tlsagen_err *err);

/* Warnings: all do nothing without request->warn. */
void warn_leaf(struct tlsagen_material *material, struct item *leaf,
               const struct tlsagen_request *request, bool strict);
void warn_key(const struct tlsagen_material *material, const struct item *item,
              const struct tlsagen_request *request);
void warn_anchor(struct tlsagen_material *material, struct item *anchor,
                 const struct tlsagen_request *request);
void warn_selector(const struct tlsagen_material *material, const struct item *item,
                   const struct tlsagen_request *request);
void warn_fields(struct tlsagen_fields fields, const struct tlsagen_request *request);
void warn_data(const uint8_t *data, size_t len, const struct tlsagen_request *request);

#endif
