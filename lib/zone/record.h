/* record.h - the rdata of a record that a walk shows. */
#ifndef ZONE_RECORD_H
#define ZONE_RECORD_H

#include "rdata.h"
#include "walk.h"

/*
 * Reads the words of the record's rdata, those that $GENERATE makes included; *rdata was made
 * empty by rdata_init. err names no place; see record_rdata_fault.
 */
enum tlsagen_status record_rdata(const struct walk_record *record, struct rdata *rdata,
                                 struct tlsagen_err *err);
/* The place of the record's rdata, or of its type when there is none, as a fault. */
struct walk_fault record_rdata_fault(const struct walk_record *record,
                                     const struct tlsagen_err *why);

#endif
