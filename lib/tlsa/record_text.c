/* record_text.c - the rdata of a TLSA record, read from its text. */
#include "record_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool read_number(const char **p, const char *end, uint8_t *number)
{
    unsigned value = 0;
    const char *begin = *p;
    while (*p < end && **p >= '0' && **p <= '9' && value <= UINT8_MAX)
        value = value * 10 + (unsigned)(*(*p)++ - '0');
    if (*p == begin || value > UINT8_MAX || *p == end || !is_blank(**p))
        return false;
    while (*p < end && is_blank(**p))
        (*p)++;
    *number = (uint8_t)value;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool record_read(const char *text, size_t len, struct tlsagen_record *record, uint8_t *data)
{
    const char *p = text, *end = text + len;
    size_t digits = 0;
    if (!read_number(&p, end, &record->fields.usage) ||
        !read_number(&p, end, &record->fields.selector) ||
        !read_number(&p, end, &record->fields.matching))
        return false;
    for (; p < end; p++) {
        const int digit = digit_of(*p);
        if (digit < 0 && !is_blank(*p))
            return false;
        if (digit < 0)
            continue;
        if (digits % 2 == 0)
            data[digits / 2] = (uint8_t)(digit << 4);
        else
            data[digits / 2] = (uint8_t)(data[digits / 2] | digit);
        digits++;
    }
    record->data = data;
    record->len = digits / 2;
    return digits > 0 && digits % 2 == 0;
}

/* What is wrong with it, behind the three numbers if they are there. */
static enum tlsagen_status not_read(const char *text, struct tlsagen_err *err)
{
    const char *p = text, *end = text + strlen(text);
    char why[64] = "";
    size_t digits = 0;
    uint8_t number;
    if (read_number(&p, end, &number) && read_number(&p, end, &number) &&
        read_number(&p, end, &number)) {
        while (p < end && (is_blank(*p) || digit_of(*p) >= 0))
            digits += is_blank(*p++) ? 0 : 1;
        if (p < end && (*p < 0x21 || *p > 0x7e))
            (void)snprintf(why, sizeof(why), ": it has a byte that is no hex digit");
        else if (p < end)
            (void)snprintf(why, sizeof(why), ": '%c' is no hex digit", *p);
        else if (digits % 2 == 1)
            (void)snprintf(why, sizeof(why), ": it has an odd number of hex digits, %zu", digits);
    }
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "\"%.64s%s\" is no TLSA record%s; give usage, selector, matching type "
                           "and data in hex, as in \"3 1 1 0d6f...\"",
                           text, strlen(text) > 64 ? "..." : "", why);
}

enum tlsagen_status tlsagen_rrset_add_text(struct tlsagen_rrset *set, const char *text,
                                           struct tlsagen_err *err)
{
    const size_t len = strlen(text);
    struct tlsagen_record record;
    uint8_t *data = malloc(len / 2 + 1);
    if (data == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status =
        record_read(text, len, &record, data)
            ? tlsagen_rrset_add(set, record.fields, record.data, record.len, err)
            : not_read(text, err);
    free(data);
    return status;
}
