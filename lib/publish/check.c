/* check.c - the new zone file, judged before it takes the old one's place. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "run.h"

struct judging {
    const struct run *run;
    const char *path; /* of the new file, which has a name of its own as yet */
    bool found;
    struct tlsagen_err err;
};

bool check_is_of_record(const struct tlsagen_zone_finding *finding)
{
    static const char *const of_records[] = {"digest-length", "empty-digest", "delegation",
                                             "dname"};
    for (size_t i = 0; i < sizeof(of_records) / sizeof(of_records[0]); i++) {
        if (strcmp(finding->rule, of_records[i]) == 0)
            return true;
    }
    return false;
}

enum tlsagen_status check_refuse(const struct tlsagen_zone_finding *finding, const char *file,
                                 struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "nothing was changed: the zone would have an error: %s:%llu:%llu: %s",
                           file, (unsigned long long)finding->line,
                           (unsigned long long)finding->column, finding->text);
}

/* What is wrong with other records alone stops nobody: servers load it. */
static bool concerns_us(const struct run *run, const struct tlsagen_zone_finding *finding)
{
    if (!check_is_of_record(finding))
        return true;
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        const char *owner = run->owners[i].at;
        if (strncasecmp(finding->text, owner, strlen(owner)) == 0)
            return true;
    }
    return false;
}

static void find(void *arg, const struct tlsagen_zone_finding *finding)
{
    struct judging *judging = arg;
    if (!finding->error || judging->found || !concerns_us(judging->run, finding))
        return;
    const char *file =
        strcmp(finding->file, judging->path) == 0 ? judging->run->file : finding->file;
    judging->found = true;
    (void)check_refuse(finding, file, &judging->err);
}

enum tlsagen_status run_judge(void *arg, const char *path, struct tlsagen_err *err)
{
    const struct run *run = arg;
    const struct tlsagen_zone_options *options = &run->publish->zone;
    struct judging judging = {.run = run, .path = path};
    struct tlsagen_zone_verdict verdict;
    enum tlsagen_status status = tlsagen_zone_check(path, run->zone, find, &judging, &verdict, err);
    if (status != TLSAGEN_OK)
        return status;
    if (judging.found) {
        if (err != NULL)
            *err = judging.err;
        return judging.err.code;
    }
    return options->judge != NULL ? options->judge(options->judge_arg, path, err) : TLSAGEN_OK;
}
