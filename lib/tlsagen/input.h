/*
 * tlsagen/input.h - reading the files that hold certificates and keys.
 */
#ifndef TLSAGEN_INPUT_H
#define TLSAGEN_INPUT_H

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the largest input that is read: far above any chain or key store. */
#define TLSAGEN_INPUT_MAX (16U * 1024 * 1024)

/*
 * Appends the whole of a file to buf. "-" is standard input. Regular files, pipes and terminals
 * are read; a directory, device or socket is TLSAGEN_E_KIND. A FIFO that nobody writes to is
 * TLSAGEN_E_TIMEOUT after ten seconds instead of hanging. More than TLSAGEN_INPUT_MAX bytes are
 * TLSAGEN_E_LIMIT. Cleanse the buffer if a private key may be in it.
 */
TLSAGEN_API enum tlsagen_status tlsagen_input_read(const char *path, struct tlsagen_buf *buf,
                                                   struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
