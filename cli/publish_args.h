/* publish_args.h - the command line of `tlsagen publish`. */
#ifndef CLI_PUBLISH_ARGS_H
#define CLI_PUBLISH_ARGS_H

#include "create.h"
#include "publish_world.h"
#include "server_args.h"
#include "zone.h"

/* A command line in the making; its words are freed by words_clear. */
struct words {
    char **at;
    int count;
    bool failed;
};

struct publish_args {
    struct words for_create;
    struct words for_zone;
    struct create_args create;
    struct zone_args zone;
    struct server_args server;
    struct world_args world;
    const char *file;
    char *update; /* the address of --update, to be freed */
    uint16_t update_port;
    const char *tsig;
    const char *state_dir;
    bool add;
    bool no_rollback;
    bool freeze;
    bool undo;
    bool dry_run;
    bool json;
    bool quiet;
    bool help;
};

void publish_args_init(struct publish_args *args);
/* An exit code other than EXIT_DONE after a message. */
int publish_args_parse(struct publish_args *args, int argc, char **argv);
void publish_args_clear(struct publish_args *args);

#endif
