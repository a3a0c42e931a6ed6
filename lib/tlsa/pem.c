#include "pem.h"

#include <string.h>

#include <openssl/evp.h>

#define LINE 64
/* PEM_read_bio reads lines in pieces of 254 bytes, so that a longer one may mean something else. */
#define TEXT_LINE_MAX 250

static const char begin_any[] = "-----BEGIN ";
static const char begin_cert[] = "-----BEGIN CERTIFICATE-----";
static const char end_cert[] = "-----END CERTIFICATE-----";

static bool starts_with(const char *p, const char *end, const char *word, size_t len)
{
    return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
}

/* The end of the line at p (its LF, or the end of the text). */
static const char *line_end(const char *p, const char *end)
{
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    return lf == NULL ? end : lf;
}

/* Goes to the text after the next BEGIN line. */
static enum pem_result find_begin(struct pem_reader *reader)
{
    while (reader->p < reader->end) {
        const char *line = reader->p;
        const char *lf = line_end(line, reader->end);
        reader->p = lf == reader->end ? lf : lf + 1;
        if (lf - line > TEXT_LINE_MAX || memchr(line, '\0', (size_t)(lf - line)) != NULL)
            return PEM_ODD;
        if (!starts_with(line, lf, "-----", 5))
            continue;
        bool exact = (size_t)(lf - line) == sizeof(begin_cert) - 1 &&
                     memcmp(line, begin_cert, sizeof(begin_cert) - 1) == 0;
        return exact ? PEM_BLOCK : PEM_ODD;
    }
    return PEM_END;
}

/* One line of base64: its bytes, or -1. `=` is possible in the last line only. */
static int decode_line(const char *line, size_t len, bool last, uint8_t *out)
{
    if (len == 0 || len > LINE || len % 4 != 0)
        return -1;
    size_t padding = 0;
    if (last) {
        padding = (size_t)(line[len - 1] == '=') + (size_t)(line[len - 2] == '=');
        if (padding == 2 && line[len - 1] != '=')
            return -1;
    }
    if (memchr(line, '=', len - padding) != NULL)
        return -1;
    /* It skips blanks at the ends, which shows as fewer bytes than the line must give. */
    int got = EVP_DecodeBlock(out, (const unsigned char *)line, (int)len);
    if (got != (int)(len / 4 * 3))
        return -1;
    return got - (int)padding;
}

enum pem_result pem_next(struct pem_reader *reader, uint8_t *der, size_t *der_len)
{
    enum pem_result result = find_begin(reader);
    if (result != PEM_BLOCK)
        return result;
    size_t len = 0;
    bool last = false;
    while (reader->p < reader->end) {
        const char *line = reader->p;
        const char *lf = line_end(line, reader->end);
        reader->p = lf == reader->end ? lf : lf + 1;
        size_t line_len = (size_t)(lf - line);
        if (starts_with(line, lf, "-----", 5)) {
            bool exact = line_len == sizeof(end_cert) - 1 &&
                         memcmp(line, end_cert, sizeof(end_cert) - 1) == 0;
            *der_len = len;
            return exact && len > 0 ? PEM_BLOCK : PEM_ODD;
        }
        if (last)
            return PEM_ODD;
        /* Padding ends a block, and so does a line shorter than the others. */
        last = line_len < LINE || starts_with(reader->p, reader->end, "-----", 5);
        int got = decode_line(line, line_len, last, der + len);
        if (got < 0)
            return PEM_ODD;
        len += (size_t)got;
    }
    return PEM_ODD;
}

bool pem_looks_like(const char *text, size_t len)
{
    const char *end = text + len;
    for (const char *p = text; p < end;) {
        if (starts_with(p, end, begin_any, sizeof(begin_any) - 1))
            return true;
        const char *lf = line_end(p, end);
        p = lf == end ? end : lf + 1;
    }
    return false;
}
