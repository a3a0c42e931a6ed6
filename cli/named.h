/* named.h - the services and zones that a command line names. */
#ifndef CLI_NAMED_H
#define CLI_NAMED_H

#include "cli.h"

struct named_services {
    const struct tlsagen_config_service **at;
    size_t count;
    size_t cap;
};

/*
 * Adds the service of that name, or all services of the service-template of that name; with one a
 * template is an error that tells its services. EXIT_DONE, or the exit code after a message, which
 * tells on one line what there is.
 */
int named_add(struct named_services *named, const struct tlsagen_config *config, const char *name,
              bool one);
void named_clear(struct named_services *named);
/* The zone of that name; NULL after a message, as above. */
const struct tlsagen_config_zone *named_zone(const struct tlsagen_config *config, const char *name);

#endif
