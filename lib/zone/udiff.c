#include "udiff.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT 3
#define CHUNK 65536U

struct udiff {
    struct tlsagen_buf *out;
    uint64_t size;
    udiff_read *read;
    void *arg;
    struct tlsagen_err *err;
    char *chunk; /* CHUNK bytes */
    /* Lines counted so far: those of the old file before `counted`. */
    uint64_t counted;
    uint64_t lines;
    int64_t shift; /* lines that the new file has more, so far */
};

/* Some whole lines of the old file that become others. */
struct block {
    uint64_t from; /* bytes of the old file */
    uint64_t to;
    struct tlsagen_buf text; /* what stands there then */
};

/* The start of the line that holds offset at, or begins there. */
static enum tlsagen_status line_start(struct udiff *udiff, uint64_t at, uint64_t *start)
{
    while (at > 0) {
        size_t len = at < CHUNK ? (size_t)at : CHUNK;
        enum tlsagen_status status =
            udiff->read(udiff->arg, at - len, udiff->chunk, len, udiff->err);
        if (status != TLSAGEN_OK)
            return status;
        for (size_t i = len; i > 0; i--) {
            if (udiff->chunk[i - 1] == '\n') {
                *start = at - len + i;
                return TLSAGEN_OK;
            }
        }
        at -= len;
    }
    *start = 0;
    return TLSAGEN_OK;
}

/* Behind the line that holds offset at. */
static enum tlsagen_status line_end(struct udiff *udiff, uint64_t at, uint64_t *end)
{
    while (at < udiff->size) {
        size_t len = udiff->size - at < CHUNK ? (size_t)(udiff->size - at) : CHUNK;
        enum tlsagen_status status = udiff->read(udiff->arg, at, udiff->chunk, len, udiff->err);
        if (status != TLSAGEN_OK)
            return status;
        const char *lf = memchr(udiff->chunk, '\n', len);
        if (lf != NULL) {
            *end = at + (uint64_t)(lf - udiff->chunk) + 1;
            return TLSAGEN_OK;
        }
        at += len;
    }
    *end = udiff->size;
    return TLSAGEN_OK;
}

static enum tlsagen_status add_old(struct udiff *udiff, struct tlsagen_buf *buf, uint64_t from,
                                   uint64_t to)
{
    if (!tlsagen_buf_reserve(buf, (size_t)(to - from) + 1))
        return tlsagen_buf_check(buf, udiff->err);
    enum tlsagen_status status = TLSAGEN_OK;
    if (to > from)
        status =
            udiff->read(udiff->arg, from, buf->data + buf->len, (size_t)(to - from), udiff->err);
    if (status == TLSAGEN_OK) {
        buf->len += (size_t)(to - from);
        buf->data[buf->len] = '\0';
    }
    return status;
}

/* Joins the splices that touch the same lines; *used is how many. */
static enum tlsagen_status make_block(struct udiff *udiff, const struct splice *splices,
                                      size_t count, struct block *block, size_t *used)
{
    uint64_t behind = 0;
    size_t i = 0;
    enum tlsagen_status status = line_start(udiff, splices[0].at, &block->from);
    behind = block->to = block->from;
    while (status == TLSAGEN_OK && i < count && (i == 0 || splices[i].at < block->to)) {
        status = add_old(udiff, &block->text, behind, splices[i].at);
        tlsagen_buf_add(&block->text, splices[i].text, splices[i].text_len);
        behind = block->to = splices[i].at + splices[i].len;
        i++;
        uint64_t start = 0;
        if (status == TLSAGEN_OK)
            status = line_start(udiff, behind, &start);
        bool whole = start == behind &&
                     (block->text.len == 0 || block->text.data[block->text.len - 1] == '\n');
        if (status == TLSAGEN_OK && !whole)
            status = line_end(udiff, behind, &block->to);
    }
    if (status == TLSAGEN_OK)
        status = add_old(udiff, &block->text, behind, block->to);
    *used = i;
    return status;
}

static uint64_t lines_of(const char *text, size_t len)
{
    uint64_t lines = 0;
    for (const char *p = text, *end = text + len; p < end; lines++) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        p = lf == NULL ? end : lf + 1;
    }
    return lines;
}

/* The number of lines before offset at, which ends a line. */
static enum tlsagen_status count_to(struct udiff *udiff, uint64_t at)
{
    while (udiff->counted < at) {
        size_t len = at - udiff->counted < CHUNK ? (size_t)(at - udiff->counted) : CHUNK;
        enum tlsagen_status status =
            udiff->read(udiff->arg, udiff->counted, udiff->chunk, len, udiff->err);
        if (status != TLSAGEN_OK)
            return status;
        for (const char *p = udiff->chunk, *end = p + len; p < end; udiff->lines++) {
            p = memchr(p, '\n', (size_t)(end - p));
            if (p == NULL)
                break;
            p++;
        }
        udiff->counted += len;
    }
    return TLSAGEN_OK;
}

static void add_lines(struct tlsagen_buf *buf, char mark, const char *text, size_t len)
{
    for (const char *p = text, *end = text + len; p < end;) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *next = lf == NULL ? end : lf + 1;
        tlsagen_buf_char(buf, mark);
        tlsagen_buf_add(buf, p, (size_t)(next - p));
        if (lf == NULL)
            tlsagen_buf_str(buf, "\n\\ No newline at end of file\n");
        p = next;
    }
}

/* One hunk while it grows. */
struct hunk {
    uint64_t from; /* bytes of the old file */
    uint64_t to;   /* written so far */
    uint64_t old_lines;
    uint64_t new_lines;
    struct tlsagen_buf body;
};

static enum tlsagen_status add_context(struct udiff *udiff, struct hunk *hunk, uint64_t to)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = add_old(udiff, &text, hunk->to, to);
    if (status == TLSAGEN_OK) {
        uint64_t lines = lines_of(text.data, text.len);
        add_lines(&hunk->body, ' ', text.data, text.len);
        hunk->old_lines += lines;
        hunk->new_lines += lines;
        hunk->to = to;
    }
    tlsagen_buf_clear(&text);
    return status;
}

static enum tlsagen_status add_block(struct udiff *udiff, struct hunk *hunk,
                                     const struct block *block)
{
    struct tlsagen_buf old;
    tlsagen_buf_init(&old);
    enum tlsagen_status status = add_context(udiff, hunk, block->from);
    if (status == TLSAGEN_OK)
        status = add_old(udiff, &old, block->from, block->to);
    if (status == TLSAGEN_OK) {
        const char *text = block->text.data == NULL ? "" : block->text.data;
        add_lines(&hunk->body, '-', old.data, old.len);
        add_lines(&hunk->body, '+', text, block->text.len);
        hunk->old_lines += lines_of(old.data, old.len);
        hunk->new_lines += lines_of(text, block->text.len);
        hunk->to = block->to;
    }
    tlsagen_buf_clear(&old);
    return status;
}

/* Some lines before or behind an offset that begins a line. */
static enum tlsagen_status lines_before(struct udiff *udiff, uint64_t at, uint64_t *start)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (int i = 0; i < CONTEXT && at > 0 && status == TLSAGEN_OK; i++)
        status = line_start(udiff, at - 1, &at);
    *start = at;
    return status;
}

static enum tlsagen_status lines_behind(struct udiff *udiff, uint64_t at, uint64_t *end)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (int i = 0; i < CONTEXT && at < udiff->size && status == TLSAGEN_OK; i++)
        status = line_end(udiff, at, &at);
    *end = at;
    return status;
}

/* The range of a hunk's head: a range of no lines is named after the line before it. */
static void add_range(struct tlsagen_buf *buf, char mark, uint64_t before, uint64_t lines)
{
    tlsagen_buf_char(buf, mark);
    tlsagen_buf_dec(buf, lines == 0 ? before : before + 1);
    if (lines != 1) {
        tlsagen_buf_char(buf, ',');
        tlsagen_buf_dec(buf, lines);
    }
}

static enum tlsagen_status end_hunk(struct udiff *udiff, struct hunk *hunk)
{
    uint64_t end = 0;
    enum tlsagen_status status = lines_behind(udiff, hunk->to, &end);
    if (status == TLSAGEN_OK)
        status = add_context(udiff, hunk, end);
    if (status == TLSAGEN_OK)
        status = count_to(udiff, hunk->from);
    if (status != TLSAGEN_OK)
        return status;
    tlsagen_buf_str(udiff->out, "@@ ");
    add_range(udiff->out, '-', udiff->lines, hunk->old_lines);
    tlsagen_buf_char(udiff->out, ' ');
    add_range(udiff->out, '+', (uint64_t)((int64_t)udiff->lines + udiff->shift), hunk->new_lines);
    tlsagen_buf_str(udiff->out, " @@\n");
    tlsagen_buf_add(udiff->out, hunk->body.data, hunk->body.len);
    if (hunk->body.failed)
        udiff->out->failed = true;
    udiff->shift += (int64_t)hunk->new_lines - (int64_t)hunk->old_lines;
    tlsagen_buf_reset(&hunk->body);
    return tlsagen_buf_check(udiff->out, udiff->err);
}

/* Puts a block into the hunk in hand, or begins another behind it. */
static enum tlsagen_status take_block(struct udiff *udiff, struct hunk *hunk, bool first,
                                      const struct block *block)
{
    uint64_t start = 0, end = 0;
    enum tlsagen_status status = lines_before(udiff, block->from, &start);
    if (!first && status == TLSAGEN_OK) {
        status = lines_behind(udiff, hunk->to, &end);
        if (status == TLSAGEN_OK && start > end)
            status = end_hunk(udiff, hunk);
    }
    if (status == TLSAGEN_OK && (first || start > end)) {
        hunk->from = hunk->to = start;
        hunk->old_lines = hunk->new_lines = 0;
    }
    return status == TLSAGEN_OK ? add_block(udiff, hunk, block) : status;
}

static enum tlsagen_status make_hunks(struct udiff *udiff, const struct splice *splices,
                                      size_t count)
{
    struct hunk hunk = {0};
    enum tlsagen_status status = TLSAGEN_OK;
    tlsagen_buf_init(&hunk.body);
    for (size_t at = 0; at < count && status == TLSAGEN_OK;) {
        struct block block = {0};
        size_t used = 0;
        tlsagen_buf_init(&block.text);
        status = make_block(udiff, splices + at, count - at, &block, &used);
        if (status == TLSAGEN_OK)
            status = take_block(udiff, &hunk, at == 0, &block);
        tlsagen_buf_clear(&block.text);
        at += used;
    }
    if (status == TLSAGEN_OK && count > 0)
        status = end_hunk(udiff, &hunk);
    tlsagen_buf_clear(&hunk.body);
    return status;
}

enum tlsagen_status udiff_make(struct tlsagen_buf *diff, const char *path, uint64_t size,
                               udiff_read *read, void *arg, const struct splice *splices,
                               size_t count, struct tlsagen_err *err)
{
    struct udiff udiff = {.out = diff, .size = size, .read = read, .arg = arg, .err = err};
    if (count == 0)
        return TLSAGEN_OK;
    udiff.chunk = malloc(CHUNK);
    if (udiff.chunk == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    tlsagen_buf_printf(diff, "--- %s\n+++ %s\n", path, path);
    enum tlsagen_status status = make_hunks(&udiff, splices, count);
    free(udiff.chunk);
    return status == TLSAGEN_OK ? tlsagen_buf_check(diff, err) : status;
}
