/* message.h - an UPDATE in wire form (RFC 2136 section 2). Pure. */
#ifndef PUBLISH_MESSAGE_H
#define PUBLISH_MESSAGE_H

#include <tlsagen/update.h>

#include "zone/wants.h"

#define MESSAGE_MAX 65000U /* bytes, so that there is room for a TSIG */

/* An RRset as the server has it. */
struct message_rrset {
    bool known; /* asked for; an update of all types of an owner is not */
    struct want_record *records;
    size_t count;
    uint32_t ttl;
};

/*
 * Makes the update that brings each RRset from what there is to what is wanted, under the condition
 * that it is still as it was read. changed is false when none has to change. Lines of what is added
 * and removed go to result. TLSAGEN_E_LIMIT for more than a message holds.
 */
enum tlsagen_status message_make(struct tlsagen_buf *message, const struct name *zone, uint16_t id,
                                 enum tlsagen_update_verb verb, const struct wants *wants,
                                 const struct message_rrset *there, int64_t ttl,
                                 struct tlsagen_update_result *result, struct tlsagen_err *err);

/* Appends the lines of an RRset as it was read. */
enum tlsagen_status message_lines_before(struct tlsagen_buf *lines, const struct want *want,
                                         const struct message_rrset *there,
                                         struct tlsagen_err *err);
/* The same, as the update leaves it. */
enum tlsagen_status message_lines_after(struct tlsagen_buf *lines, enum tlsagen_update_verb verb,
                                        const struct want *want, const struct message_rrset *there,
                                        int64_t ttl, struct tlsagen_err *err);
/* True when the records of an RRset are those that are wanted, whatever the TTL. */
bool message_is_there(const struct want *want, const struct message_rrset *there);

#endif
