#include "pem.h"

#include <string.h>

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

/* Values of the base64 alphabet (RFC 4648 section 4), each with VALID; 0 for other bytes. */
#define VALID 0x80U
static const uint8_t values[256] = {
    ['A'] = 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138,         139,         140,
    141,         142, 143, 144, 145, 146, 147, 148, 149, 150, 151,         152,         153,
    ['a'] = 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164,         165,         166,
    167,         168, 169, 170, 171, 172, 173, 174, 175, 176, 177,         178,         179,
    ['0'] = 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, ['+'] = 190, ['/'] = 191,
};

/*
 * Four characters to three bytes, of which four are written so that compilers make one store of
 * it. *valid loses VALID where a character is not of the alphabet, which is looked at once a line.
 */
static inline void decode_four(const char *in, uint8_t out[4], unsigned *valid)
{
    uint32_t a = values[(unsigned char)in[0]], b = values[(unsigned char)in[1]];
    uint32_t c = values[(unsigned char)in[2]], d = values[(unsigned char)in[3]];
    *valid &= a & b & c & d;
    /* Each value brought VALID along. */
    const uint32_t marks = (VALID << 26) + (VALID << 20) + (VALID << 14) + (VALID << 8);
    uint32_t bits = (a << 26) + (b << 20) + (c << 14) + (d << 8) - marks;
    out[0] = (uint8_t)(bits >> 24);
    out[1] = (uint8_t)(bits >> 16);
    out[2] = (uint8_t)(bits >> 8);
    out[3] = (uint8_t)bits;
}

/* The last four of a line, and nothing behind the bytes they give: their number, or -1. */
static int decode_end(const char *in, uint8_t *out)
{
    int padding = in[3] != '=' ? 0 : in[2] != '=' ? 1 : 2;
    const char whole[4] = {in[0], in[1], padding == 2 ? 'A' : in[2], padding > 0 ? 'A' : in[3]};
    uint8_t bytes[4];
    unsigned valid = VALID;
    decode_four(whole, bytes, &valid);
    memcpy(out, bytes, (size_t)(3 - padding));
    return (valid & VALID) != 0 ? 3 - padding : -1;
}

/* One line of base64: its bytes, or -1. `=` is possible in the last line only. */
static int decode_line(const char *line, size_t len, bool last, uint8_t *out)
{
    if (len == 0 || len > LINE || len % 4 != 0 || (!last && line[len - 1] == '='))
        return -1;
    const char *end = line + len - 4;
    unsigned valid = VALID;
    int got = 0;
    for (; line < end; line += 4, got += 3)
        decode_four(line, out + got, &valid);
    int more = decode_end(line, out + got);
    return more < 0 || (valid & VALID) == 0 ? -1 : got + more;
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
