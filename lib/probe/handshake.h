/*
 * handshake.h - libssl's part of a probe.
 */
#ifndef PROBE_HANDSHAKE_H
#define PROBE_HANDSHAKE_H

#include <tlsagen/probe.h>

#include "link.h"

/*
 * Shakes hands over link as a client that takes certificates of answer->kind alone, with server
 * as SNI (NULL: none), and keeps the chain shown, also when the handshake fails later on. Fills
 * state, err, tls_version and chain of the answer.
 */
void handshake_run(struct link *link, const char *server, struct tlsagen_probe_answer *answer);

#endif
