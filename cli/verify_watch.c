/* verify_watch.c - the same again and again; what changed is shown. */
#include "verify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/select.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* What was last seen of each target, and what is shown of it: without times that pass. */
struct watch {
    const struct verify_args *args;
    char **seen;
    bool colour;
    int code; /* of the round under way */
    int last; /* of the last round that came to its end */
};

static void add_state(struct tlsagen_buf *state, const struct tlsagen_verify_service *service)
{
    tlsagen_buf_printf(state, "%s:%u %d ", service->host, (unsigned)service->port,
                       (int)service->verdict);
    for (size_t i = 0; i < service->set.count; i++) {
        const struct tlsagen_record *r = &service->set.records[i];
        tlsagen_buf_printf(state, "%u %u %u ", r->fields.usage, r->fields.selector,
                           r->fields.matching);
        tlsagen_buf_hex(state, r->data, r->len);
    }
    for (size_t i = 0; i < service->endpoint_count; i++) {
        const struct tlsagen_verify_endpoint *e = &service->endpoints[i];
        tlsagen_buf_printf(state, " %s %d %d %s %lld ", e->address, (int)e->kind, (int)e->verdict,
                           e->tls_version, e->has_cert ? (long long)e->cert.not_after : 0);
        tlsagen_buf_hex(state, e->cert.spki_sha256, e->has_cert ? sizeof(e->cert.spki_sha256) : 0);
    }
    for (size_t i = 0; i < service->warning_count; i++)
        tlsagen_buf_printf(state, " %s", service->warnings[i].rule);
}

/* The state as a string; NULL when memory ran out. */
static char *state_of(const struct verify_outcome *outcome)
{
    struct tlsagen_buf state;
    tlsagen_buf_init(&state);
    if (outcome->status != TLSAGEN_OK)
        tlsagen_buf_str(&state, outcome->err.message);
    for (size_t i = 0; outcome->result != NULL && i < outcome->result->count; i++)
        add_state(&state, &outcome->result->services[i]);
    char *copy = state.failed || state.data == NULL ? NULL : strdup(state.data);
    tlsagen_buf_clear(&state);
    return copy;
}

static bool show(struct watch *watch, size_t index, const struct verify_outcome *outcome)
{
    struct tlsagen_buf text;
    char when[32] = "";
    time_t now = time(NULL);
    struct tm tm;
    tlsagen_buf_init(&text);
    if (gmtime_r(&now, &tm) != NULL)
        (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ ", &tm);
    tlsagen_buf_str(&text, when);
    verify_text(&text, watch->args, watch->colour, &watch->args->targets[index], outcome);
    bool good = !text.failed && report_result(text.data, text.len) == EXIT_DONE;
    tlsagen_buf_clear(&text);
    return good;
}

/* Targets under way may take their whole time yet: nobody waits for them when this is to end. */
static bool take(void *arg, size_t index, const struct verify_outcome *outcome)
{
    struct watch *watch = arg;
    char *state = state_of(outcome);
    bool changed =
        state == NULL || watch->seen[index] == NULL || strcmp(state, watch->seen[index]) != 0;
    free(watch->seen[index]);
    watch->seen[index] = state;
    watch->code = verify_worse_code(watch->code, verify_code(watch->args, outcome));
    if (changed && !show(watch, index, outcome))
        _exit(EXIT_FAILED);
    if (interrupted != 0)
        _exit(watch->last);
    return true;
}

static bool idle(void *arg, struct progress *progress)
{
    const struct watch *watch = arg;
    if (interrupted == 0)
        return true;
    progress_hide(progress);
    _exit(watch->last);
}

static int catch_signals(void)
{
    /* Of two signals, the second does not wait for the end of a round. */
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0)
        return EXIT_DONE;
    report_error("cannot catch signals: %s", strerror(errno));
    return EXIT_FAILED;
}

/* A signal between the look and the sleep ends the sleep, too. */
static void pause_for(uint32_t seconds)
{
    const struct timespec time = {.tv_sec = (time_t)seconds};
    sigset_t both, before;
    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGINT);
    (void)sigaddset(&both, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &both, &before) != 0)
        return;
    if (interrupted == 0)
        (void)pselect(0, NULL, NULL, NULL, &time, &before);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A resolver of its own for each round, so that nothing comes from its cache. */
static int run_round(struct watch *watch, struct verify_args *args,
                     struct tlsagen_verify_options *options)
{
    struct tlsagen_err err;
    if (tlsagen_dns_new(&args->dns, &options->dns, &err) != TLSAGEN_OK)
        return report_err(&err);
    args->options.now = options->now = (int64_t)time(NULL);
    watch->code = args->bad_lines > 0 ? EXIT_FAILED : EXIT_DONE;
    int code = verify_pool_run(args, options, take, idle, watch);
    watch->last = watch->code;
    tlsagen_dns_free(options->dns);
    options->dns = NULL;
    return code;
}

int verify_watch(struct verify_args *args, struct tlsagen_verify_options *options)
{
    struct watch watch = {.args = args, .colour = isatty(STDOUT_FILENO) == 1, .last = EXIT_NOT_NOW};
    const char *plain = getenv("NO_COLOR");
    int code = catch_signals();
    if (plain != NULL && plain[0] != '\0')
        watch.colour = false;
    watch.seen = calloc(args->target_count + 1, sizeof(watch.seen[0]));
    if (watch.seen == NULL) {
        report_error("out of memory");
        code = EXIT_FAILED;
    }
    while (code == EXIT_DONE && interrupted == 0) {
        code = run_round(&watch, args, options);
        if (code == EXIT_DONE)
            pause_for(args->watch);
    }
    for (size_t i = 0; watch.seen != NULL && i < args->target_count; i++)
        free(watch.seen[i]);
    free(watch.seen);
    return code != EXIT_DONE ? code : watch.last;
}
