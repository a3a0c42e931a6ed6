/* run.c - what is due is done: decide, observe, act, until each service has to wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "rules.h"

#define ROUNDS 32 /* far above what a service can do in one run */

static const char *action_name(enum model_action action)
{
    switch (action) {
    case MODEL_PUBLISH:
        return "publish";
    case MODEL_SWITCH:
        return "deploy";
    case MODEL_SWITCH_BACK:
        return "deploy-back";
    case MODEL_TELL:
        return "tell";
    default:
        return "";
    }
}

/* That servers and endpoints take their time is none; a write that failed was told. */
static bool is_trouble(const struct member *member, enum tlsagen_rollover_kind kind)
{
    const enum model_reason reason = member->step.reason;
    return kind == TLSAGEN_ROLLOVER_STOP ||
           (kind == TLSAGEN_ROLLOVER_HOLD && reason != MODEL_WHY_SPREAD &&
            reason != MODEL_WHY_VERIFY && reason != MODEL_WHY_WRITE);
}

static void tell(struct member *member, enum tlsagen_rollover_kind kind, const char *text,
                 tlsagen_rollover_report *report, void *arg)
{
    const bool repeated = is_trouble(member, kind) && member_repeats(member, text);
    const struct tlsagen_rollover_event event = {
        .service = member->service->name,
        .kind = kind,
        .stage = (enum tlsagen_rollover_stage)model_stage(&member->state.facts, &member->combos,
                                                          &member->policy, engine_now()),
        .action = action_name(member->step.action),
        .reason = model_reason_word(member->step.reason),
        .text = text,
        .due = member->step.due,
        .repeated = repeated,
    };
    if (report != NULL)
        report(arg, &event);
}

void member_fail(struct member *member, const struct tlsagen_err *err,
                 tlsagen_rollover_report *report, void *arg)
{
    if (member->failed)
        return;
    member->failed = true;
    tell(member, TLSAGEN_ROLLOVER_FAIL, err->message, report, arg);
}

/* --- steps of one service --- */

/* In a dry run the first step ends it: what follows depends on it. */
bool member_only_show(struct member *member, const char *text, tlsagen_rollover_report *report,
                      void *arg)
{
    struct tlsagen_buf line;
    if (!member->rollover->options.dry_run)
        return false;
    tlsagen_buf_init(&line);
    tlsagen_buf_printf(&line, "would be done: %s", text);
    tell(member, TLSAGEN_ROLLOVER_STEP, line.failed ? text : line.data, report, arg);
    tlsagen_buf_clear(&line);
    member->shown = true;
    return true;
}

static enum tlsagen_status act(struct member *member, int64_t now, struct tlsagen_buf *text,
                               struct tlsagen_err *err)
{
    return member->step.action == MODEL_PUBLISH ? member_publish(member, now, text, err)
                                                : member_tell(member, text, err);
}

/* PUBLISH and TELL: the intent is on the disk before, the result after. */
static enum tlsagen_status do_step(struct member *member, tlsagen_rollover_report *report,
                                   void *arg, struct tlsagen_err *err)
{
    const int64_t now = engine_now();
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = TLSAGEN_OK;
    if (!member->rollover->options.dry_run) {
        model_note_intent(&member->state.facts, &member->step, now);
        status = member_save(member, err);
    }
    if (status == TLSAGEN_OK)
        status = act(member, now, &text, err);
    if (status == TLSAGEN_OK &&
        !member_only_show(member, text.failed ? "" : text.data, report, arg)) {
        model_note_done(&member->state.facts, &member->step, true, true, engine_now());
        member_log(member, now, text.failed ? "" : text.data);
        status = member_save(member, err);
        if (status == TLSAGEN_OK)
            tell(member, TLSAGEN_ROLLOVER_STEP, text.failed ? "" : text.data, report, arg);
    } else if (status != TLSAGEN_OK) {
        model_note_done(&member->state.facts, &member->step, false, true, engine_now());
        member_log(member, now, err->message);
    }
    tlsagen_buf_clear(&text);
    member->view.looked = member->view.probed = false;
    return status;
}

/* `live` may go back for all while one of those that share it is not verified, so that what served
 * the former certificate stays for each of them. */
static void wait_for_late(struct member *member, int64_t now)
{
    struct model_step *step = &member->step;
    if (member->late == NULL || step->action != MODEL_PUBLISH || step->reason != MODEL_WHY_RETIRE ||
        !member->state.facts.next.known)
        return;
    step->action = MODEL_HOLD;
    step->reason = MODEL_WHY_VERIFY;
    step->due = now + member->policy.watch;
    (void)snprintf(step->why, sizeof(step->why),
                   "verified; the replaced records stay until %.160s is verified, too, which "
                   "shares `live`",
                   member->late);
}

static enum tlsagen_status advance_once(struct member *member, bool *more,
                                        tlsagen_rollover_report *report, void *arg,
                                        struct tlsagen_err *err)
{
    const int64_t now = engine_now();
    struct model_facts *facts = &member->state.facts;
    const struct model_facts before = *facts;
    model_note_view(facts, &member->view, &member->policy, now);
    /* What endpoints show was told before it was known which certificate is the current one. */
    if (!before.current.known && facts->current.known)
        member->view.probed = false;
    member_progress(member, &before, report, arg);
    member->view.clock_step = 0;
    model_decide(facts, &member->view, &member->policy, now, &member->step);
    share_decide(member, now);
    wait_for_late(member, now);
    *more = true;
    switch (member->step.action) {
    case MODEL_LOOK:
        member->fault.code = TLSAGEN_OK;
        return member_look(member, err);
    case MODEL_PROBE:
        member->fault.code = TLSAGEN_OK;
        return member_probe(member, err);
    case MODEL_PUBLISH:
    case MODEL_TELL:
        return do_step(member, report, arg, err);
    default:
        *more = false;
        return member_save(member, err);
    }
}

void member_advance(struct member *member, tlsagen_rollover_report *report, void *arg)
{
    struct tlsagen_err err;
    bool more = !member->failed && !member->shown;
    enum tlsagen_status status = more ? share_refresh(member, &err) : TLSAGEN_OK;
    if (status == TLSAGEN_OK && more && member_play(member))
        status = member_sides(member, &err);
    if (status != TLSAGEN_OK) {
        member_fail(member, &err, report, arg);
        return;
    }
    for (int i = 0; i < ROUNDS && more && !member->shown; i++) {
        if (advance_once(member, &more, report, arg, &err) != TLSAGEN_OK) {
            struct tlsagen_err ignored;
            member_fail(member, &err, report, arg);
            (void)member_save(member, &ignored);
            return;
        }
    }
}

void member_adopt(struct member *member, tlsagen_rollover_report *report, void *arg)
{
    struct tlsagen_err err;
    const int64_t now = engine_now();
    enum tlsagen_status status = member_look(member, &err);
    if (status == TLSAGEN_OK && !member->policy.live)
        status = member_probe(member, &err);
    if (status == TLSAGEN_OK && !model_note_adopt(&member->state.facts, &member->view, now))
        status = tlsagen_err_set(&err, TLSAGEN_E_MISMATCH,
                                 "nothing can be taken over: the name servers do not all have the "
                                 "same records, or which certificate is in use is not known");
    /* What endpoints show was told in terms of the former beginning. */
    member->view.probed = false;
    if (status == TLSAGEN_OK &&
        member_only_show(member, "took over what is in DNS and in use", report, arg))
        return;
    if (status == TLSAGEN_OK) {
        member_log(member, now, "took over what is in DNS and in use");
        status = member_save(member, &err);
    }
    if (status == TLSAGEN_OK)
        tell(member, TLSAGEN_ROLLOVER_STEP, "took over what is in DNS and in use", report, arg);
    else
        member_fail(member, &err, report, arg);
}

/* --- where it stands --- */

/* What holds the service up, in the words of whoever saw it. */
static const struct tlsagen_err *detail(const struct member *member)
{
    const enum model_reason reason = member->step.reason;
    if (reason == MODEL_WHY_SILENT && member->fault.code == TLSAGEN_OK)
        return &member->silent;
    if (reason == MODEL_WHY_LIVE && !member->policy.live)
        return &member->fault; /* what is in use is what endpoints show */
    if (reason == MODEL_WHY_UNFIT || reason == MODEL_WHY_LIVE || reason == MODEL_WHY_IDLE)
        return &member->source_err;
    return &member->fault;
}

void member_report(struct member *member, tlsagen_rollover_report *report, void *arg)
{
    static const enum tlsagen_rollover_kind kinds[] = {
        [MODEL_NOTHING] = TLSAGEN_ROLLOVER_WAIT,
        [MODEL_STOP] = TLSAGEN_ROLLOVER_STOP,
    };
    const struct tlsagen_err *why = detail(member);
    enum tlsagen_rollover_kind kind =
        member->step.action == MODEL_NOTHING || member->step.action == MODEL_STOP
            ? kinds[member->step.action]
            : TLSAGEN_ROLLOVER_HOLD;
    struct tlsagen_buf text;
    if (member->failed || member->shown)
        return;
    if (member->step.reason == MODEL_WHY_IDLE && why->code != TLSAGEN_OK &&
        why->code != TLSAGEN_E_NOTFOUND) {
        /* The source is of no use, and what is live goes on. */
        kind = why->code == TLSAGEN_E_TIMEOUT ? TLSAGEN_ROLLOVER_HOLD : TLSAGEN_ROLLOVER_STOP;
        member->step.reason = MODEL_WHY_UNFIT;
        tell(member, kind, why->message, report, arg);
        return;
    }
    if (member->step.reason == MODEL_WHY_UNFIT && why->code != TLSAGEN_OK)
        kind = why->code == TLSAGEN_E_TIMEOUT ? TLSAGEN_ROLLOVER_HOLD : TLSAGEN_ROLLOVER_STOP;
    tlsagen_buf_init(&text);
    tlsagen_buf_str(&text, member->step.why);
    if (kind != TLSAGEN_ROLLOVER_WAIT && why->code != TLSAGEN_OK)
        tlsagen_buf_printf(&text, ": %s", why->message);
    tell(member, kind, text.failed ? member->step.why : text.data, report, arg);
    tlsagen_buf_clear(&text);
}
