#include "serve.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <tlsagen/dns.h>

#define FIRST_LOOK_MS 2000U

bool serve_has(uint32_t have, uint32_t want)
{
    /* 2^31 ahead is undefined there; here it is not newer. */
    return have - want < UINT32_C(0x80000000);
}

int64_t serve_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* `: "the server's words"`, or nothing. */
static const char *quoted(const struct tlsagen_server_answer *answer, char *buf, size_t size)
{
    (void)snprintf(buf, size, answer->words[0] != '\0' ? ": \"%s\"" : "%s", answer->words);
    return buf;
}

enum tlsagen_status serve_judge(const struct tlsagen_reload *reload,
                                const struct tlsagen_server_answer *answer, struct tlsagen_err *err)
{
    char words[TLSAGEN_SERVER_WORDS_SIZE + 8];
    const char *program = tlsagen_server_program(reload->server);
    (void)quoted(answer, words, sizeof(words));
    switch (answer->reply) {
    case TLSAGEN_REPLY_ACCEPTED:
    case TLSAGEN_REPLY_UP_TO_DATE:
        return TLSAGEN_OK;
    case TLSAGEN_REPLY_NO_ZONE:
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: the server does not have this zone (%s%s); see its "
                               "configuration, and --view",
                               reload->zone, program, words);
    case TLSAGEN_REPLY_DENIED:
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                               "%s: the server does not let us control it (%s%s); see the key and "
                               "the addresses it allows",
                               reload->zone, program, words);
    case TLSAGEN_REPLY_DOWN:
        return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                               "%s: nobody answers %s%s; is the server running?", reload->zone,
                               program, words);
    case TLSAGEN_REPLY_FROZEN:
        return tlsagen_err_set(
            err, TLSAGEN_E_MISMATCH, "%s: the zone is frozen and not loaded until rndc thaw%s",
            reload->zone,
            reload->state_dir != NULL && tlsagen_publish_left_frozen(
                                             reload->state_dir, reload->zone, reload->server->view)
                ? "; a tlsagen publish that was killed has left it so, and the next one thaws it"
                : "");
    case TLSAGEN_REPLY_DYNAMIC:
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: a dynamic zone, which the server does not load from its file; "
                               "use tlsagen update, or publish with --update or --freeze",
                               reload->zone);
    case TLSAGEN_REPLY_REJECTED:
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: the server rejects the zone file (%s%s); the old zone is "
                               "served until it is mended",
                               reload->zone, program, words);
    case TLSAGEN_REPLY_FAILED:
        break;
    }
    if (answer->exit_status > 128)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: %s was ended by signal %d%s", reload->zone,
                               program, answer->exit_status - 128, words);
    return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: %s failed with status %d%s", reload->zone,
                           program, answer->exit_status, words);
}

/* The serial of an SOA's rdata: behind two names come five numbers (RFC 1035 section 3.3.13). */
static bool serial_of(const struct tlsagen_dns_answer *answer, uint32_t *serial)
{
    const size_t numbers = 20;
    if (answer->count == 0 || answer->records[0].len < numbers + 2)
        return false;
    const uint8_t *at = answer->records[0].data + answer->records[0].len - numbers;
    *serial = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return true;
}

static enum tlsagen_status ask(const struct tlsagen_reload *reload, uint32_t timeout_ms,
                               bool *known, uint32_t *serial, struct tlsagen_err *err)
{
    const struct tlsagen_dns_question question = {
        .address = reload->address != NULL ? reload->address : "127.0.0.1",
        .port = reload->port,
        .name = reload->zone,
        .type = TLSAGEN_DNS_SOA,
        .timeout_ms = timeout_ms,
    };
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
    *known = status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_RECORDS && answer.authoritative &&
             serial_of(&answer, serial);
    tlsagen_dns_answer_clear(&answer);
    return status;
}

static enum tlsagen_status ask_rndc(const struct tlsagen_reload *reload, uint32_t timeout_ms,
                                    struct tlsagen_server_zone *state, struct tlsagen_err *err)
{
    struct tlsagen_server server = *reload->server;
    struct tlsagen_server_answer answer;
    server.timeout_ms = timeout_ms;
    enum tlsagen_status status = tlsagen_server_state(&server, reload->zone, &answer, state, err);
    if (status != TLSAGEN_OK)
        return status;
    if (answer.reply == TLSAGEN_REPLY_ACCEPTED && state->frozen && !reload->thaw)
        answer.reply = TLSAGEN_REPLY_FROZEN;
    else if (answer.reply == TLSAGEN_REPLY_ACCEPTED && state->dynamic && !reload->thaw)
        answer.reply = TLSAGEN_REPLY_DYNAMIC;
    return serve_judge(reload, &answer, err);
}

enum tlsagen_status serve_before(const struct tlsagen_reload *reload, uint32_t timeout_ms,
                                 bool *by_dns, struct tlsagen_err *err)
{
    struct tlsagen_server_zone state = {.has_serial = false};
    struct tlsagen_err ignored;
    bool known = false;
    uint32_t serial = 0;
    *by_dns = false;
    if (reload->server->kind != TLSAGEN_SERVER_RNDC)
        return serve_serial(reload, timeout_ms, &known, &serial, err);
    enum tlsagen_status status = ask_rndc(reload, timeout_ms, &state, err);
    if (status != TLSAGEN_OK || reload->address != NULL || reload->server->view != NULL ||
        state.signed_in_line || !state.has_serial)
        return status;
    *by_dns = ask(reload, FIRST_LOOK_MS, &known, &serial, &ignored) == TLSAGEN_OK && known &&
              serial == state.serial;
    return TLSAGEN_OK;
}

enum tlsagen_status serve_serial(const struct tlsagen_reload *reload, uint32_t timeout_ms,
                                 bool *known, uint32_t *serial, struct tlsagen_err *err)
{
    struct tlsagen_server_zone state;
    enum tlsagen_status status = TLSAGEN_OK;
    const bool rndc =
        reload->server->kind == TLSAGEN_SERVER_RNDC && (reload->address == NULL || reload->thaw);
    *known = false;
    if (!rndc || (reload->by_dns && !reload->thaw))
        status = ask(reload, timeout_ms, known, serial, err);
    /* Why DNS says nothing, rndc knows. */
    if (!rndc || *known || status != TLSAGEN_OK)
        return status;
    status = ask_rndc(reload, timeout_ms, &state, err);
    /* What is thawed is loaded only when it is no longer frozen, whatever serial it has. */
    *known = state.has_serial && !(reload->thaw && state.frozen);
    *serial = state.serial;
    return status;
}

void serve_nap(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0)
        (void)nanosleep(&time, NULL);
}
