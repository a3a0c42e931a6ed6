/* publish_world.h - what `publish` waits for after its own server. */
#ifndef CLI_PUBLISH_WORLD_H
#define CLI_PUBLISH_WORLD_H

#include "cli.h"

struct world_args {
    bool authoritative; /* --wait-authoritative */
    bool secure;        /* --wait-secure */
    struct tlsagen_dns_options dns;
    char **ignored; /* --ignore-server, owned: names and addresses */
    size_t ignored_count;
    uint32_t wait_ms;
    bool quiet;
};

/* What became of it. */
struct world_outcome {
    struct tlsagen_world_result authoritative;
    struct tlsagen_world_result secure;
    int64_t safe_from; /* seconds since 1970; 0: not known, without --wait-authoritative */
};

/* Waits; an exit code, after a message unless it is EXIT_DONE. */
int world_wait(const struct world_args *args, const struct tlsagen_publish *publish,
               uint32_t former_ttl, struct world_outcome *outcome);
/* Appends what became of it, a line each. */
void world_report(struct tlsagen_buf *text, const struct world_args *args,
                  const struct world_outcome *outcome);
/* The time as in 2026-11-23T23:50:05Z. */
void world_time(int64_t seconds, char text[32]);

#endif
