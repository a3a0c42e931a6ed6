/* reload.c - tlsagen_reload_run: the command, and the wait until it had an effect. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve.h"

#define FIRST_PAUSE_MS 5
#define LAST_PAUSE_MS 75 /* with the question itself, so much is lost after the server is ready */
#define QUESTION_MS 5000U
#define LAST_QUESTION_MS 2000U /* the deadline may pass meanwhile */

static void pause_ms(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* The server has what it was told to load. */
static bool is_there(const struct tlsagen_reload *reload,
                     const struct tlsagen_reload_result *result)
{
    if (!result->has_serial)
        return false;
    if (reload->has_serial)
        return serve_has(result->serial, reload->serial);
    return !result->has_before || result->serial != result->before;
}

static enum tlsagen_status too_late(const struct tlsagen_reload *reload,
                                    const struct tlsagen_reload_result *result,
                                    struct tlsagen_err *err)
{
    char serves[64] = "no serial", wanted[64] = "a new serial";
    if (reload->thaw && !result->has_serial)
        return tlsagen_err_set(
            err, TLSAGEN_E_TIMEOUT,
            "%s: the server accepted the thaw, and the zone is still frozen %u s "
            "later; its log tells why (a broken file)",
            reload->zone, reload->wait_ms / 1000);
    if (result->has_serial)
        (void)snprintf(serves, sizeof(serves), "serial %u", result->serial);
    if (reload->has_serial)
        (void)snprintf(wanted, sizeof(wanted), "serial %u", reload->serial);
    return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                           "%s: the server accepted the reload and serves %s, not %s, %u s later; "
                           "its log tells why (a broken file, a serial that was not bumped)",
                           reload->zone, serves, wanted, reload->wait_ms / 1000);
}

/* Looks again and again, with growing pauses. */
static enum tlsagen_status wait_for_serial(const struct tlsagen_reload *reload, int64_t begin,
                                           struct tlsagen_reload_result *result,
                                           struct tlsagen_err *err)
{
    int64_t deadline = begin + reload->wait_ms;
    for (int64_t pause = FIRST_PAUSE_MS;;
         pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS) {
        int64_t left = deadline - serve_now();
        uint32_t most = left > QUESTION_MS        ? QUESTION_MS
                        : left < LAST_QUESTION_MS ? LAST_QUESTION_MS
                                                  : (uint32_t)left;
        enum tlsagen_status status =
            serve_serial(reload, most, &result->has_serial, &result->serial, err);
        if (status != TLSAGEN_OK)
            return status;
        result->elapsed_ms = (uint32_t)(serve_now() - begin);
        if (is_there(reload, result)) {
            result->loaded = true;
            return TLSAGEN_OK;
        }
        left = deadline - serve_now();
        if (left <= 0)
            return too_late(reload, result, err);
        pause_ms(pause < left ? pause : left);
    }
}

/* "up-to-date": by its time the file is none that the server has not loaded. */
static enum tlsagen_status judge_up_to_date(const struct tlsagen_reload *reload,
                                            struct tlsagen_reload_result *result,
                                            struct tlsagen_err *err)
{
    enum tlsagen_status status =
        serve_serial(reload, QUESTION_MS, &result->has_serial, &result->serial, err);
    if (status != TLSAGEN_OK)
        return status;
    if (!reload->has_serial || is_there(reload, result))
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: the server says \"%s\" and serves serial %u, not %u; it loads "
                           "another file, or the file's time is not newer than that of the last "
                           "load",
                           reload->zone, result->words, result->serial, reload->serial);
}

enum tlsagen_status tlsagen_reload_run(const struct tlsagen_reload *reload,
                                       struct tlsagen_reload_result *result,
                                       struct tlsagen_err *err)
{
    struct tlsagen_server_answer answer;
    *result = (struct tlsagen_reload_result){.loaded = false};
    /* What is wrong with server, key or zone is told by this, too. */
    enum tlsagen_status status = TLSAGEN_OK;
    if (!reload->asked)
        status = serve_serial(reload, QUESTION_MS, &result->has_before, &result->before, err);
    if (status != TLSAGEN_OK)
        return status;
    int64_t begin = serve_now();
    struct tlsagen_server server = *reload->server;
    if (server.timeout_ms == 0)
        server.timeout_ms = reload->wait_ms; /* nobody waits longer for a program that hangs */
    status =
        tlsagen_server_tell(&server, reload->thaw ? TLSAGEN_SERVER_THAW : TLSAGEN_SERVER_RELOAD,
                            reload->zone, &answer, err);
    if (status != TLSAGEN_OK)
        return status;
    memcpy(result->words, answer.words, sizeof(result->words));
    status = serve_judge(reload, &answer, err);
    if (status != TLSAGEN_OK)
        return status;
    if (answer.reply == TLSAGEN_REPLY_UP_TO_DATE)
        return judge_up_to_date(reload, result, err);
    if (reload->wait_ms == 0) {
        result->loaded = true;
        result->elapsed_ms = (uint32_t)(serve_now() - begin);
        return TLSAGEN_OK;
    }
    return wait_for_serial(reload, begin, result, err);
}
