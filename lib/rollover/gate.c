/* gate.c - may this certificate be deployed? A fresh look, and nothing is changed. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "rules.h"

static void answer(struct tlsagen_rollover_gate *gate, enum tlsagen_rollover_answer how,
                   int64_t safe_at, const char *format, ...) TLSAGEN_PRINTF(4, 5);

static void answer(struct tlsagen_rollover_gate *gate, enum tlsagen_rollover_answer how,
                   int64_t safe_at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(gate->why, sizeof(gate->why), format, args);
    va_end(args);
    gate->answer = how;
    gate->safe_at = safe_at;
}

/* The certificate asked about as a side; *answered when the answer is given already. That there is
 * none, or that it cannot be read, is no answer. */
static enum tlsagen_status read_certificate(struct member *member, const char *path,
                                            struct model_side *side,
                                            struct tlsagen_rollover_gate *gate, bool *answered,
                                            struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = member->service;
    const struct side_terms terms = member_terms(member);
    const int64_t now = engine_now();
    struct source source;
    const struct source_ask ask = {
        .paths = &path, .path_count = 1, .host = service->host, .now = now};
    *answered = false;
    if (access(path, F_OK) != 0)
        return tlsagen_err_system(err, errno, "cannot read the certificate %s", path);
    source_init(&source);
    enum tlsagen_status status = source_read(member->rollover->ctx, &ask, &source, err);
    if (status == TLSAGEN_OK)
        status = source_check(&source, service->host, now, err);
    if (status == TLSAGEN_OK)
        status =
            side_of_source(member->rollover->ctx, &terms, &source, &member->state.table, side, err);
    (void)member_play(member);
    source_clear(&source);
    if (status == TLSAGEN_OK || status == TLSAGEN_E_NOTFOUND || status == TLSAGEN_E_SYSTEM ||
        status == TLSAGEN_E_MEMORY)
        return status;
    answer(gate, status == TLSAGEN_E_TIMEOUT ? TLSAGEN_GATE_LATER : TLSAGEN_GATE_NEVER, 0, "%s",
           err->message);
    *answered = true;
    return TLSAGEN_OK;
}

/* After the look: how things stand for the side. */
static void judge(const struct member *member, const struct model_side *side,
                  struct tlsagen_rollover_gate *gate)
{
    const struct model_facts *facts = &member->state.facts;
    const int64_t now = engine_now();
    const int64_t safe = model_safe_at(facts, &member->policy);
    const bool is_next = facts->next.known && memcmp(side->keys, facts->next.keys, MODEL_ID) == 0;
    const bool published =
        facts->written == 0 || model_serves(&member->combos, facts->written, side);
    if (rules_same(side, &facts->current) && facts->switched == 0)
        answer(gate, TLSAGEN_GATE_YES, 0, "this certificate is deployed already");
    else if (facts->switched == 0 && rules_follows(&member->combos, &facts->current, side))
        answer(gate, TLSAGEN_GATE_YES, 0, "its records are those of what is deployed");
    else if (!published && is_next)
        answer(gate, TLSAGEN_GATE_LATER, 0, "its records are not published yet");
    else if (!published && memcmp(side->id, facts->refused, MODEL_ID) == 0)
        answer(gate, TLSAGEN_GATE_NEVER, 0,
               "it was aborted; another certificate in `source` begins a new rollover");
    else if (!published)
        answer(gate, TLSAGEN_GATE_NEVER, 0,
               "the records of its key are not published; put it into `source`, so that they are");
    else if (facts->seen == 0)
        answer(gate, TLSAGEN_GATE_LATER, 0,
               "not every name server has its records, or they are not secure");
    else if (now < safe)
        answer(gate, TLSAGEN_GATE_LATER, safe, "caches may hold the former records");
    else
        answer(gate, TLSAGEN_GATE_YES, 0, "every name server has its records, and every cache");
}

/* Servers that hold what nobody wrote, or do not answer, leave nothing to build on. */
static bool is_clear(const struct member *member, struct tlsagen_rollover_gate *gate)
{
    for (size_t i = 0; i < member->view.place_count; i++) {
        const struct model_place *place = &member->view.places[i];
        if (place->ignored)
            continue;
        if (!place->answered) {
            answer(gate, TLSAGEN_GATE_LATER, 0,
                   "a name server does not answer, and what it has cannot be known%s%s",
                   member->silent.code != TLSAGEN_OK ? ": " : "",
                   member->silent.code != TLSAGEN_OK ? member->silent.message : "");
            return false;
        }
        if (place->unknown || !rules_is_known(&member->state.facts, place->set)) {
            answer(gate, TLSAGEN_GATE_LATER, 0,
                   "a name server has records that no rollover wrote; see `tlsagen rollover "
                   "run %s`",
                   member->service->name);
            return false;
        }
    }
    if (member->view.trust != MODEL_SECURE) {
        answer(gate, TLSAGEN_GATE_LATER, 0, "there is no answer that validates as secure");
        return false;
    }
    return true;
}

static enum tlsagen_status ask(struct member *member, const char *path,
                               struct tlsagen_rollover_gate *gate, struct tlsagen_err *err)
{
    struct model_side side;
    bool answered;
    enum tlsagen_status status = read_certificate(member, path, &side, gate, &answered, err);
    if (status != TLSAGEN_OK || answered)
        return status;
    if (!member->state.facts.current.known) {
        answer(gate, TLSAGEN_GATE_LATER, 0,
               "the service was never looked at; see `tlsagen "
               "rollover run %s`",
               member->service->name);
        return TLSAGEN_OK;
    }
    status = member_look(member, err);
    if (status != TLSAGEN_OK)
        return status;
    model_note_view(&member->state.facts, &member->view, &member->policy, engine_now());
    if (is_clear(member, gate))
        judge(member, &side, gate);
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_rollover_gate_ask(struct tlsagen_rollover *rollover,
                                              const struct tlsagen_config_service *service,
                                              const char *path, struct tlsagen_rollover_gate *gate,
                                              struct tlsagen_err *err)
{
    struct member member;
    *gate = (struct tlsagen_rollover_gate){.answer = TLSAGEN_GATE_LATER};
    enum tlsagen_status status = member_open(&member, rollover, service, err);
    if (status == TLSAGEN_OK)
        status = ask(&member, path, gate, err);
    member_close(&member);
    return status;
}
