#include "apex.h"

#include <string.h>

enum tlsagen_status apex_parse(const char *origin, struct name *apex, struct tlsagen_err *err)
{
    static const struct name root = {.len = 1, .wire = {0}};
    enum tlsagen_status status = name_parse(origin, strlen(origin), &root, apex, err);
    if (status == TLSAGEN_OK)
        return status;
    if (err != NULL)
        err->code = TLSAGEN_E_ARGUMENT;
    (void)tlsagen_err_prepend(err, "origin");
    return TLSAGEN_E_ARGUMENT;
}

/* The SOA is as far as this goes. */
static enum tlsagen_status stop_at_soa(void *arg, struct walk *walk,
                                       const struct walk_record *record, struct tlsagen_err *err)
{
    (void)arg;
    (void)err;
    if (record->type == TYPE_SOA)
        walk_stop(walk);
    return TLSAGEN_OK;
}

enum tlsagen_status apex_find(const char *path, const char *origin, struct name *apex,
                              struct tlsagen_err *err)
{
    if (origin != NULL)
        return apex_parse(origin, apex, err);
    const struct walk_options options = {.path = path, .record = stop_at_soa};
    struct walk *walk = NULL;
    enum tlsagen_status status = walk_run(&options, &walk, err);
    if (status == TLSAGEN_OK && walk_apex(walk) != NULL)
        *apex = *walk_apex(walk);
    else if (status == TLSAGEN_OK)
        status = tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                 "%s: nothing tells the zone's name; give it with --origin", path);
    walk_free(walk);
    return status;
}
