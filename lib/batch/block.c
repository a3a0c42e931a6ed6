#include "block.h"

#include <stdint.h>
#include <string.h>

#define PART 128U /* at most 255, what a byte can count */

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";

static bool at_mark(const char *p, const char *end, const char *mark, size_t len)
{
    return (size_t)(end - p) >= len && memcmp(p, mark, len) == 0;
}

/* The next line from p on that starts with a hyphen, p standing at the start of a line. */
static const char *hyphen_line(const char *p, const char *end)
{
    const char *start = p;
    /* Base64 has no hyphens, so this leaps over whole blocks. */
    while ((p = memchr(p, '-', (size_t)(end - p))) != NULL) {
        if (p == start || p[-1] == '\n')
            return p;
        p++;
    }
    return NULL;
}

static const char *next_line(const char *p, const char *end)
{
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    return lf == NULL ? end : lf + 1;
}

bool block_next(struct block_reader *reader, struct block *block)
{
    const char *end = reader->end;
    const char *p = reader->p;
    while ((p = hyphen_line(p, end)) != NULL) {
        if (at_mark(p, end, begin_mark, sizeof(begin_mark) - 1))
            break;
        p = next_line(p, end);
    }
    if (p == NULL) {
        reader->p = end;
        return false;
    }
    block->text = p;
    block->whole = false;
    for (p = next_line(p, end); (p = hyphen_line(p, end)) != NULL; p = next_line(p, end)) {
        block->whole = at_mark(p, end, end_mark, sizeof(end_mark) - 1);
        if (block->whole || at_mark(p, end, begin_mark, sizeof(begin_mark) - 1))
            break;
    }
    reader->p = p == NULL ? end : block->whole ? next_line(p, end) : p;
    block->len = (size_t)(reader->p - block->text);
    return true;
}

/* A sum of bytes over a fixed length, which compilers turn into vector code. */
static size_t count_in_part(const char *text)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < PART; i++)
        sum = (uint8_t)(sum + (text[i] == '\n'));
    return sum;
}

size_t count_newlines(const char *text, size_t len)
{
    size_t count = 0;
    for (; len >= PART; len -= PART, text += PART)
        count += count_in_part(text);
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    return count;
}
