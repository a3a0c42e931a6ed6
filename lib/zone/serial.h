/* serial.h - which serial follows which (RFC 1982), and where it stands. Pure. */
#ifndef ZONE_SERIAL_H
#define ZONE_SERIAL_H

#include <tlsagen/zone.h>

#include "walk.h"

/* True when a secondary that has `old` takes `next` for newer (RFC 1982 section 3.2). */
bool serial_is_newer(uint32_t next, uint32_t old);
/*
 * The serial after old, at the time now (seconds since 1970, UTC). AUTO keeps the style of old:
 * YYYYMMDDnn of a real date, a Unix time, else a counter. A date or time that is not newer than
 * old is left for old + 1, never 0; *left_style then tells that old had run away from it so far
 * that waiting will not help, or old is of another style.
 */
uint32_t serial_next(uint32_t old, enum tlsagen_serial_policy policy, int64_t now,
                     bool *left_style);
/* Decimal digits, leading zeros allowed, at most 4294967295 (RFC 1035 section 3.3.13). */
bool serial_parse(const char *text, size_t len, uint32_t *serial);

/* Bytes of an entry to replace, relative to its start. */
struct serial_edit {
    size_t at;
    size_t len;
    char text[32];
};
#define SERIAL_EDITS_MAX 8 /* hexadecimal digits may stand in as many words */

/*
 * The serial of an SOA record, and where it stands: in decimal, or in the hexadecimal digits of
 * the generic form (RFC 3597 section 5). TLSAGEN_E_SYNTAX, without the place, when it is none.
 */
enum tlsagen_status serial_find(const struct walk_record *record, uint32_t *serial, size_t *token,
                                struct tlsagen_err *err);
/*
 * The part of one of its tokens that is of the serial: its length, from *at on; 0 for none. For
 * records in which serial_find finds one.
 */
size_t serial_part(const struct walk_record *record, size_t token, size_t *at);
/*
 * The edits that put `serial` there. The column of what follows is kept where blanks allow it,
 * and leading zeros as many digits as there were. Returns their number.
 */
size_t serial_edits(const struct walk_record *record, uint32_t serial,
                    struct serial_edit edits[SERIAL_EDITS_MAX]);

#endif
