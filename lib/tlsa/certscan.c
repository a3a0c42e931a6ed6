#include "certscan.h"

#include <string.h>

#define CERT_MAX 65536 /* larger ones are not ordinary */

/* libcrypto canonicalises names: only text for which that cannot fail is recognised here. */
static bool scan_name_text(const struct der *text)
{
    if (der_left(text) == 0)
        return false;
    for (const uint8_t *p = text->p; p < text->end; p++) {
        if (*p < 0x20 || *p > 0x7e)
            return false;
    }
    return true;
}

static bool scan_attribute(struct der *set)
{
    struct der attribute, oid, text;
    if (!der_take(set, DER_SEQUENCE, &attribute) || !der_take_oid(&attribute, &oid))
        return false;
    int tag = der_peek(&attribute);
    if (tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING && tag != DER_IA5_STRING)
        return false;
    return der_take(&attribute, tag, &text) && der_left(&attribute) == 0 && scan_name_text(&text);
}

static bool scan_name(struct der *in, struct der *whole)
{
    struct der rdns, set;
    if (!der_take_whole(in, DER_SEQUENCE, &rdns, whole))
        return false;
    while (der_left(&rdns) > 0) {
        if (!der_take(&rdns, DER_SET, &set) || der_left(&set) == 0)
            return false;
        while (der_left(&set) > 0) {
            if (!scan_attribute(&set))
                return false;
        }
    }
    return true;
}

/* Parameters absent, NULL, a curve's OID or a SEQUENCE, which libcrypto keeps undecoded. */
static bool scan_algorithm(struct der *in, struct der *oid)
{
    struct der algorithm, parameters;
    if (!der_take(in, DER_SEQUENCE, &algorithm) || !der_take_oid(&algorithm, oid))
        return false;
    switch (der_peek(&algorithm)) {
    case -1:
        return true;
    case DER_NULL:
        if (!der_take(&algorithm, DER_NULL, &parameters) || der_left(&parameters) != 0)
            return false;
        break;
    case DER_OID:
        if (!der_take_oid(&algorithm, &parameters))
            return false;
        break;
    case DER_SEQUENCE:
        if (!der_take(&algorithm, DER_SEQUENCE, &parameters))
            return false;
        break;
    default:
        return false;
    }
    return der_left(&algorithm) == 0;
}

/* A whole number of octets: unused bits would be masked when encoded again. */
static bool take_bits(struct der *in, struct der *octets)
{
    struct der bits;
    if (!der_take(in, DER_BIT_STRING, &bits) || der_left(&bits) < 2 || *bits.p != 0)
        return false;
    octets->p = bits.p + 1;
    octets->end = bits.end;
    return true;
}

static bool scan_spki(struct der *in, struct der *whole)
{
    struct der spki, oid, key;
    return der_take_whole(in, DER_SEQUENCE, &spki, whole) && scan_algorithm(&spki, &oid) &&
           take_bits(&spki, &key) && der_left(&spki) == 0;
}

static int digits(const uint8_t *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, as RFC 5280 section 4.1.2.5 requires. */
static bool take_time(struct der *in, int64_t *seconds)
{
    struct der text;
    int tag = der_peek(in);
    size_t year_len = tag == DER_UTC_TIME ? 2 : 4;
    if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || !der_take(in, tag, &text))
        return false;
    if (der_left(&text) != year_len + 11 || text.end[-1] != 'Z')
        return false;
    for (const uint8_t *p = text.p; p < text.end - 1; p++) {
        if (*p < '0' || *p > '9')
            return false;
    }
    int year = digits(text.p);
    if (year_len == 4)
        year = year * 100 + digits(text.p + 2);
    else
        year += year < 50 ? 2000 : 1900;
    const uint8_t *p = text.p + year_len;
    int month = digits(p), day = digits(p + 2);
    int hour = digits(p + 4), minute = digits(p + 6), second = digits(p + 8);
    if (year < 1900 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    *seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

static bool scan_validity(struct der *in, struct cert_view *view)
{
    struct der validity;
    return der_take(in, DER_SEQUENCE, &validity) && take_time(&validity, &view->not_before) &&
           take_time(&validity, &view->not_after) && der_left(&validity) == 0;
}

/* One Extension; critical is optional. Looks at its OID only where it was not looked at before. */
static bool take_extension(struct der *in, bool strict, struct der *oid, struct der *value)
{
    struct der extension, critical;
    if (!der_take(in, DER_SEQUENCE, &extension) ||
        !(strict ? der_take_oid(&extension, oid) : der_take(&extension, DER_OID, oid)))
        return false;
    if (der_peek(&extension) == DER_BOOLEAN &&
        (!der_take(&extension, DER_BOOLEAN, &critical) || der_left(&critical) != 1))
        return false;
    return der_take(&extension, DER_OCTET_STRING, value) && der_left(&extension) == 0;
}

static bool scan_extensions(struct der *in, struct cert_view *view)
{
    struct der tagged, list, oid, value;
    view->extensions = (struct der){0};
    if (der_left(in) == 0)
        return true;
    if (!der_take(in, DER_CONTEXT(3), &tagged) || !der_take(&tagged, DER_SEQUENCE, &list) ||
        der_left(&tagged) != 0 || der_left(&list) == 0)
        return false;
    view->extensions = list;
    while (der_left(&list) > 0) {
        if (!take_extension(&list, true, &oid, &value))
            return false;
    }
    return true;
}

static bool scan_version(struct der *in)
{
    struct der tagged, version;
    if (der_peek(in) != DER_CONTEXT(0))
        return true; /* version 1 */
    return der_take(in, DER_CONTEXT(0), &tagged) && der_take_integer(&tagged, &version) &&
           der_left(&tagged) == 0 && der_left(&version) == 1 && *version.p <= 2;
}

static bool scan_tbs(struct der *tbs, struct cert_view *view)
{
    struct der serial, oid;
    return scan_version(tbs) && der_take_integer(tbs, &serial) && scan_algorithm(tbs, &oid) &&
           scan_name(tbs, &view->issuer) && scan_validity(tbs, view) &&
           scan_name(tbs, &view->subject) && scan_spki(tbs, &view->spki) &&
           scan_extensions(tbs, view) && der_left(tbs) == 0;
}

bool cert_scan(const uint8_t *bytes, size_t len, struct cert_view *view)
{
    struct der in = {bytes, bytes + len};
    struct der certificate, tbs, oid, signature;
    return len <= CERT_MAX && der_take(&in, DER_SEQUENCE, &certificate) && der_left(&in) == 0 &&
           der_take(&certificate, DER_SEQUENCE, &tbs) && scan_tbs(&tbs, view) &&
           scan_algorithm(&certificate, &oid) && take_bits(&certificate, &signature) &&
           der_left(&certificate) == 0;
}

bool cert_extension(const struct cert_view *view, const void *oid, size_t oid_len,
                    struct der *value)
{
    struct der list = view->extensions;
    bool found = false;
    while (der_left(&list) > 0) {
        struct der name, content;
        if (!take_extension(&list, false, &name, &content))
            return false;
        if (!der_is(&name, oid, oid_len))
            continue;
        if (found)
            return false;
        found = true;
        *value = content;
    }
    return found;
}

bool cert_dns_names_begin(const struct cert_view *view, struct der *names)
{
    static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11};
    struct der value = {0};
    return cert_extension(view, subject_alt_name, sizeof(subject_alt_name), &value) &&
           der_take(&value, DER_SEQUENCE, names) && der_left(&value) == 0;
}

bool cert_dns_names_next(struct der *names, struct der *name)
{
    while (der_left(names) > 0) {
        int tag = der_peek(names);
        if (!der_take(names, tag, name))
            return false;
        if (tag == DER_DNS_NAME)
            return true;
    }
    return false;
}

size_t spki_rsa_bits(const struct der *spki)
{
    static const uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    struct der in = *spki;
    struct der content, oid, key, numbers, modulus;
    if (!der_take(&in, DER_SEQUENCE, &content) || !scan_algorithm(&content, &oid) ||
        !der_is(&oid, rsa, sizeof(rsa)) || !take_bits(&content, &key) ||
        !der_take(&key, DER_SEQUENCE, &numbers) || !der_take(&numbers, DER_INTEGER, &modulus))
        return 0;
    while (modulus.p < modulus.end && *modulus.p == 0)
        modulus.p++;
    if (der_left(&modulus) == 0)
        return 0;
    size_t bits = der_left(&modulus) * 8;
    for (unsigned top = *modulus.p; (top & 0x80U) == 0; top <<= 1)
        bits--;
    return bits;
}
