#include "rdata.h"

#include <string.h>

void rdata_init(struct rdata *rdata)
{
    tlsagen_buf_init(&rdata->wire);
    tlsagen_buf_init(&rdata->canonical);
}

void rdata_clear(struct rdata *rdata)
{
    tlsagen_buf_clear(&rdata->wire);
    tlsagen_buf_clear(&rdata->canonical);
}

static int shown(size_t len)
{
    return len > 40 ? 40 : (int)len;
}

static bool is_word(const struct rdata_word *word, const char *text)
{
    return !word->quoted && word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

/* Decimal digits up to maximum, leading zeros allowed. */
static bool read_number(const struct rdata_word *word, uint32_t maximum, uint32_t *number)
{
    uint32_t value = 0;
    if (word->len == 0)
        return false;
    for (size_t i = 0; i < word->len; i++) {
        if (word->text[i] < '0' || word->text[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(word->text[i] - '0');
        if (value > maximum)
            return false;
    }
    *number = value;
    return true;
}

/* The hex digits of all words as bytes at the end of wire; words may part a byte's two digits. */
static enum tlsagen_status read_hex(const struct rdata_word *words, size_t count,
                                    struct tlsagen_buf *wire, struct tlsagen_err *err)
{
    struct tlsagen_buf digits;
    size_t len = 0;
    tlsagen_buf_init(&digits);
    for (size_t i = 0; i < count; i++)
        tlsagen_buf_add(&digits, words[i].text, words[i].len);
    enum tlsagen_status status = tlsagen_buf_check(&digits, err);
    if (status == TLSAGEN_OK && digits.len / 2 > RDATA_MAX)
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT, "rdata is longer than %d bytes", RDATA_MAX);
    if (status == TLSAGEN_OK && digits.len > 0) {
        if (!tlsagen_buf_reserve(wire, digits.len / 2 + 1)) {
            status = tlsagen_buf_check(wire, err);
        } else {
            uint8_t *end = (uint8_t *)wire->data + wire->len;
            status = tlsagen_hex_decode(digits.data, digits.len, end, digits.len / 2, &len, err);
            wire->len += len;
        }
    }
    tlsagen_buf_clear(&digits);
    return status;
}

/* `\# LENGTH HEX...`, RFC 3597 section 5. */
static enum tlsagen_status parse_generic(uint16_t type, const struct rdata_word *words,
                                         size_t count, struct rdata *rdata, struct tlsagen_err *err)
{
    uint32_t len = 0;
    if (count < 2 || !read_number(&words[1], RDATA_MAX, &len))
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "\\# is followed by the number of bytes, 0 to %d, and their "
                               "hexadecimal digits",
                               RDATA_MAX);
    enum tlsagen_status status = read_hex(words + 2, count - 2, &rdata->wire, err);
    if (status == TLSAGEN_OK && rdata->wire.len != len)
        status = tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                 "\\# says %u bytes and %zu bytes of hexadecimal digits follow",
                                 (unsigned)len, rdata->wire.len);
    return status == TLSAGEN_OK ? rdata_ldns_check(type, rdata, err) : status;
}

/* Usage, selector, matching type, hex: RFC 6698 section 2.2, RFC 8162 section 2. */
static enum tlsagen_status parse_tlsa(const struct rdata_word *words, size_t count,
                                      struct rdata *rdata, struct tlsagen_err *err)
{
    static const char *const names[] = {"usage", "selector", "matching type"};
    if (count < 4)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "%zu words where usage, selector, matching type and hexadecimal "
                               "digits are needed",
                               count);
    for (size_t i = 0; i < 3; i++) {
        uint32_t number = 0;
        if (!read_number(&words[i], UINT8_MAX, &number))
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                   "%s \"%.*s\" is not a number from 0 to 255", names[i],
                                   shown(words[i].len), words[i].text);
        tlsagen_buf_char(&rdata->wire, (char)(uint8_t)number);
    }
    enum tlsagen_status status = read_hex(words + 3, count - 3, &rdata->wire, err);
    if (status == TLSAGEN_OK && rdata->wire.len > RDATA_MAX)
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT, "rdata is longer than %d bytes", RDATA_MAX);
    return status == TLSAGEN_OK ? tlsagen_buf_check(&rdata->wire, err) : status;
}

/* NS, CNAME, DNAME and PTR: a name; MX: a preference before it (RFC 1035 section 3.3). */
static enum tlsagen_status parse_name(uint16_t type, const struct rdata_word *words, size_t count,
                                      const struct name *origin, struct rdata *rdata,
                                      struct tlsagen_err *err)
{
    size_t before = type == TYPE_MX ? 1 : 0;
    uint32_t preference = 0;
    struct name name, lower;
    if (count != before + 1)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%zu words where %s needed", count,
                               before == 1 ? "a preference and a name are" : "one name is");
    if (before == 1 && !read_number(&words[0], UINT16_MAX, &preference))
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "preference \"%.*s\" is not a number from 0 to 65535",
                               shown(words[0].len), words[0].text);
    enum tlsagen_status status =
        name_parse(words[before].text, words[before].len, origin, &name, err);
    if (status != TLSAGEN_OK)
        return status;
    name_lower(&name, &lower);
    if (before == 1) {
        const uint8_t bytes[2] = {(uint8_t)(preference >> 8), (uint8_t)preference};
        tlsagen_buf_add(&rdata->wire, bytes, sizeof(bytes));
        tlsagen_buf_add(&rdata->canonical, bytes, sizeof(bytes));
    }
    tlsagen_buf_add(&rdata->wire, name.wire, name.len);
    tlsagen_buf_add(&rdata->canonical, lower.wire, lower.len);
    status = tlsagen_buf_check(&rdata->wire, err);
    return status == TLSAGEN_OK ? tlsagen_buf_check(&rdata->canonical, err) : status;
}

static bool is_name_type(uint16_t type)
{
    return type == TYPE_NS || type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_PTR ||
           type == TYPE_MX;
}

enum tlsagen_status rdata_parse(uint16_t type, const struct rdata_word *words, size_t count,
                                const struct name *origin, struct rdata *rdata,
                                struct tlsagen_err *err)
{
    tlsagen_buf_reset(&rdata->wire);
    tlsagen_buf_reset(&rdata->canonical);
    if (count > 0 && is_word(&words[0], "\\#"))
        return parse_generic(type, words, count, rdata, err);
    if (type == TYPE_TLSA || type == TYPE_SMIMEA)
        return parse_tlsa(words, count, rdata, err);
    if (is_name_type(type))
        return parse_name(type, words, count, origin, rdata, err);
    return rdata_ldns_parse(type, words, count, origin, rdata, err);
}

enum tlsagen_status rdata_from_wire(uint16_t type, const uint8_t *bytes, size_t len,
                                    struct rdata *rdata, struct tlsagen_err *err)
{
    tlsagen_buf_reset(&rdata->wire);
    tlsagen_buf_reset(&rdata->canonical);
    tlsagen_buf_add(&rdata->wire, bytes, len);
    enum tlsagen_status status = tlsagen_buf_check(&rdata->wire, err);
    return status == TLSAGEN_OK ? rdata_ldns_check(type, rdata, err) : status;
}

static const struct tlsagen_buf *canonical_of(const struct rdata *rdata)
{
    return rdata->canonical.len > 0 ? &rdata->canonical : &rdata->wire;
}

bool rdata_equal(const struct rdata *a, const struct rdata *b)
{
    const struct tlsagen_buf *first = canonical_of(a), *second = canonical_of(b);
    return first->len == second->len &&
           (first->len == 0 || memcmp(first->data, second->data, first->len) == 0);
}

static void format_generic(struct tlsagen_buf *buf, const uint8_t *bytes, size_t len)
{
    tlsagen_buf_printf(buf, len > 0 ? "\\# %zu " : "\\# %zu", len);
    tlsagen_buf_hex(buf, bytes, len);
}

enum tlsagen_status rdata_format(struct tlsagen_buf *buf, uint16_t type, const struct rdata *rdata,
                                 struct tlsagen_err *err)
{
    const uint8_t *bytes = (const uint8_t *)rdata->wire.data;
    size_t len = rdata->wire.len;
    if ((type == TYPE_TLSA || type == TYPE_SMIMEA) && len > 3) {
        for (size_t i = 0; i < 3; i++) {
            tlsagen_buf_dec(buf, bytes[i]);
            tlsagen_buf_char(buf, ' ');
        }
        tlsagen_buf_hex(buf, bytes + 3, len - 3);
    } else if (!rdata_ldns_format(buf, type, rdata)) {
        format_generic(buf, bytes, len);
    }
    return tlsagen_buf_check(buf, err);
}
