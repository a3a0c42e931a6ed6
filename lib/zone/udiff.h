/* udiff.h - a unified diff of a file and its edits, made from the edits themselves. */
#ifndef ZONE_UDIFF_H
#define ZONE_UDIFF_H

#include "replace.h"

/* Reads len bytes at `at` of the old file, all of them. */
typedef enum tlsagen_status udiff_read(void *arg, uint64_t at, char *bytes, size_t len,
                                       struct tlsagen_err *err);

/*
 * Appends the diff, with three lines of context, as patch(1) takes it. The splices are sorted and
 * do not overlap; size is that of the old file, in bytes.
 */
enum tlsagen_status udiff_make(struct tlsagen_buf *diff, const char *path, uint64_t size,
                               udiff_read *read, void *arg, const struct splice *splices,
                               size_t count, struct tlsagen_err *err);

#endif
