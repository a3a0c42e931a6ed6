#include "bump.h"

#include <stdio.h>
#include <string.h>

#include <sys/stat.h>

#include "apex.h"
#include "serial.h"

void bump_note(const struct session *session, struct tlsagen_zone_change *change)
{
    const struct name *apex = walk_apex(session_old(session));
    _Static_assert(sizeof(change->zone) >= NAME_TEXT_SIZE, "a name has room");
    change->zone[0] = '\0';
    if (apex != NULL)
        (void)name_text(apex, change->zone);
    change->old_serial = change->new_serial = session_serial(session);
}

void bump_warn(const struct tlsagen_zone_options *options, struct tlsagen_zone_change *change,
               const char *text)
{
    change->warnings++;
    if (options->warn != NULL)
        options->warn(options->warn_arg, text);
}

void bump_warn_of_links(const struct session *session, const struct tlsagen_zone_options *options,
                        struct tlsagen_zone_change *change)
{
    char text[TLSAGEN_ERR_SIZE];
    const char *path = session_parts(session);
    if (path == NULL)
        return;
    (void)snprintf(text, sizeof(text),
                   "%.400s: has other names (hard links), which keep the old zone; link them again",
                   path);
    bump_warn(options, change, text);
}

enum tlsagen_status bump_check_warnings(const struct tlsagen_zone_options *options,
                                        const struct tlsagen_zone_change *change,
                                        struct tlsagen_err *err)
{
    if (!options->warnings_fail || change->warnings == 0)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "nothing was written because of the warning above");
}

static void warn_of_style(const struct tlsagen_zone_options *options,
                          struct tlsagen_zone_change *change)
{
    char text[TLSAGEN_ERR_SIZE];
    (void)snprintf(text, sizeof(text),
                   "%.300s: no date or time is newer than serial %u (RFC 1982), so that it is "
                   "counted on to %u",
                   change->zone, (unsigned)change->old_serial, (unsigned)change->new_serial);
    bump_warn(options, change, text);
}

enum tlsagen_status bump_serial(struct session *session, const struct tlsagen_zone_options *options,
                                struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    bool left_style = false;
    bump_note(session, change);
    uint32_t old = change->old_serial;
    if (options->policy == TLSAGEN_SERIAL_EXPLICIT) {
        if (!serial_is_newer(options->serial, old))
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "serial %u is not newer than the zone's %u (RFC 1982), and "
                                   "secondaries would not take it; give another",
                                   (unsigned)options->serial, (unsigned)old);
        change->new_serial = options->serial;
    } else {
        change->new_serial = serial_next(old, options->policy, options->now, &left_style);
    }
    if (left_style)
        warn_of_style(options, change);
    return session_set_serial(session, change->new_serial, err);
}

/* A file of the same name with a suffix lies beside it. */
static bool lies_beside(const char *path, const char *suffix, char beside[4096])
{
    struct stat st;
    int len = snprintf(beside, 4096, "%s%s", path, suffix);
    return len >= 0 && len < 4096 && stat(beside, &st) == 0;
}

enum tlsagen_status bump_check_journal(const char *path, struct tlsagen_err *err)
{
    char journal[4096], ignored[4096];
    /* BIND signs in line what has a .signed beside it, and keeps a journal of the differences
     * between one load of the file and the next: nobody but the file's editor changes it. */
    if (!lies_beside(path, ".jnl", journal) || lies_beside(path, ".signed", ignored))
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: a journal (%s) lies beside it, so the server edits this zone; use "
                           "tlsagen update, or publish with --update or --freeze",
                           path, journal);
}

/* The walk shows the SOA to the session; nothing else is asked for. */
static enum tlsagen_status walk_zone(struct session *session, const char *path,
                                     const struct tlsagen_zone_options *options,
                                     struct walk_options *walking, struct name *origin,
                                     struct tlsagen_err *err)
{
    enum tlsagen_status status = options->frozen ? TLSAGEN_OK : bump_check_journal(path, err);
    if (status != TLSAGEN_OK)
        return status;
    *walking = (struct walk_options){.origin_optional = true};
    if (options->origin != NULL) {
        status = apex_parse(options->origin, origin, err);
        if (status != TLSAGEN_OK)
            return status;
        walking->origin = origin;
    }
    return session_walk(session, walking, !options->dry_run, err);
}

static enum tlsagen_status bump_in(struct session *session, const char *path,
                                   const struct tlsagen_zone_options *options,
                                   struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    struct walk_options walking;
    struct name origin;
    enum tlsagen_status status = walk_zone(session, path, options, &walking, &origin, err);
    if (status != TLSAGEN_OK)
        return status;
    bump_note(session, change);
    if (options->policy == TLSAGEN_SERIAL_EXPLICIT && options->serial == change->old_serial)
        return TLSAGEN_OK;
    status = bump_serial(session, options, change, err);
    if (status != TLSAGEN_OK)
        return status;
    bump_warn_of_links(session, options, change);
    status = bump_check_warnings(options, change, err);
    if (status != TLSAGEN_OK)
        return status;
    change->changed = true;
    if (options->dry_run)
        return session_diff(session, &change->diff, err);
    struct session_finish finish = {.backup_suffix = options->backup_suffix,
                                    .judge = options->judge,
                                    .judge_arg = options->judge_arg,
                                    .proof = &walking};
    return session_finish(session, &finish, err);
}

enum tlsagen_status tlsagen_zone_bump(const char *path, bool quick,
                                      const struct tlsagen_zone_options *options,
                                      struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    struct session *session = NULL;
    enum tlsagen_status status = session_open(path, NULL, &session, err);
    if (status != TLSAGEN_OK)
        return status;
    session_set_quick(session, quick);
    status = bump_in(session, path, options, change, err);
    session_free(session);
    return status;
}
