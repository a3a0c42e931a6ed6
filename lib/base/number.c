#include <tlsagen/base.h>

#include <string.h>

#define TTL_MAX 2147483647U /* RFC 2181 section 8 */

enum tlsagen_status tlsagen_number_parse(const char *text, const char *what, uint64_t minimum,
                                         uint64_t maximum, uint64_t *number,
                                         struct tlsagen_err *err)
{
    uint64_t value = 0;
    const char *p = text;
    bool too_large = false;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (value > (UINT64_MAX - digit) / 10)
            too_large = true;
        else
            value = value * 10 + digit;
    }
    if (p == text || *p != '\0')
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "%s \"%.64s\" is not a number; give one from %llu to %llu", what,
                               text, (unsigned long long)minimum, (unsigned long long)maximum);
    if (too_large || value < minimum || value > maximum)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "%s %.64s is out of range; give one from %llu to %llu", what, text,
                               (unsigned long long)minimum, (unsigned long long)maximum);
    *number = value;
    return TLSAGEN_OK;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

enum tlsagen_status tlsagen_duration_parse(const char *text, const char *what, uint32_t *seconds,
                                           struct tlsagen_err *err)
{
    static const char units[] = "wdhms";
    static const uint32_t lengths[] = {604800, 86400, 3600, 60, 1};
    uint64_t total = 0;
    size_t next = 0; /* units may only get smaller */
    const char *p = text;
    do {
        uint64_t value = 0;
        const char *start = p;
        for (; *p >= '0' && *p <= '9' && value <= TTL_MAX; p++)
            value = value * 10 + (uint64_t)(*p - '0');
        if (p == start)
            goto malformed;
        if (*p == '\0' && start == text) {
            total = value;
            break;
        }
        const char *unit = *p == '\0' ? NULL : strchr(units + next, lower(*p));
        if (unit == NULL && value <= TTL_MAX)
            goto malformed;
        if (unit != NULL) {
            next = (size_t)(unit - units);
            total += value * lengths[next++];
            p++;
        }
        if (value > TTL_MAX || total > TTL_MAX)
            break;
    } while (*p != '\0');
    if (total > TTL_MAX || *p != '\0')
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "%s %.64s is too long; at most %u seconds are possible", what, text,
                               TTL_MAX);
    *seconds = (uint32_t)total;
    return TLSAGEN_OK;

malformed:
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                           "%s \"%.64s\" is not a time; give seconds, or units as in 1h30m", what,
                           text);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum tlsagen_status tlsagen_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t size,
                                       size_t *len, struct tlsagen_err *err)
{
    if (text_len / 2 > size)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "%zu hexadecimal digits are more than the %zu that fit", text_len,
                               2 * size);
    size_t at = 0;
    for (size_t i = 0; i < text_len; i += 2) {
        int high = hex_value(text[i]);
        if (high >= 0 && i + 1 == text_len)
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                   "odd number (%zu) of hexadecimal digits; each byte takes two",
                                   text_len);
        int low = high < 0 ? -1 : hex_value(text[i + 1]);
        if (low < 0)
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                   "character %zu, \"%c\", is not a hexadecimal digit",
                                   high < 0 ? i + 1 : i + 2, high < 0 ? text[i] : text[i + 1]);
        out[at++] = (uint8_t)(high << 4 | low);
    }
    *len = at;
    return TLSAGEN_OK;
}
