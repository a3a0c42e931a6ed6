/* serve.h - which serial a server has. */
#ifndef PUBLISH_SERVE_H
#define PUBLISH_SERVE_H

#include <tlsagen/publish.h>

/* True when `have` is `want` or newer (RFC 1982 section 3.2). */
bool serve_has(uint32_t have, uint32_t want);
/*
 * Asks for the zone's serial, at most timeout_ms, by rndc zonestatus or by DNS. *known is false,
 * without an error, when the server says none (no answer, not loaded, lame). An error is what the
 * control program said: see serve_judge.
 */
enum tlsagen_status serve_serial(const struct tlsagen_reload *reload, uint32_t timeout_ms,
                                 bool *known, uint32_t *serial, struct tlsagen_err *err);
/*
 * The same before a reload. *by_dns as in struct tlsagen_reload: true when DNS at 127.0.0.1 has the
 * serial of rndc zonestatus, and not because a zone is signed in line by chance so.
 */
enum tlsagen_status serve_before(const struct tlsagen_reload *reload, uint32_t timeout_ms,
                                 bool *by_dns, struct tlsagen_err *err);
/* An answer that is no success as an error, in words; OK for ACCEPTED and UP_TO_DATE. */
enum tlsagen_status serve_judge(const struct tlsagen_reload *reload,
                                const struct tlsagen_server_answer *answer,
                                struct tlsagen_err *err);
/* Milliseconds of a clock that only goes forward. */
int64_t serve_now(void);
/* Sleeps so many milliseconds, or until a signal. */
void serve_nap(int64_t ms);

#endif
