/* group.c - services that share `live` are switched together; the others each for itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "rules.h"

#define LOCK_MS 60000U

struct group {
    struct member **members; /* owned */
    size_t count;
    tlsagen_rollover_report *report;
    void *arg;
};

static void tell_step(struct member *member, const char *text, const struct group *group)
{
    const struct tlsagen_rollover_event event = {
        .service = member->service->name,
        .kind = TLSAGEN_ROLLOVER_STEP,
        .stage = (enum tlsagen_rollover_stage)model_stage(&member->state.facts, &member->combos,
                                                          &member->policy, engine_now()),
        .action = member->step.action == MODEL_SWITCH ? "deploy" : "deploy-back",
        .reason = model_reason_word(member->step.reason),
        .text = text,
        .due = member->step.due,
    };
    if (group->report != NULL)
        group->report(group->arg, &event);
}

static void fail_all(const struct group *group, struct tlsagen_err *err)
{
    for (size_t i = 0; i < group->count; i++)
        member_fail(group->members[i], err, group->report, group->arg);
}

/* It is to be switched to what first is, or has that by a run that was broken off. One that is not
 * done with the certificate before has no records of it. */
static bool goes_with(const struct member *member, const struct member *first)
{
    const struct model_facts *facts = &member->state.facts;
    const struct model_side *next = &first->state.facts.next;
    if (member->step.action == MODEL_SWITCH && !member->failed)
        return rules_same(&facts->next, next);
    return (facts->switched != 0 && rules_same(&facts->next, next)) ||
           (!facts->next.known && rules_same(&facts->current, next));
}

/* One that is not ready for what first is to be switched to; NULL: all are. */
static const struct member *find_unready(const struct group *group, const struct member *first)
{
    for (size_t i = 0; i < group->count; i++) {
        if (!goes_with(group->members[i], first))
            return group->members[i];
    }
    return NULL;
}

static struct member *first_with(const struct group *group, enum model_action action)
{
    for (size_t i = 0; i < group->count; i++) {
        if (!group->members[i]->failed && !group->members[i]->shown &&
            group->members[i]->step.action == action)
            return group->members[i];
    }
    return NULL;
}

/* Takes part in a switch of that kind: its step says so, or (back) it was switched with the others.
 */
static bool takes_part(const struct member *member, enum model_action action)
{
    return member->step.action == action ||
           (action == MODEL_SWITCH_BACK && member->state.facts.switched != 0);
}

static enum tlsagen_status note_intents(const struct group *group, const struct model_step *step,
                                        int64_t now, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < group->count && status == TLSAGEN_OK; i++) {
        struct member *member = group->members[i];
        if (!takes_part(member, step->action))
            continue;
        member->step = *step;
        model_note_intent(&member->state.facts, step, now);
        status = member_save(member, err);
    }
    return status;
}

static enum tlsagen_status note_results(const struct group *group, const struct model_step *step,
                                        bool hook_ok, const char *text, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < group->count && status == TLSAGEN_OK; i++) {
        struct member *member = group->members[i];
        if (!takes_part(member, step->action))
            continue;
        model_note_done(&member->state.facts, step, true, hook_ok, engine_now());
        member_log(member, engine_now(), text);
        status = member_save(member, err);
        if (status == TLSAGEN_OK)
            tell_step(member, text, group);
        if (status == TLSAGEN_OK)
            status = member_refresh(member, engine_now(), err);
    }
    return status;
}

/* `live` goes forward or back, once for all. */
static void switch_all(const struct group *group, struct member *first)
{
    const struct model_step step = first->step;
    struct tlsagen_err err;
    struct tlsagen_buf text;
    bool hook_ok = true;
    const bool dry_run = first->rollover->options.dry_run;
    tlsagen_buf_init(&text);
    enum tlsagen_status status =
        dry_run ? TLSAGEN_OK : note_intents(group, &step, engine_now(), &err);
    if (status == TLSAGEN_OK)
        status = member_switch(first, step.action == MODEL_SWITCH_BACK, engine_now(), &hook_ok,
                               &text, &err);
    if (status == TLSAGEN_OK && dry_run) {
        for (size_t i = 0; i < group->count; i++)
            (void)member_only_show(group->members[i], text.data, group->report, group->arg);
    } else if (status == TLSAGEN_OK) {
        const struct tlsagen_err hook = first->fault;
        status = note_results(group, &step, hook_ok, text.failed ? "" : text.data, &err);
        if (status == TLSAGEN_OK && !hook_ok) {
            struct tlsagen_err why = hook;
            fail_all(group, &why);
        }
        if (status == TLSAGEN_OK)
            member_clean(first);
    }
    if (status != TLSAGEN_OK)
        fail_all(group, &err);
    tlsagen_buf_clear(&text);
}

/* Not now; the caller says why. */
static void hold(struct member *member)
{
    member->step.action = MODEL_HOLD;
    member->step.due = engine_now() + member->policy.watch;
}

/* Who is ready waits for who is not. */
static void hold_ready(const struct group *group)
{
    const struct member *first = first_with(group, MODEL_SWITCH);
    const struct member *late = first != NULL ? find_unready(group, first) : NULL;
    for (size_t i = 0; i < group->count && late != NULL; i++) {
        struct model_step *step = &group->members[i]->step;
        const struct member *other = group->members[i] == late ? first : late;
        if (step->action != MODEL_SWITCH)
            continue;
        hold(group->members[i]);
        (void)snprintf(step->why, sizeof(step->why),
                       "safe to deploy; waits for %.200s, which "
                       "shares `live`",
                       other->service->name);
    }
}

/* Another one with the same next side that is not verified. */
static const char *find_late(const struct group *group, const struct member *but)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct model_facts *facts = &group->members[i]->state.facts;
        if (group->members[i] != but && facts->verified == 0 &&
            rules_same(&facts->next, &but->state.facts.next))
            return group->members[i]->service->name;
    }
    return NULL;
}

/* One for whom the certificate that `live` would go back to is not the former one, or is not
 * published any more; NULL: all can go back. */
static const struct member *find_gone_on(const struct group *group, const struct member *back)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct member *member = group->members[i];
        const struct model_facts *facts = &member->state.facts;
        if (!rules_same(&facts->current, &back->state.facts.current) || facts->retire != 0 ||
            !model_serves(&member->combos, facts->written, &facts->current))
            return member;
    }
    return NULL;
}

/* One whose former records caches may lack, which holds all back; NULL: nobody's. */
static const struct member *find_without_way(const struct group *group, const struct member *back)
{
    for (size_t i = 0; i < group->count && !back->policy.emergency; i++) {
        const struct member *member = group->members[i];
        if (takes_part(member, MODEL_SWITCH_BACK) &&
            !rules_is_way_back(&member->state.facts, engine_now()))
            return member;
    }
    return NULL;
}

static void hold_back(const struct group *group, const struct member *late)
{
    for (size_t i = 0; i < group->count; i++) {
        struct model_step *step = &group->members[i]->step;
        if (step->action != MODEL_SWITCH_BACK)
            continue;
        hold(group->members[i]);
        (void)snprintf(step->why, sizeof(step->why),
                       "the way back waits for %.200s, which shares `live`: caches may lack its "
                       "former records",
                       late->service->name);
    }
}

/* False: `live` stays as it is. */
static bool may_go_back(const struct group *group, struct member *back)
{
    const struct member *gone_on = find_gone_on(group, back);
    if (gone_on == NULL) {
        const struct member *late = find_without_way(group, back);
        if (late != NULL)
            hold_back(group, late);
        return late == NULL;
    }
    back->step.action = MODEL_STOP;
    back->step.due = 0;
    (void)snprintf(back->step.why, sizeof(back->step.why),
                   "%.100s; there is no way back, as %.160s, which shares `live`, cannot go back",
                   back->step.reason == MODEL_WHY_ABORT
                       ? "the rollover is aborted"
                       : "not every endpoint shows the new certificate in time",
                   gone_on->service->name);
    return false;
}

static void run_group(const struct group *group)
{
    for (int round = 0; round < 8; round++) {
        for (size_t i = 0; i < group->count; i++) {
            group->members[i]->late = find_late(group, group->members[i]);
            member_advance(group->members[i], group->report, group->arg);
        }
        struct member *back = first_with(group, MODEL_SWITCH_BACK);
        struct member *forward = first_with(group, MODEL_SWITCH);
        if (back != NULL && !may_go_back(group, back))
            break;
        if (back != NULL)
            switch_all(group, back);
        else if (forward != NULL && find_unready(group, forward) == NULL)
            switch_all(group, forward);
        else
            break;
    }
    hold_ready(group);
    for (size_t i = 0; i < group->count; i++)
        member_report(group->members[i], group->report, group->arg);
}

/* --- who belongs together --- */

static int by_live(const void *a, const void *b)
{
    const struct tlsagen_config_service *const *x = a, *const *y = b;
    const char *p = (*x)->live != NULL ? (*x)->live : "", *q = (*y)->live != NULL ? (*y)->live : "";
    return strcmp(p, q);
}

/* The services of one group: those from begin up to the returned place in the sorted list. */
static size_t end_of_group(const struct tlsagen_config_service **sorted, size_t count, size_t begin)
{
    size_t end = begin + 1;
    if (sorted[begin]->live == NULL)
        return end;
    while (end < count && by_live(&sorted[begin], &sorted[end]) == 0)
        end++;
    return end;
}

static bool is_wanted(const struct tlsagen_config_service *const *services, size_t count,
                      const struct tlsagen_config_service *service)
{
    for (size_t i = 0; i < count; i++) {
        if (services[i] == service)
            return true;
    }
    return services == NULL;
}

/* One group from opening its members to closing them; some of them are wanted. */
static void run_services(struct tlsagen_rollover *rollover,
                         const struct tlsagen_config_service *const *wanted, size_t wanted_count,
                         const struct tlsagen_config_service **services, size_t count,
                         tlsagen_rollover_report *report, void *arg)
{
    struct group group = {.report = report, .arg = arg};
    struct tlsagen_err err;
    group.members = calloc(count, sizeof(*group.members));
    for (size_t i = 0; group.members != NULL && i < count; i++) {
        struct member *member = calloc(1, sizeof(*member));
        if (member == NULL)
            break;
        group.members[group.count++] = member;
        if (member_open(member, rollover, services[i], &err) != TLSAGEN_OK)
            member_fail(member, &err, report, arg);
        else if (rollover->options.adopt && is_wanted(wanted, wanted_count, services[i]))
            member_adopt(member, report, arg);
    }
    if (group.count == count)
        run_group(&group);
    for (size_t i = 0; i < group.count; i++) {
        member_close(group.members[i]);
        free(group.members[i]);
    }
    free(group.members);
}

/* A service without a source has pinned records alone, and no key to be followed by another. */
static void tell_pinned(const struct tlsagen_config_service *service,
                        tlsagen_rollover_report *report, void *arg)
{
    const struct tlsagen_rollover_event event = {
        .service = service->name,
        .kind = TLSAGEN_ROLLOVER_WAIT,
        .stage = TLSAGEN_ROLLOVER_IDLE,
        .action = "",
        .reason = "pinned",
        .text = "its records are pinned, and there is no source of keys",
    };
    if (report != NULL)
        report(arg, &event);
}

static enum tlsagen_status run_all(struct tlsagen_rollover *rollover,
                                   const struct tlsagen_config_service *const *services,
                                   size_t count, tlsagen_rollover_report *report, void *arg,
                                   struct tlsagen_err *err)
{
    const struct tlsagen_config *config = rollover->config;
    size_t all = 0;
    const struct tlsagen_config_service **sorted =
        calloc(config->service_count + 1, sizeof(*sorted));
    if (sorted == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < config->service_count; i++) {
        const struct tlsagen_config_service *service = config->services[i];
        if (service->source.count > 0)
            sorted[all++] = service;
        else if (is_wanted(services, count, service))
            tell_pinned(service, report, arg);
    }
    qsort(sorted, all, sizeof(sorted[0]), by_live);
    for (size_t begin = 0, end; begin < all; begin = end) {
        bool wanted = false;
        end = end_of_group(sorted, all, begin);
        for (size_t i = begin; i < end; i++)
            wanted = wanted || is_wanted(services, count, sorted[i]);
        if (wanted)
            run_services(rollover, services, count, sorted + begin, end - begin, report, arg);
    }
    free(sorted);
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_rollover_run(struct tlsagen_rollover *rollover,
                                         const struct tlsagen_config_service *const *services,
                                         size_t count, tlsagen_rollover_report *report, void *arg,
                                         struct tlsagen_err *err)
{
    int lock = -1;
    const uint32_t wait = rollover->options.lock_ms != 0 ? rollover->options.lock_ms : LOCK_MS;
    if (rollover->options.dry_run)
        return run_all(rollover, services, count, report, arg, err);
    enum tlsagen_status status = state_lock(&rollover->home, NULL, wait, &lock, err);
    if (status != TLSAGEN_OK)
        return status;
    status = run_all(rollover, services, count, report, arg, err);
    state_unlock(lock);
    return status;
}
