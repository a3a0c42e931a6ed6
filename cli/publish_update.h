/* publish_update.h - `publish --update`: the records at the server itself. */
#ifndef CLI_PUBLISH_UPDATE_H
#define CLI_PUBLISH_UPDATE_H

#include "publish_world.h"

struct publish_output {
    bool json;
    bool quiet;
};

/*
 * Updates, waits for the world, and reports; the exit code. The zone is the one that the server
 * tells unless publish has its name.
 */
int publish_update_run(const struct publish_output *output, const struct world_args *world,
                       const struct tlsagen_publish *publish);

#endif
