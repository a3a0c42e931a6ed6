#include "edit.h"

#include <string.h>

#define TAB_WIDTH 8U

enum tlsagen_status edit_text_record(struct tlsagen_buf *buf, const struct name *owner,
                                     uint32_t ttl, uint16_t type, const struct rdata *rdata,
                                     struct tlsagen_err *err)
{
    char name[TYPE_TEXT_SIZE];
    name_format(buf, owner);
    tlsagen_buf_char(buf, '\t');
    tlsagen_buf_dec(buf, ttl);
    tlsagen_buf_str(buf, "\tIN\t");
    tlsagen_buf_str(buf, type_text(type, name));
    tlsagen_buf_char(buf, '\t');
    return rdata_format(buf, type, rdata, err);
}

/* The column behind blanks that begin at column. */
static size_t column_behind(size_t column, const char *blanks)
{
    for (; *blanks != '\0'; blanks++)
        column = *blanks == '\t' ? (column / TAB_WIDTH + 1) * TAB_WIDTH : column + 1;
    return column;
}

size_t edit_text_overlap(const char *blanks, size_t owner_len)
{
    size_t count = strlen(blanks);
    size_t wanted = column_behind(0, blanks);
    for (size_t gone = 0; gone < count; gone++) {
        if (column_behind(owner_len, blanks + gone) == wanted)
            return gone;
    }
    return 0;
}
