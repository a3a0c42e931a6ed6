/* freeze.c - a dynamic zone, kept still by its server while its file is edited. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "run.h"

/* What the server says of the zone; an error unless it has it and lets us control it. */
static enum tlsagen_status ask_state(const struct run *run, struct tlsagen_server_zone *state,
                                     struct tlsagen_err *err)
{
    struct tlsagen_server_answer answer;
    struct tlsagen_server server = *run->reload.server;
    if (server.timeout_ms == 0)
        server.timeout_ms = RUN_QUESTION_MS;
    enum tlsagen_status status = tlsagen_server_state(&server, run->zone, &answer, state, err);
    return status == TLSAGEN_OK ? serve_judge(&run->reload, &answer, err) : status;
}

/* Thaws the zone if it is frozen, and waits until it is not. */
static enum tlsagen_status thaw(const struct run *run, bool *thawed, struct tlsagen_err *err)
{
    struct tlsagen_server_zone state;
    struct tlsagen_reload reload = run->reload;
    struct tlsagen_reload_result ignored;
    enum tlsagen_status status = ask_state(run, &state, err);
    *thawed = status == TLSAGEN_OK && state.frozen;
    if (!*thawed)
        return status;
    reload.thaw = reload.asked = true;
    reload.has_serial = false;
    if (reload.wait_ms == 0)
        reload.wait_ms = TLSAGEN_RELOAD_WAIT_MS;
    return tlsagen_reload_run(&reload, &ignored, err);
}

enum tlsagen_status freeze_mend(struct run *run, struct tlsagen_err *err)
{
    if (run->reload.server->kind != TLSAGEN_SERVER_RNDC || !lock_is_marked(&run->lock))
        return TLSAGEN_OK;
    enum tlsagen_status status = thaw(run, &run->result->thawed, err);
    if (status == TLSAGEN_OK)
        status = lock_mark(&run->lock, false, err);
    if (status != TLSAGEN_OK)
        return tlsagen_err_prepend(err, "a run that was killed may have left the zone frozen");
    return TLSAGEN_OK;
}

enum tlsagen_status freeze_find(struct run *run, struct tlsagen_err *err)
{
    struct tlsagen_server_zone state;
    enum tlsagen_status status = ask_state(run, &state, err);
    if (status != TLSAGEN_OK)
        return status;
    if (state.frozen)
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: somebody has frozen the zone, perhaps to edit it; when that is "
                               "done: rndc thaw",
                               run->zone);
    run->reload.thaw = state.dynamic;
    run->reload.has_serial = state.has_serial;
    run->reload.serial = state.serial;
    return TLSAGEN_OK;
}

/* SIGKILL cannot be kept off; for that there is the mark. */
static void hold_signals(struct run *run)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, &run->signals);
}

static void let_signals(const struct run *run)
{
    (void)pthread_sigmask(SIG_SETMASK, &run->signals, NULL);
}

/* Takes the mark away, unless the zone is still frozen; then says so. */
enum tlsagen_status freeze_end(struct run *run, enum tlsagen_status status, struct tlsagen_err *err)
{
    struct tlsagen_err why;
    bool ignored;
    enum tlsagen_status thawed = thaw(run, &ignored, &why);
    if (thawed == TLSAGEN_OK)
        thawed = lock_mark(&run->lock, false, &why);
    if (thawed == TLSAGEN_OK)
        thawed = lock_share(&run->lock, false, &why);
    let_signals(run);
    if (thawed == TLSAGEN_OK)
        return status;
    if (status == TLSAGEN_OK)
        return tlsagen_err_set(err, thawed, "the zone may be frozen still: %.700s", why.message);
    char text[TLSAGEN_ERR_SIZE];
    (void)snprintf(text, sizeof(text), "%s", err->message);
    return tlsagen_err_set(err, status, "%.500s; and the zone may be frozen still: %.400s", text,
                           why.message);
}

/* The serial that the zone file has; false when it cannot be told. */
static bool read_serial(const struct run *run, uint32_t *serial)
{
    const struct tlsagen_zone_options options = {
        .origin = run->zone, .dry_run = true, .frozen = true, .ttl = TLSAGEN_ZONE_TTL_NONE};
    const char *file = run->file != NULL ? run->file : run->publish->file;
    struct tlsagen_zone_change change;
    struct tlsagen_err ignored;
    tlsagen_zone_change_init(&change);
    bool known = tlsagen_zone_bump(file, true, &options, &change, &ignored) == TLSAGEN_OK;
    *serial = change.old_serial;
    tlsagen_zone_change_clear(&change);
    return known;
}

/*
 * BIND answers to freeze before the file is written when it is writing it already, for an update
 * before. What is read too early would be replaced under our hands; so waits until the file has
 * the serial of the server. When that does not happen, the edit finds out what is wrong.
 */
static void wait_for_file(const struct run *run)
{
    struct tlsagen_server_zone state;
    struct tlsagen_err ignored;
    const int64_t end = serve_now() + RUN_QUESTION_MS;
    uint32_t serial;
    if (ask_state(run, &state, &ignored) != TLSAGEN_OK || !state.has_serial)
        return;
    for (int64_t pause = 5; read_serial(run, &serial) && serial != state.serial;) {
        if (serve_now() >= end)
            return;
        serve_nap(pause);
        pause = pause < 100 ? pause * 2 : pause;
    }
}

enum tlsagen_status freeze_begin(struct run *run, struct tlsagen_err *err)
{
    struct tlsagen_server_answer answer;
    enum tlsagen_status status = lock_share(&run->lock, true, err);
    if (status == TLSAGEN_OK)
        status = lock_mark(&run->lock, true, err);
    if (status != TLSAGEN_OK)
        return status;
    hold_signals(run);
    status =
        tlsagen_server_tell(run->reload.server, TLSAGEN_SERVER_FREEZE, run->zone, &answer, err);
    if (status == TLSAGEN_OK && answer.reply == TLSAGEN_REPLY_FROZEN) {
        /* By somebody else, since we asked: his to thaw. */
        (void)lock_mark(&run->lock, false, err);
        let_signals(run);
        return serve_judge(&run->reload, &answer, err);
    }
    if (status == TLSAGEN_OK)
        status = serve_judge(&run->reload, &answer, err);
    if (status != TLSAGEN_OK)
        return freeze_end(run, status, err);
    wait_for_file(run);
    return TLSAGEN_OK;
}
