/*
 * name.h - domain names, types, classes and TTLs: zone-file text to values and back.
 *
 * Where parsers differ, BIND 9 is followed. All functions are pure; texts are given with their
 * length and need no final NUL.
 */
#ifndef ZONE_NAME_H
#define ZONE_NAME_H

#include <tlsagen/base.h>

/* Limits of RFC 1035 section 2.3.4, in bytes; the name's with length bytes and the root label. */
#define NAME_WIRE_MAX 255
#define NAME_LABEL_MAX 63
/* Bytes of the longest text: all of the name's bytes as \DDD, dots, NUL. */
#define NAME_TEXT_SIZE 1024
/* Bytes of the longest type, "TYPE65535" or a name of the table, with NUL. */
#define TYPE_TEXT_SIZE 12

/*
 * An absolute name in wire form without compression: length byte and bytes of each label, the root
 * label last. Case is kept; len 0 stands for "no name".
 */
struct name {
    uint8_t len;
    uint8_t wire[NAME_WIRE_MAX];
};

/*
 * A name from text (RFC 1035 section 5.1): "\DDD" is the byte of that decimal value, "\X" the byte
 * X, "@" alone the origin, and a text without a final dot gets the origin appended. The quotes
 * around a quoted text are not part of it.
 *
 * TLSAGEN_E_SYNTAX for an empty text, an empty label, a bad escape, or a relative text when origin
 * is NULL or empty; TLSAGEN_E_LIMIT for an overlong label or name. origin may be *name itself.
 */
enum tlsagen_status name_parse(const char *text, size_t len, const struct name *origin,
                               struct name *name, struct tlsagen_err *err);
/* True when a text ends with a dot that no backslash takes its meaning from. */
bool name_is_absolute(const char *text, size_t len);
/*
 * Appends the absolute text with a final dot. Printable bytes stand for themselves, with a
 * backslash where the zone file needs one; others as \DDD.
 */
void name_format(struct tlsagen_buf *buf, const struct name *name);
/* The same in text, NUL-terminated; returns text. */
const char *name_text(const struct name *name, char text[NAME_TEXT_SIZE]);
/* The same name with A to Z made small (RFC 4343); for comparing many times. */
void name_lower(const struct name *name, struct name *lower);
/* Equal, case of A to Z aside. */
bool name_equal(const struct name *a, const struct name *b);
/* True when name is apex or below it. */
bool name_is_within(const struct name *name, const struct name *apex);
/* The name without its first label; false for the root, which has no parent. */
bool name_parent(const struct name *name, struct name *parent);
/* Labels without the root's: 2 for "example.org." */
unsigned name_labels(const struct name *name);

/* Types that the zone room itself asks about; the numbers of IANA's registry. */
enum type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_DNAME = 39,
    TYPE_OPT = 41,
    TYPE_DS = 43,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_DNSKEY = 48,
    TYPE_NSEC3 = 50,
    TYPE_NSEC3PARAM = 51,
    TYPE_TLSA = 52,
    TYPE_SMIMEA = 53,
    TYPE_CDS = 59,
    TYPE_CDNSKEY = 60,
    TYPE_ZONEMD = 63,
    TYPE_TKEY = 249,
    TYPE_ANY = 255,
};

/* A mnemonic in any case, or "TYPE123" (RFC 3597 section 5); false for another text. */
bool type_parse(const char *text, size_t len, uint16_t *type);
/* The mnemonic, or TYPEnnn for a type without one; returns text. */
const char *type_text(uint16_t type, char text[TYPE_TEXT_SIZE]);
/* True for the types that stand for questions or live in no zone: OPT, and 128 to 255. */
bool type_is_meta(uint16_t type);

#define CLASS_IN 1

/* IN, CH, CHAOS, HS, HESIOD in any case, or CLASS123; false for another text. */
bool class_parse(const char *text, size_t len, uint16_t *class);

/*
 * A TTL as BIND reads it: digits, or digits with a unit w d h m s of any case, repeated in any
 * order ("1h30m"). false for another text or a value above 4294967295; values above 2147483647
 * (RFC 2181 section 8) are for the caller to judge.
 */
bool ttl_parse(const char *text, size_t len, uint32_t *seconds);

#endif
