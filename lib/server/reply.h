/* reply.h - what control programs print, understood. Pure. */
#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H

#include <tlsagen/server.h>

/*
 * Judges a run of the kind's reload command by its exit status and output (len bytes, any): fills
 * answer->reply and answer->words. exit_status is the caller's to fill before.
 */
void reply_judge(enum tlsagen_server_kind kind, const char *output, size_t len,
                 struct tlsagen_server_answer *answer);
/* The output of `rndc zonestatus`. */
void reply_read_state(const char *output, size_t len, struct tlsagen_server_zone *state);

#endif
