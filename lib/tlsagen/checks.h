/*
 * tlsagen/checks.h - what the last check of each service came to, remembered in the state folder.
 *
 * One file for all services, STATE_DIR/checks, replaced as a whole: a check that is forgotten costs
 * nothing but its repetition.
 */
#ifndef TLSAGEN_CHECKS_H
#define TLSAGEN_CHECKS_H

#include <tlsagen/base.h>
#include <tlsagen/config.h>
#include <tlsagen/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One check of one service, all its ports. */
struct tlsagen_check {
    int64_t at; /* seconds since 1970 */
    enum tlsagen_verdict verdict;
    int64_t not_after;  /* the earliest end of a certificate shown, seconds since 1970; 0: none */
    const char *reason; /* why not verified, one line; "" when it is */
};

/* The checks of all services; not to be used by two threads at once. */
struct tlsagen_checks;

/*
 * Reads the file of a state folder; without one there is no check yet. TLSAGEN_E_SYNTAX and _KIND
 * (a newer version) for one that cannot be used, with file and line; TLSAGEN_E_SYSTEM, _LIMIT,
 * _MEMORY. *checks is NULL after TLSAGEN_E_MEMORY alone, and empty after another failure; it goes
 * to tlsagen_checks_free.
 */
TLSAGEN_API enum tlsagen_status tlsagen_checks_read(const char *state_dir,
                                                    struct tlsagen_checks **checks,
                                                    struct tlsagen_err *err);
/* NULL is fine. */
TLSAGEN_API void tlsagen_checks_free(struct tlsagen_checks *checks);
/* The last check of a service, or NULL; valid until the next addition. */
TLSAGEN_API const struct tlsagen_check *tlsagen_checks_find(struct tlsagen_checks *checks,
                                                            const char *service);
/* Adds a check; everything is copied, control bytes of the reason become '?'. TLSAGEN_E_MEMORY. */
TLSAGEN_API enum tlsagen_status tlsagen_checks_add(struct tlsagen_checks *checks,
                                                   const char *service,
                                                   const struct tlsagen_check *check,
                                                   struct tlsagen_err *err);
/*
 * Writes the file, and the state folder if it is missing: the later check of each service of the
 * configuration, of these and of those that others wrote meanwhile. TLSAGEN_E_TIMEOUT when another
 * process has the lock for ten seconds, TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY; the former file stands
 * then.
 */
TLSAGEN_API enum tlsagen_status tlsagen_checks_write(struct tlsagen_checks *checks,
                                                     const struct tlsagen_config *config,
                                                     struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
