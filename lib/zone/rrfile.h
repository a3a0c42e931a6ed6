/*
 * rrfile.h - records given to an edit, in zone-file text.
 */
#ifndef ZONE_RRFILE_H
#define ZONE_RRFILE_H

#include "wants.h"

/*
 * Adds the records in bytes to wants, as RRsets. The text is that of a zone file without $INCLUDE
 * and $GENERATE and needs no SOA; names are relative to origin until $ORIGIN says otherwise. A
 * record without a TTL leaves its RRset without one. source names the bytes in messages.
 *
 * TLSAGEN_E_SYNTAX, _LIMIT with `source:line:column`; TLSAGEN_E_KIND when there is no record,
 * for a type that edits do not write (SOA, signatures, questions) or two TTLs in
 * one RRset; TLSAGEN_E_MISMATCH for an owner that does not lie within apex.
 */
enum tlsagen_status rrfile_read(const char *bytes, size_t len, const char *source,
                                const struct name *apex, struct wants *wants,
                                struct tlsagen_err *err);
/*
 * Adds what a removal names: the records of owner (relative to apex), those of one type unless that
 * is NULL, the one with this rdata unless that is NULL. Errors as above; TLSAGEN_E_ARGUMENT for a
 * type that is none.
 */
enum tlsagen_status rrfile_read_removal(const char *owner, const char *type, const char *rdata,
                                        const struct name *apex, struct wants *wants,
                                        struct tlsagen_err *err);
/* TLSAGEN_E_KIND, with a reason, for a type that edits neither write nor remove. */
enum tlsagen_status rrfile_check_type(uint16_t type, struct tlsagen_err *err);

#endif
