/* publish_report.h - what `publish` says of what it did. */
#ifndef CLI_PUBLISH_REPORT_H
#define CLI_PUBLISH_REPORT_H

#include "publish_world.h"

struct publish_report {
    bool undo;
    const struct tlsagen_publish *publish;
    const struct tlsagen_publish_result *result;
    const struct world_args *world;
    const struct world_outcome *outcome;
};

/* To stdout; each returns the exit code. */
int publish_report_plan(const struct publish_report *report, bool json); /* of a dry run */
int publish_report_json(const struct publish_report *report);
int publish_report_text(const struct publish_report *report);

#endif
