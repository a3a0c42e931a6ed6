/* live_place.h - where the parts of `live` stand; nobody but live*.c includes this. */
#ifndef ROLLOVER_LIVE_PLACE_H
#define ROLLOVER_LIVE_PLACE_H

#include <stdio.h>

#include "live.h"

/* Names in the store of what is under way: nothing of it is needed once its run is gone. */
#define LIVE_NEW ".new"
#define LIVE_LINK ".link"
#define LIVE_GONE ".gone"

#define LIVE_ID_DIGITS 16 /* of a side's id, in a version's name */

struct place {
    char *live;   /* the link */
    char *folder; /* that it stands in */
    char *store;  /* FOLDER/.NAME */
    char *target; /* ".NAME", what the link's text begins with */
};

/* The names for a path; whatever the result, they go to place_clear. */
enum tlsagen_status place_make(const char *live, struct place *place, struct tlsagen_err *err);
void place_clear(struct place *place);
/* True for the name of a version. */
bool place_is_version(const char *name);
/* The last part of a version's name: digits of the id, and a NUL. */
void place_id_digits(const uint8_t id[MODEL_ID], char digits[LIVE_ID_DIGITS + 1]);
/* As live_look. */
enum tlsagen_status place_look(const struct place *place, char version[LIVE_NAME],
                               struct tlsagen_err *err);
/* As live_find. */
enum tlsagen_status place_find(const struct place *place, const uint8_t id[MODEL_ID],
                               char version[LIVE_NAME], struct tlsagen_err *err);
/* Removes a folder of the store with the files in it, or a file; none is fine. */
enum tlsagen_status place_remove(const struct place *place, const char *name,
                                 struct tlsagen_err *err);

#endif
