/* line.h - one line of a batch. */
#ifndef BATCH_LINE_H
#define BATCH_LINE_H

#include <tlsagen/batch.h>

struct line {
    char host[TLSAGEN_NAME_SIZE];
    uint16_t ports[TLSAGEN_BATCH_PORTS_MAX];
    size_t port_count;
    struct tlsagen_fields fields;
    const char *file; /* inside the text that was parsed */
};

/*
 * Understands the len bytes at text, the line's end left out, and writes NULs between its words;
 * text[len] is overwritten too. *blank: a comment or nothing, and line is not filled.
 * TLSAGEN_E_ARGUMENT or TLSAGEN_E_SYNTAX with a message that does not name the line.
 */
enum tlsagen_status line_parse(char *text, size_t len, enum tlsagen_proto proto, struct line *line,
                               bool *blank, struct tlsagen_err *err);

#endif
