/* progress.c - what a look has shown: told and remembered once. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "rules.h"

#define AGAIN 86400 /* seconds after which what goes on is told once more */

static void done(struct member *member, const char *action, const char *text,
                 tlsagen_rollover_report *report, void *arg)
{
    const int64_t now = engine_now();
    const struct tlsagen_rollover_event event = {
        .service = member->service->name,
        .kind = TLSAGEN_ROLLOVER_STEP,
        .stage = (enum tlsagen_rollover_stage)model_stage(&member->state.facts, &member->combos,
                                                          &member->policy, now),
        .action = action,
        .reason = action,
        .text = text,
    };
    member_log(member, now, text);
    if (report != NULL)
        report(arg, &event);
}

static void tell_seen(struct member *member, tlsagen_rollover_report *report, void *arg)
{
    char text[128] = "every name server has the records, and they are secure", when[32];
    const time_t safe = (time_t)model_safe_at(&member->state.facts, &member->policy);
    struct tm tm;
    if (gmtime_r(&safe, &tm) != NULL &&
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0) {
        const size_t len = strlen(text);
        (void)snprintf(text + len, sizeof(text) - len, "; safe to deploy from %s", when);
    }
    done(member, "seen", text, report, arg);
}

void member_progress(struct member *member, const struct model_facts *before,
                     tlsagen_rollover_report *report, void *arg)
{
    const struct model_facts *after = &member->state.facts;
    /* Before its records are written, what servers have says nothing of the next side. */
    const bool waits = before->next.known && after->next.known && after->switched == 0 &&
                       model_serves(&member->combos, after->written, &after->next);
    if (member->rollover->options.dry_run)
        return;
    if (waits && before->seen == 0 && after->seen != 0)
        tell_seen(member, report, arg);
    if (waits && before->seen != 0 && after->seen == 0)
        done(member, "fell-back",
             "a name server fell back, or the records are not secure any more: the wait begins "
             "again",
             report, arg);
    if (before->verified == 0 && after->verified != 0)
        done(member, "verified", "every endpoint shows the new certificate", report, arg);
    if (before->verified != 0 && after->verified == 0 && after->next.known)
        done(member, "unverified", "an endpoint shows the former certificate again", report, arg);
    if (before->finished != after->finished)
        done(member, "finished", "the rollover is complete", report, arg);
}

bool member_repeats(struct member *member, const char *text)
{
    const int64_t now = engine_now();
    struct tlsagen_err ignored;
    const struct state *state = &member->state;
    const struct state_step *last =
        state->step_count == 0 ? NULL : &state->steps[state->step_count - 1];
    char kept[STATE_TEXT];
    if (member->rollover->options.dry_run)
        return false;
    (void)snprintf(kept, sizeof(kept), "%s", text);
    if (last != NULL && strcmp(last->text, kept) == 0 && now < last->at + AGAIN)
        return true;
    member_log(member, now, text);
    (void)state_write(&member->rollover->home, member->service->name, &member->state, &ignored);
    return false;
}
