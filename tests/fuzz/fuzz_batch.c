/* The text of a batch: lines as they are parsed, pieces as they are cut, blocks as they are found.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <tlsagen/batch.h>

#include "batch/block.h"
#include "batch/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Blocks stand in order, inside the text, and begin with their mark. */
static size_t check_blocks(const char *text, size_t len)
{
    struct block_reader reader = {text, text + len};
    struct block block;
    size_t count = 0;
    const char *behind = text;
    while (block_next(&reader, &block)) {
        if (block.text < behind || block.len < 11 ||
            block.len > (size_t)(text + len - block.text) ||
            memcmp(block.text, "-----BEGIN ", 11) != 0)
            abort();
        behind = block.text + block.len;
        count++;
    }
    return count;
}

/* What was understood can be written again and means the same. */
static void check_line(const char *text, size_t len)
{
    struct line line, again;
    bool blank = false;
    char *copy = malloc(len + 1);
    char words[TLSAGEN_NAME_SIZE + 64];
    if (copy == NULL)
        return;
    memcpy(copy, text, len);
    if (line_parse(copy, len, TLSAGEN_PROTO_TCP, &line, &blank, NULL) == TLSAGEN_OK && !blank) {
        int used =
            snprintf(words, sizeof(words), "%s %u %u %u %u f", line.host, (unsigned)line.ports[0],
                     line.fields.usage, line.fields.selector, line.fields.matching);
        if (line.port_count < 1 || line.file[0] == '\0' || used < 0 ||
            line_parse(words, (size_t)used, TLSAGEN_PROTO_TCP, &again, &blank, NULL) !=
                TLSAGEN_OK ||
            strcmp(line.host, again.host) != 0 || again.ports[0] != line.ports[0] ||
            memcmp(&again.fields, &line.fields, sizeof(line.fields)) != 0)
            abort();
    }
    free(copy);
}

static void check_lines(const char *text, size_t len)
{
    while (len > 0) {
        const char *lf = memchr(text, '\n', len);
        size_t line = lf == NULL ? len : (size_t)(lf - text);
        check_line(text, line);
        if (lf == NULL)
            break;
        text += line + 1;
        len -= line + 1;
    }
}

struct counts {
    uint64_t requests;
    uint64_t reported;
};

static enum tlsagen_status format(void *arg, struct tlsagen_buf *buf, const char *host,
                                  uint16_t port, const struct tlsagen_rrset *set,
                                  struct tlsagen_err *err)
{
    (void)arg;
    (void)port;
    if (set->count == 0)
        abort();
    tlsagen_buf_str(buf, host);
    return tlsagen_buf_check(buf, err);
}

static enum tlsagen_status take(void *arg, const char *bytes, size_t len, struct tlsagen_err *err)
{
    (void)arg;
    (void)err;
    if (memchr(bytes, '\0', len) != NULL)
        abort();
    return TLSAGEN_OK;
}

static void report(void *arg, bool is_warning, const char *text)
{
    (void)is_warning;
    struct counts *counts = arg;
    if (strncmp(text, "/proc/self/fd/", 14) != 0 || strchr(text, '\n') != NULL)
        abort();
    counts->reported++;
}

/* Each failure is reported; in a bundle, each block is a request. */
static void check_run(const char *path, enum tlsagen_batch_kind kind, size_t blocks)
{
    static const uint16_t port = 25;
    static const struct tlsagen_fields fields = {3, 1, 1};
    struct counts counts = {0};
    struct tlsagen_batch_result result;
    struct tlsagen_err err;
    const struct tlsagen_batch_options options = {
        .kind = kind,
        .jobs = 1,
        .ports = &port,
        .port_count = 1,
        .fields = &fields,
        .field_count = 1,
        .format = format,
        .write = take,
        .report = report,
        .arg = &counts,
    };
    if (tlsagen_batch_run(path, &options, &result, &err) != TLSAGEN_OK)
        abort();
    if (counts.reported != result.failed || result.bytes != result.total)
        abort();
    if (kind == TLSAGEN_BATCH_BUNDLE && result.requests != blocks)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    const char *text = (const char *)data;
    size_t blocks = check_blocks(text, size);
    check_lines(text, size);
    int fd = memfd_create("batch", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size) {
        /* A byte order mark hides what stands right behind it from the count above. */
        if (size < 3 || memcmp(data, "\xef\xbb\xbf", 3) != 0)
            check_run(path, TLSAGEN_BATCH_BUNDLE, blocks);
        /* Only lines that name no file of this machine. */
        if (size == 0 || memchr(data, '/', size) == NULL)
            check_run(path, TLSAGEN_BATCH_LINES, 0);
    }
    (void)close(fd);
    return 0;
}
