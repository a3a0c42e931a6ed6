/* words.c - where a service stands, and the words for it. */
#include "rules.h"

const char *model_reason_word(enum model_reason reason)
{
    static const char *const words[MODEL_WHY_COUNT] = {
        [MODEL_WHY_IDLE] = "idle",         [MODEL_WHY_FIRST] = "first",
        [MODEL_WHY_REPAIR] = "repair",     [MODEL_WHY_NEXT] = "next",
        [MODEL_WHY_CHANGE] = "change",     [MODEL_WHY_SPREAD] = "spreading",
        [MODEL_WHY_SILENT] = "silent",     [MODEL_WHY_TRUST] = "not-secure",
        [MODEL_WHY_CACHES] = "caches",     [MODEL_WHY_CERTIFICATE] = "no-certificate",
        [MODEL_WHY_SAFE] = "safe",         [MODEL_WHY_EARLY] = "too-early",
        [MODEL_WHY_VERIFY] = "verifying",  [MODEL_WHY_KEEP] = "keeping",
        [MODEL_WHY_RETIRE] = "retiring",   [MODEL_WHY_DEADLINE] = "deadline",
        [MODEL_WHY_FAILED] = "failed",     [MODEL_WHY_ABORT] = "abort",
        [MODEL_WHY_REFUSED] = "aborted",   [MODEL_WHY_REUSE] = "new-key",
        [MODEL_WHY_UNFIT] = "unfit",       [MODEL_WHY_UNSAFE] = "unsafe",
        [MODEL_WHY_FOREIGN] = "foreign",   [MODEL_WHY_STRANGER] = "stranger",
        [MODEL_WHY_CLOCK] = "clock",       [MODEL_WHY_LIVE] = "live",
        [MODEL_WHY_WRITE] = "not-written", [MODEL_WHY_EMERGENCY] = "emergency",
    };
    return (unsigned)reason < MODEL_WHY_COUNT ? words[reason] : "?";
}

const char *model_stage_word(enum model_stage stage)
{
    static const char *const words[] = {
        [MODEL_STAGE_NEW] = "new",           [MODEL_STAGE_IDLE] = "idle",
        [MODEL_STAGE_STAGED] = "staged",     [MODEL_STAGE_PUBLISHED] = "published",
        [MODEL_STAGE_SEEN] = "seen",         [MODEL_STAGE_SAFE] = "safe",
        [MODEL_STAGE_DEPLOYED] = "deployed", [MODEL_STAGE_VERIFIED] = "verified",
        [MODEL_STAGE_RETIRED] = "retired",   [MODEL_STAGE_ABORTING] = "aborting",
    };
    return (unsigned)stage < sizeof(words) / sizeof(words[0]) ? words[stage] : "?";
}

/*
 * Its records are published once what is written serves it; what may come only after the switch, as
 * a combination that the current side cannot serve, is no reason to call it unpublished.
 */
static enum model_stage stage_of_next(const struct model_facts *facts,
                                      const struct model_combos *combos,
                                      const struct model_policy *policy, int64_t now)
{
    const bool lacks = facts->written == 0 || !model_serves(combos, facts->written, &facts->next);
    if (facts->retire != 0)
        return MODEL_STAGE_RETIRED;
    if (facts->verified != 0)
        return MODEL_STAGE_VERIFIED;
    if (facts->switched != 0)
        return MODEL_STAGE_DEPLOYED;
    if (facts->intent_at != 0 || lacks)
        return MODEL_STAGE_STAGED;
    const int64_t safe = model_safe_at(facts, policy);
    if (safe == 0)
        return MODEL_STAGE_PUBLISHED;
    return now < safe ? MODEL_STAGE_SEEN : MODEL_STAGE_SAFE;
}

enum model_stage model_stage(const struct model_facts *facts, const struct model_combos *combos,
                             const struct model_policy *policy, int64_t now)
{
    if (!facts->current.known)
        return MODEL_STAGE_NEW;
    if (facts->abort != 0)
        return MODEL_STAGE_ABORTING;
    if (facts->next.known)
        return stage_of_next(facts, combos, policy, now);
    return MODEL_STAGE_IDLE;
}
