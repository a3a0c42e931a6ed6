/* send.h - one message to a server over TCP, and its answer. */
#ifndef PUBLISH_SEND_H
#define PUBLISH_SEND_H

#include <tlsagen/base.h>

/*
 * Sends the message and reads one answer with its id into answer, from tlsagen_buf_init on; over
 * UDP when the server takes no TCP and the message is small. TLSAGEN_E_TIMEOUT without an answer,
 * TLSAGEN_E_NETWORK when the connection breaks, TLSAGEN_E_ARGUMENT for an address that is none.
 */
enum tlsagen_status send_message(const char *address, uint16_t port, uint32_t timeout_ms,
                                 const struct tlsagen_buf *message, struct tlsagen_buf *answer,
                                 struct tlsagen_err *err);

#endif
