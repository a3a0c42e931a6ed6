/* put.h - RRsets put and others removed in one edit, for what takes back many changes at once. */
#ifndef ZONE_PUT_H
#define ZONE_PUT_H

#include <tlsagen/zone.h>

struct put {
    const char *records; /* as for tlsagen_zone_put */
    size_t len;          /* may be 0 */
    const char *source;
    const char *const *gone; /* owners whose TLSA records go; none of them in records */
    size_t gone_count;
    bool unlisted; /* the change counts records, and its lists of them stay empty */
};

/* As tlsagen_zone_put, under one serial. */
enum tlsagen_status put_and_remove(const char *path, const struct put *put,
                                   const struct tlsagen_zone_options *options,
                                   struct tlsagen_zone_change *change, struct tlsagen_err *err);

#endif
