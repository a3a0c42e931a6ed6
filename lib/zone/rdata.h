/*
 * rdata.h - the data of one record: words of a zone file to wire form, and back to text.
 *
 * Records are compared in wire form, never as text. TLSA and SMIMEA are read and written by this
 * module, and what is but a name is read by it, because a zone may be full of them; the other types
 * are left to ldns.
 */
#ifndef ZONE_RDATA_H
#define ZONE_RDATA_H

#include "name.h"

/* Bytes of the largest rdata (RFC 1035 section 3.2.1). */
#define RDATA_MAX 65535

/* One word as it stands in the file, without the quotes around a quoted one. */
struct rdata_word {
    const char *text; /* borrowed */
    size_t len;
    bool quoted;
};

/* Wire forms without compression. */
struct rdata {
    struct tlsagen_buf wire; /* as given, case of names kept */
    struct tlsagen_buf
        canonical; /* names in small letters (RFC 4034 section 6.2); empty: as wire */
};

void rdata_init(struct rdata *rdata);
void rdata_clear(struct rdata *rdata);

/*
 * Reads the words after the type. Every type may stand in the form of RFC 3597 section 5,
 * `\# LENGTH HEX...`; the hex digits of TLSA and SMIMEA may be split anywhere. Names in the rdata
 * are relative to origin (NULL or empty: must be absolute). *rdata holds the result, and nothing
 * useful after a failure.
 *
 * TLSAGEN_E_SYNTAX for words that are no rdata of the type, TLSAGEN_E_LIMIT for too much of it.
 */
enum tlsagen_status rdata_parse(uint16_t type, const struct rdata_word *words, size_t count,
                                const struct name *origin, struct rdata *rdata,
                                struct tlsagen_err *err);
/*
 * Rdata of a type as a message has it, its names not compressed. TLSAGEN_E_SYNTAX for bytes that
 * are none, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status rdata_from_wire(uint16_t type, const uint8_t *bytes, size_t len,
                                    struct rdata *rdata, struct tlsagen_err *err);
/* True when both are the same to a name server. */
bool rdata_equal(const struct rdata *a, const struct rdata *b);
/*
 * Appends the text of rdata on one line, names absolute; the form of RFC 3597 for types without
 * another.
 */
enum tlsagen_status rdata_format(struct tlsagen_buf *buf, uint16_t type, const struct rdata *rdata,
                                 struct tlsagen_err *err);

/* rdata_ldns.c: the types that ldns reads and writes. */

/* The same contracts as above, for words that are not in the form of RFC 3597. */
enum tlsagen_status rdata_ldns_parse(uint16_t type, const struct rdata_word *words, size_t count,
                                     const struct name *origin, struct rdata *rdata,
                                     struct tlsagen_err *err);
/*
 * Checks that rdata->wire is rdata of the type, when it is one that ldns knows, and fills
 * rdata->canonical from it.
 */
enum tlsagen_status rdata_ldns_check(uint16_t type, struct rdata *rdata, struct tlsagen_err *err);
/* Appends the text; false when ldns knows none for the type. */
bool rdata_ldns_format(struct tlsagen_buf *buf, uint16_t type, const struct rdata *rdata);

#endif
