/*
 * checks.h - the file of the checks: a text with one line for each service, by name.
 *
 *     tlsagen-checks 1
 *     mx1 1795430000 mismatch 1798000000 port 25: the certificate shown …
 *     end
 *
 * Service, time, verdict, end of the certificate (0: none was seen), and the reason, if any.
 */
#ifndef FLEET_CHECKS_H
#define FLEET_CHECKS_H

#include <tlsagen/checks.h>

#define CHECKS_VERSION 1
#define CHECKS_REASON 400 /* bytes of a reason that are kept, NUL included */

struct checks_entry {
    char *service; /* one allocation with the reason */
    struct tlsagen_check check;
};

struct tlsagen_checks {
    struct checks_entry *entries;
    size_t count;
    size_t cap;
    bool sorted; /* by service, each once */
};

/* Sorts by service; of several checks of one the latest stays. */
void checks_sort(struct tlsagen_checks *checks);
/* Drops all. */
void checks_reset(struct tlsagen_checks *checks);
/* Adds the lines of a text, which label names in messages; as tlsagen_checks_read. */
enum tlsagen_status checks_parse(struct tlsagen_checks *checks, const char *text, size_t len,
                                 const char *label, struct tlsagen_err *err);
/* The text; sorted checks alone. config NULL: of all services, else of those in it. */
void checks_format(const struct tlsagen_checks *checks, const struct tlsagen_config *config,
                   struct tlsagen_buf *text);

#endif
