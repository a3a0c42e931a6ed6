/* restore.c - the records that stood there before, put back. */
#include <string.h>

#include "run.h"

/* The same options, but what stood there once needs no leave and no TTL of now. */
static struct tlsagen_zone_options options_of(const struct run *run)
{
    struct tlsagen_zone_options options = run->publish->zone;
    options.origin = run->zone;
    options.dry_run = false;
    options.backup_suffix = NULL;
    options.policy = TLSAGEN_SERIAL_AUTO;
    options.follow_cname = false; /* the owners are those that were edited */
    options.keep_serial = false;
    options.ttl = TLSAGEN_ZONE_TTL_NONE;
    options.judge = NULL;
    options.warnings_fail = false;
    options.frozen = run->reload.thaw;
    return options;
}

static enum tlsagen_status put_back(struct run *run, const struct tlsagen_buf *before,
                                    struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    const struct tlsagen_zone_options options = options_of(run);
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        if (run_is_first(run, i))
            tlsagen_buf_add(&text, before[i].data, before[i].len);
    }
    enum tlsagen_status status = tlsagen_buf_check(&text, err);
    if (status == TLSAGEN_OK && text.len > 0)
        status = tlsagen_zone_put(run->file, text.data, text.len, "the former records", &options,
                                  change, err);
    tlsagen_buf_clear(&text);
    return status;
}

enum tlsagen_status run_restore(struct run *run, const struct tlsagen_buf *before, uint32_t *serial,
                                struct tlsagen_err *err)
{
    const struct tlsagen_zone_options options = options_of(run);
    struct tlsagen_zone_change change;
    tlsagen_zone_change_init(&change);
    enum tlsagen_status status = put_back(run, before, &change, err);
    if (status == TLSAGEN_OK && change.zone[0] != '\0')
        *serial = change.new_serial;
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++) {
        if (before[i].len > 0 || !run_is_first(run, i))
            continue;
        tlsagen_zone_change_clear(&change);
        status =
            tlsagen_zone_remove(run->file, run->owners[i].at, "TLSA", NULL, &options, &change, err);
        if (status == TLSAGEN_OK)
            *serial = change.new_serial;
    }
    tlsagen_zone_change_clear(&change);
    return status;
}
