/* update.h - an update that somebody watches from within. */
#ifndef PUBLISH_UPDATE_H
#define PUBLISH_UPDATE_H

#include "message.h"

struct update_watch {
    /* Absolute; their TLSA RRsets belong to the update, also those that records have none of: a PUT
     * removes these. */
    const char *const *owners;
    size_t owner_count;
    /* Called before a change is sent, never when there is nothing to send; an error stops it. */
    enum tlsagen_status (*before)(void *arg, const struct wants *wants,
                                  const struct message_rrset *there, struct tlsagen_err *err);
    void *arg;
    bool refused; /* set here: the server said that it has not done it */
};

/* As tlsagen_update_run; watch NULL: nobody does. update->records may be empty with one. */
enum tlsagen_status update_run(const struct tlsagen_update *update, struct update_watch *watch,
                               struct tlsagen_update_result *result, struct tlsagen_err *err);

#endif
