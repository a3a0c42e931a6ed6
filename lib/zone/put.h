/* put.h - many TLSA RRsets put in one edit, by who has them as rdata and not as text. */
#ifndef ZONE_PUT_H
#define ZONE_PUT_H

#include <tlsagen/zone.h>

/*
 * Takes one record: an absolute owner, the RRset's TTL in seconds, and rdata in wire form (RFC 6698
 * section 2.1). NULL is no record: an RRset of which nothing else is shown goes.
 */
typedef enum tlsagen_status put_take(void *arg, const char *owner, uint32_t ttl,
                                     const uint8_t *rdata, size_t len, struct tlsagen_err *err);
/* Shows the records of all RRsets to `take`. */
typedef enum tlsagen_status put_each(void *arg, put_take *take, void *take_arg,
                                     struct tlsagen_err *err);

/*
 * As tlsagen_zone_put, under one serial. The change counts the records and does not list them, and
 * has no diff: texts of a hundred thousand are a third of the memory.
 */
enum tlsagen_status put_rrsets(const char *path, put_each *each, void *arg,
                               const struct tlsagen_zone_options *options,
                               struct tlsagen_zone_change *change, struct tlsagen_err *err);

/*
 * Whether put_rrsets would do it, with nothing written: its errors, up to what a judge or the disk
 * says; for which rights of this user are missing a warning takes the place of the error. find (may
 * be NULL) is told what tlsagen_zone_check finds in the zone as it would be.
 */
enum tlsagen_status put_try(const char *path, put_each *each, void *arg,
                            const struct tlsagen_zone_options *options, tlsagen_zone_find *find,
                            void *find_arg, struct tlsagen_zone_change *change,
                            struct tlsagen_err *err);

#endif
