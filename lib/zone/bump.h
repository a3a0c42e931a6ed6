/* bump.h - the next serial of a zone, for whoever changes it. */
#ifndef ZONE_BUMP_H
#define ZONE_BUMP_H

#include "session.h"

/*
 * After session_walk: chooses the serial by the options, adds its edits and notes old and new
 * serial and the zone's name in change. TLSAGEN_E_MISMATCH for a serial asked for that is not
 * newer than the old one: secondaries would not take the zone.
 */
enum tlsagen_status bump_serial(struct session *session, const struct tlsagen_zone_options *options,
                                struct tlsagen_zone_change *change, struct tlsagen_err *err);
/* Notes old serial and zone, for a change that keeps the serial. */
void bump_note(const struct session *session, struct tlsagen_zone_change *change);
/* Tells a warning, and counts it. */
void bump_warn(const struct tlsagen_zone_options *options, struct tlsagen_zone_change *change,
               const char *text);
/* When all edits are in the session: warns of hard links that they part. */
void bump_warn_of_links(const struct session *session, const struct tlsagen_zone_options *options,
                        struct tlsagen_zone_change *change);
/* TLSAGEN_E_MISMATCH when a warning was told and the options make that a failure. */
enum tlsagen_status bump_check_warnings(const struct tlsagen_zone_options *options,
                                        const struct tlsagen_zone_change *change,
                                        struct tlsagen_err *err);
/*
 * TLSAGEN_E_KIND when the zone is edited by its server: the journal of that lies beside the file.
 */
enum tlsagen_status bump_check_journal(const char *path, struct tlsagen_err *err);

#endif
