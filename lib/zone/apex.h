/* apex.h - a zone's name, before the zone is gone through. */
#ifndef ZONE_APEX_H
#define ZONE_APEX_H

#include "walk.h"

/*
 * A zone's name as a caller gives it: absolute, with or without its final dot. TLSAGEN_E_ARGUMENT.
 */
enum tlsagen_status apex_parse(const char *origin, struct name *apex, struct tlsagen_err *err);
/*
 * The name as asked for, or, when origin is NULL, as the file has it, which is read up to its SOA.
 * TLSAGEN_E_ARGUMENT when nothing tells it.
 */
enum tlsagen_status apex_find(const char *path, const char *origin, struct name *apex,
                              struct tlsagen_err *err);

#endif
