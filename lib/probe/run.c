#include <tlsagen/probe.h>

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/crypto.h>

#include "dialogue.h"
#include "handshake.h"
#include "link.h"

#define STEP_MS 10000
#define TOTAL_MS 60000

static const char *const state_texts[] = {
    [TLSAGEN_PROBE_OK] = "certificate shown",
    [TLSAGEN_PROBE_NONE_OF_KIND] = "no certificate of this kind",
    [TLSAGEN_PROBE_NO_CONNECTION] = "connection failed",
    [TLSAGEN_PROBE_NO_STARTTLS] = "no STARTTLS",
    [TLSAGEN_PROBE_NO_PROTOCOL] = "protocol failed before TLS",
    [TLSAGEN_PROBE_NO_TLS] = "TLS handshake failed",
    [TLSAGEN_PROBE_TIMEOUT] = "not now",
    [TLSAGEN_PROBE_FAILED] = "cannot ask",
};

const char *tlsagen_probe_state_text(enum tlsagen_probe_state state)
{
    return (unsigned)state <= TLSAGEN_PROBE_FAILED ? state_texts[state] : "?";
}

const char *tlsagen_probe_kind_text(enum tlsagen_probe_kind kind)
{
    return kind == TLSAGEN_PROBE_ECDSA ? "ECDSA" : kind == TLSAGEN_PROBE_RSA ? "RSA" : "?";
}

/* One probe under way. */
struct run {
    const struct tlsagen_probe_options *options;
    char host[256];     /* without a final dot */
    const char *server; /* SNI, or NULL when host is an address */
    int64_t end;        /* of all, as link_now counts */
};

/* --- options and addresses --- */

static enum tlsagen_status check_name(const char *name, struct tlsagen_err *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > 254)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host name of %zu bytes; give one of 1 to 253", len);
    for (const char *p = name; *p != '\0'; p++) {
        if (*p <= 0x20 || *p >= 0x7f || strchr("<>&'\"", *p) != NULL)
            return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                   "host name \"%s\" has a byte that no name in DNS text form "
                                   "has; give A-labels",
                                   name);
    }
    return TLSAGEN_OK;
}

static int family_of(const struct tlsagen_probe_options *o)
{
    return o->family == 4 ? AF_INET : o->family == 6 ? AF_INET6 : AF_UNSPEC;
}

static enum tlsagen_status resolve_error(int error, const char *name, struct tlsagen_err *err)
{
    if (error == EAI_AGAIN)
        return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                               "the addresses of %s cannot be looked up now: %s", name,
                               gai_strerror(error));
    if (error == EAI_MEMORY)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for addresses");
    return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "no address of %s: %s", name,
                           gai_strerror(error));
}

static enum tlsagen_status resolve(const struct run *run, struct addrinfo **list,
                                   struct tlsagen_err *err)
{
    const struct tlsagen_probe_options *o = run->options;
    struct addrinfo hints = {.ai_family = family_of(o), .ai_socktype = SOCK_STREAM};
    char port[8];
    (void)snprintf(port, sizeof(port), "%u", (unsigned)o->port);
    hints.ai_flags = AI_NUMERICSERV | (o->address != NULL ? AI_NUMERICHOST : 0);
    int error = getaddrinfo(o->address != NULL ? o->address : run->host, port, &hints, list);
    if (error != 0 && o->address != NULL)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "\"%s\" is not a numeric %saddress to connect to", o->address,
                               o->family == 4   ? "IPv4 "
                               : o->family == 6 ? "IPv6 "
                                                : "");
    return error == 0 ? TLSAGEN_OK : resolve_error(error, run->host, err);
}

static bool is_address(const char *text)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    struct addrinfo *list = NULL;
    if (getaddrinfo(text, NULL, &hints, &list) != 0)
        return false;
    freeaddrinfo(list);
    return true;
}

static enum tlsagen_status prepare(struct run *run, const struct tlsagen_probe_options *o,
                                   struct tlsagen_err *err)
{
    enum tlsagen_status status = check_name(o->host, err);
    if (status == TLSAGEN_OK && o->domain != NULL)
        status = check_name(o->domain, err);
    if (status != TLSAGEN_OK)
        return status;
    if (o->port == 0 || (unsigned)o->starttls >= TLSAGEN_STARTTLS_COUNT)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "no such port or STARTTLS protocol");
    run->options = o;
    (void)snprintf(run->host, sizeof(run->host), "%s", o->host);
    size_t len = strlen(run->host);
    if (len > 1 && run->host[len - 1] == '.')
        run->host[len - 1] = '\0';
    run->server = is_address(run->host) ? NULL : run->host;
    return TLSAGEN_OK;
}

/* --- one address, one kind --- */

static void begin_step(const struct run *run, struct link *link, const char *step)
{
    int64_t limit = run->options->step_ms > 0 ? run->options->step_ms : STEP_MS;
    int64_t deadline = link_now() + limit;
    link->deadline = deadline < run->end ? deadline : run->end;
    link->step = step;
}

static void numeric(const struct sockaddr *address, socklen_t len, char *text, size_t size)
{
    if (getnameinfo(address, len, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        (void)snprintf(text, size, "?");
}

/* Our own address as a literal (RFC 5321 section 4.1.3): always true, whatever our name is. */
static void make_helo(const struct link *link, char *helo, size_t size)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof(own);
    char text[64] = "127.0.0.1";
    memset(&own, 0, sizeof(own));
    if (getsockname(link->fd, (struct sockaddr *)&own, &len) == 0)
        numeric((const struct sockaddr *)&own, len, text, sizeof(text));
    text[strcspn(text, "%")] = '\0'; /* a zone index means nothing to others */
    (void)snprintf(helo, size, "[%s%s]", strchr(text, ':') != NULL ? "IPv6:" : "", text);
}

static enum tlsagen_status talk(struct link *link, struct dialogue *d, struct tlsagen_buf *out,
                                struct tlsagen_err *err)
{
    enum dialogue_step step = dialogue_start(d, out);
    while (step == DIALOGUE_MORE) {
        char bytes[4096];
        size_t len = 0;
        enum tlsagen_status status = tlsagen_buf_check(out, err);
        if (status == TLSAGEN_OK)
            status = link_send(link, out->data, out->len, err);
        tlsagen_buf_reset(out);
        if (status == TLSAGEN_OK)
            status = link_receive(link, bytes, sizeof(bytes), &len, err);
        if (status != TLSAGEN_OK)
            return status;
        step = dialogue_feed(d, bytes, len, out, err);
    }
    if (step == DIALOGUE_FAILED)
        return err->code;
    if (d->protocol != TLSAGEN_STARTTLS_NONE && link_has_bytes(link))
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "plain text follows the server's go-ahead for TLS (injected?); "
                               "refused");
    return TLSAGEN_OK;
}

static enum tlsagen_status start_tls(const struct run *run, struct link *link,
                                     struct tlsagen_err *err)
{
    const struct tlsagen_probe_options *o = run->options;
    struct dialogue dialogue;
    struct tlsagen_buf out;
    char helo[80];
    make_helo(link, helo, sizeof(helo));
    dialogue_init(&dialogue, o->starttls, helo, o->domain != NULL ? o->domain : run->host);
    tlsagen_buf_init(&out);
    enum tlsagen_status status = talk(link, &dialogue, &out, err);
    tlsagen_buf_clear(&out);
    if (status != TLSAGEN_OK)
        (void)tlsagen_err_prepend(err, "%s", tlsagen_starttls_name(o->starttls));
    return status;
}

static enum tlsagen_probe_state state_of(enum tlsagen_status status,
                                         enum tlsagen_probe_state otherwise)
{
    switch (status) {
    case TLSAGEN_E_TIMEOUT:
        return TLSAGEN_PROBE_TIMEOUT;
    case TLSAGEN_E_MEMORY:
    case TLSAGEN_E_SYSTEM:
        return TLSAGEN_PROBE_FAILED;
    case TLSAGEN_E_NOTFOUND:
        return TLSAGEN_PROBE_NO_STARTTLS;
    default:
        return otherwise;
    }
}

static void ask(const struct run *run, const struct addrinfo *address,
                struct tlsagen_probe_answer *answer)
{
    struct link link = {.fd = -1};
    int64_t begin = link_now();
    begin_step(run, &link, "connecting");
    enum tlsagen_status status = link_open(&link, address, &answer->err);
    if (status != TLSAGEN_OK) {
        answer->state = state_of(status, TLSAGEN_PROBE_NO_CONNECTION);
    } else {
        begin_step(run, &link, "waiting for STARTTLS");
        status = start_tls(run, &link, &answer->err);
        answer->state = state_of(status, TLSAGEN_PROBE_NO_PROTOCOL);
    }
    if (status == TLSAGEN_OK) {
        begin_step(run, &link, "shaking hands");
        handshake_run(&link, run->server, answer);
    }
    link_close(&link);
    answer->ms = (uint32_t)(link_now() - begin);
}

/* --- one address, both kinds --- */

/* Before TLS nothing depends on the kind, so that asking again would bring the same. */
static bool is_for_every_kind(const struct tlsagen_probe_answer *answer)
{
    return answer->state != TLSAGEN_PROBE_OK && answer->state != TLSAGEN_PROBE_NONE_OF_KIND &&
           answer->state != TLSAGEN_PROBE_NO_TLS;
}

/*
 * A server that shook hands for one kind and not for the other lacks a certificate of the other,
 * in whatever way it broke off. One that has none of both, or whose failures differ, has no TLS.
 */
static void compare(struct tlsagen_probe_answer *a, const struct tlsagen_probe_answer *b)
{
    if (a->state == TLSAGEN_PROBE_NO_TLS && a->chain_len == 0 && b->state == TLSAGEN_PROBE_OK)
        a->state = TLSAGEN_PROBE_NONE_OF_KIND;
    else if (a->state == TLSAGEN_PROBE_NONE_OF_KIND && b->state != TLSAGEN_PROBE_OK)
        a->state = TLSAGEN_PROBE_NO_TLS;
}

static void ask_address(const struct run *run, const struct addrinfo *address,
                        struct tlsagen_probe_answer *answers)
{
    for (unsigned i = 0; i < TLSAGEN_PROBE_KINDS; i++) {
        answers[i].kind = (enum tlsagen_probe_kind)i;
        numeric(address->ai_addr, address->ai_addrlen, answers[i].address,
                sizeof(answers[i].address));
        if (i > 0 && is_for_every_kind(&answers[0])) {
            answers[i].state = answers[0].state;
            answers[i].err = answers[0].err;
            continue;
        }
        ask(run, address, &answers[i]);
    }
    compare(&answers[0], &answers[1]);
    compare(&answers[1], &answers[0]);
}

/* --- all addresses --- */

static enum tlsagen_status new_result(const struct addrinfo *list,
                                      struct tlsagen_probe_result **result, struct tlsagen_err *err)
{
    size_t count = 0;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        count += TLSAGEN_PROBE_KINDS;
    struct tlsagen_probe_result *r = OPENSSL_zalloc(sizeof(*r));
    if (r != NULL)
        r->answers = OPENSSL_zalloc(count * sizeof(*r->answers));
    if (r == NULL || r->answers == NULL) {
        OPENSSL_free(r);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for %zu answers", count);
    }
    r->count = count;
    *result = r;
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_probe_run(const struct tlsagen_probe_options *options,
                                      struct tlsagen_probe_result **result, struct tlsagen_err *err)
{
    struct run run = {0};
    struct addrinfo *list = NULL;
    *result = NULL;
    enum tlsagen_status status = prepare(&run, options, err);
    if (status == TLSAGEN_OK)
        status = resolve(&run, &list, err);
    if (status != TLSAGEN_OK)
        return status;
    status = new_result(list, result, err);
    if (status == TLSAGEN_OK) {
        struct tlsagen_probe_answer *answer = (*result)->answers;
        run.end = link_now() + (options->total_ms > 0 ? options->total_ms : TOTAL_MS);
        for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
            ask_address(&run, a, answer);
            answer += TLSAGEN_PROBE_KINDS;
        }
    }
    freeaddrinfo(list);
    return status;
}

void tlsagen_probe_free(struct tlsagen_probe_result *result)
{
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->count; i++) {
        for (size_t j = 0; j < result->answers[i].chain_len; j++)
            OPENSSL_free(result->answers[i].chain[j].der);
        OPENSSL_free(result->answers[i].chain);
    }
    OPENSSL_free(result->answers);
    OPENSSL_free(result);
}
