/* publish_update.h - `publish --update`: the records at the server itself. */
#ifndef CLI_PUBLISH_UPDATE_H
#define CLI_PUBLISH_UPDATE_H

#include "publish_world.h"

struct publish_update {
    const char *server; /* numeric address */
    uint16_t port;
    const char *key_file; /* NULL: none */
    const char *zone;     /* NULL: the server tells */
    bool add;
    int64_t ttl;
    bool dry_run;
    bool json;
    bool quiet;
};

/* Updates, waits for the world, and reports; the exit code. */
int publish_update_run(const struct publish_update *update, const struct world_args *world,
                       const struct tlsagen_publish *publish);

#endif
