/* file.h - reads one of many small files. */
#ifndef BATCH_FILE_H
#define BATCH_FILE_H

#include <tlsagen/base.h>

/*
 * Empties buf and reads the whole file into it, when that is an ordinary one of at most 32 kB with
 * something in it; false for anything else, for the function below to tell. Pipes are left alone.
 */
bool file_read_small(const char *path, struct tlsagen_buf *buf);
/* Empties buf and reads the whole file into it, with the outcome of tlsagen_input_read. */
enum tlsagen_status file_read(const char *path, struct tlsagen_buf *buf, struct tlsagen_err *err);

#endif
