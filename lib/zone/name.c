#include "name.h"

#include <stdio.h>
#include <string.h>

/* What is built, with the place of the length byte of the label that grows. */
struct builder {
    struct name name;
    size_t label; /* index in name.wire */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* Shown in messages: enough of a name to find it, never all of a hostile one. */
static int shown(size_t len)
{
    return len > 80 ? 80 : (int)len;
}

static enum tlsagen_status too_long(const char *text, size_t len, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                           "name \"%.*s\" is longer than %d bytes (RFC 1035 section 2.3.4)",
                           shown(len), text, NAME_WIRE_MAX);
}

/* The byte that an escape at text[*at] stands for; *at is left on its last character. */
static bool read_escape(const char *text, size_t len, size_t *at, uint8_t *byte)
{
    size_t i = *at + 1;
    if (i >= len)
        return false;
    if (!is_digit(text[i])) {
        *byte = (uint8_t)text[i];
        *at = i;
        return true;
    }
    if (len - i < 3 || !is_digit(text[i + 1]) || !is_digit(text[i + 2]))
        return false;
    int value = (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
    if (value > 255)
        return false;
    *byte = (uint8_t)value;
    *at = i + 2;
    return true;
}

/* Ends the label that grows and begins the next; false when it is empty. */
static bool end_label(struct builder *b)
{
    size_t size = b->name.len - b->label - 1;
    if (size == 0)
        return false;
    b->name.wire[b->label] = (uint8_t)size;
    b->label = b->name.len;
    b->name.wire[b->name.len++] = 0;
    return true;
}

/* One byte more; room for the root label's byte is always kept. */
static enum tlsagen_status add_byte(struct builder *b, uint8_t byte, const char *text, size_t len,
                                    struct tlsagen_err *err)
{
    if (b->name.len - b->label - 1 >= NAME_LABEL_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "a label of \"%.*s\" is longer than %d bytes (RFC 1035 section "
                               "2.3.4)",
                               shown(len), text, NAME_LABEL_MAX);
    if (b->name.len >= NAME_WIRE_MAX - 1)
        return too_long(text, len, err);
    b->name.wire[b->name.len++] = byte;
    return TLSAGEN_OK;
}

static enum tlsagen_status add_origin(struct builder *b, const struct name *origin,
                                      const char *text, size_t len, struct tlsagen_err *err)
{
    if (origin == NULL || origin->len == 0)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "name \"%.*s\" is relative and no origin is known; end it with a "
                               "dot, or give $ORIGIN or --origin",
                               shown(len), text);
    /* The byte begun for the next label is where the origin goes. */
    if (b->label + origin->len > NAME_WIRE_MAX)
        return too_long(text, len, err);
    memcpy(b->name.wire + b->label, origin->wire, origin->len);
    b->name.len = (uint8_t)(b->label + origin->len);
    return TLSAGEN_OK;
}

/* The bytes from text on that mean themselves. */
static size_t plain_bytes(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && text[i] != '.' && text[i] != '\\')
        i++;
    return i;
}

/* All of them at once; false when they may be too many, which add_byte tells. */
static bool add_plain(struct builder *b, const char *text, size_t len)
{
    /* A label that ends where the name may end leaves no byte for another. */
    if (len > NAME_LABEL_MAX - (b->name.len - b->label - 1U) ||
        b->name.len + len > NAME_WIRE_MAX - 1U)
        return false;
    memcpy(b->name.wire + b->name.len, text, len);
    b->name.len = (uint8_t)(b->name.len + len);
    return true;
}

/* The labels of text; *absolute when a dot ends it. */
static enum tlsagen_status add_labels(struct builder *b, const char *text, size_t len,
                                      bool *absolute, struct tlsagen_err *err)
{
    *absolute = false;
    for (size_t i = 0; i < len; i++) {
        size_t plain = plain_bytes(text + i, len - i);
        if (plain > 0 && add_plain(b, text + i, plain)) {
            i += plain - 1;
            continue;
        }
        uint8_t byte = (uint8_t)text[i];
        if (byte == '.') {
            if (!end_label(b))
                return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "empty label in name \"%.*s\"",
                                       shown(len), text);
            *absolute = i + 1 == len;
            continue;
        }
        if (byte == '\\' && !read_escape(text, len, &i, &byte))
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                   "bad escape in name \"%.*s\"; \\DDD takes three digits up to "
                                   "255",
                                   shown(len), text);
        enum tlsagen_status status = add_byte(b, byte, text, len, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

/* The bytes behind its end stay as they are. */
static void copy_name(struct name *to, const struct name *from)
{
    to->len = from->len;
    memcpy(to->wire, from->wire, from->len);
}

enum tlsagen_status name_parse(const char *text, size_t len, const struct name *origin,
                               struct name *name, struct tlsagen_err *err)
{
    struct builder b;
    bool absolute = false;
    enum tlsagen_status status;
    b.label = 0;
    b.name.len = 1;
    b.name.wire[0] = 0;
    if (len == 0)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "empty name");
    if (len == 1 && text[0] == '.') {
        copy_name(name, &b.name);
        return TLSAGEN_OK;
    }
    if (len == 1 && text[0] == '@') {
        status = add_origin(&b, origin, text, len, err);
    } else {
        status = add_labels(&b, text, len, &absolute, err);
        if (status == TLSAGEN_OK && !absolute) {
            (void)end_label(&b); /* not empty: a dot that ends a label was the last character */
            status = add_origin(&b, origin, text, len, err);
        }
    }
    if (status == TLSAGEN_OK)
        copy_name(name, &b.name);
    return status;
}

/* One byte of a label; returns the number of characters, at most 4. */
static size_t format_byte(uint8_t byte, char out[4])
{
    if (byte <= 0x20 || byte >= 0x7f) {
        out[0] = '\\';
        out[1] = (char)('0' + byte / 100);
        out[2] = (char)('0' + byte / 10 % 10);
        out[3] = (char)('0' + byte % 10);
        return 4;
    }
    size_t at = 0;
    if (strchr(".\\\"();@$", byte) != NULL)
        out[at++] = '\\';
    out[at++] = (char)byte;
    return at;
}

const char *name_text(const struct name *name, char text[NAME_TEXT_SIZE])
{
    size_t at = 0;
    size_t i = 0;
    while (i < name->len && name->wire[i] != 0) {
        size_t end = i + 1 + name->wire[i];
        for (i++; i < end && i < name->len; i++)
            at += format_byte(name->wire[i], text + at);
        text[at++] = '.';
    }
    if (at == 0)
        text[at++] = '.';
    text[at] = '\0';
    return text;
}

bool name_is_absolute(const char *text, size_t len)
{
    size_t backslashes = 0;
    if (len == 0 || text[len - 1] != '.')
        return false;
    while (backslashes + 1 < len && text[len - 2 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 0;
}

void name_format(struct tlsagen_buf *buf, const struct name *name)
{
    char text[NAME_TEXT_SIZE];
    tlsagen_buf_str(buf, name_text(name, text));
}

#define EIGHTH UINT64_C(0x0101010101010101)

/* Eight bytes at once. */
static uint64_t lower_eight(uint64_t word)
{
    uint64_t low = word & (EIGHTH * 0x7f);
    uint64_t from_a = low + EIGHTH * (0x80 - 'A'), behind_z = low + EIGHTH * (0x7f - 'Z');
    return word | ((from_a & ~behind_z & ~word & (EIGHTH * 0x80)) >> 2);
}

void name_lower(const struct name *name, struct name *result)
{
    /* Length bytes are at most 63, below 'A'. */
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= name->len; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, name->wire + i, sizeof(word));
        word = lower_eight(word);
        memcpy(result->wire + i, &word, sizeof(word));
    }
    for (; i < name->len; i++)
        result->wire[i] = lower(name->wire[i]);
    result->len = name->len;
}

static bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (memcmp(a, b, len) == 0)
        return true;
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return a->len == b->len && bytes_equal(a->wire, b->wire, a->len);
}

bool name_is_within(const struct name *name, const struct name *apex)
{
    size_t i = 0;
    /* The end of a name may look like another name without being whole labels of it. */
    while (name->len - i > apex->len)
        i += 1 + (size_t)name->wire[i];
    return name->len - i == apex->len && bytes_equal(name->wire + i, apex->wire, apex->len);
}

bool name_parent(const struct name *name, struct name *parent)
{
    if (name->len <= 1)
        return false;
    size_t first = 1 + (size_t)name->wire[0];
    uint8_t rest = (uint8_t)(name->len - first);
    memmove(parent->wire, name->wire + first, rest);
    parent->len = rest;
    return true;
}

unsigned name_labels(const struct name *name)
{
    unsigned count = 0;
    for (size_t i = 0; i < name->len && name->wire[i] != 0; i += 1 + (size_t)name->wire[i])
        count++;
    return count;
}
