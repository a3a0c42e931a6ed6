/* reader.h - cuts the input of a batch into pieces of whole lines or blocks. */
#ifndef BATCH_READER_H
#define BATCH_READER_H

#include <tlsagen/batch.h>

struct reader {
    const char *path; /* for messages: "standard input" for - */
    int fd;           /* -1 when closed */
    bool regular;
    uint64_t total; /* bytes of a regular file, else 0 */
    enum tlsagen_batch_kind kind;
    struct tlsagen_buf rest; /* read, but not handed out */
    size_t pieces;           /* handed out */
    bool ended;              /* nothing more to read */
    bool skipping;           /* inside the rest of a line that is too long */
    size_t unbroken;         /* bytes read since the last end of a line */
};

/* One piece, in its order. Its memory serves again for a later one. */
struct piece {
    struct tlsagen_buf text;
    uint64_t bytes; /* of the input that it stands for */
    bool overlong;  /* the last line is the beginning of one that is too long */
};

/* Opens the input, as tlsagen_batch_run says; reader_close in every case. */
enum tlsagen_status reader_open(struct reader *reader, const char *path,
                                enum tlsagen_batch_kind kind, struct tlsagen_err *err);
void reader_close(struct reader *reader);
/* Fills the next piece; one without text (but maybe with bytes) when *end is set. */
enum tlsagen_status reader_next(struct reader *reader, struct piece *piece, bool *end,
                                struct tlsagen_err *err);

#endif
