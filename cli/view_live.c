/* view_live.c - each service as a strict client sees it now, and remembered. */
#include "view.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verify.h"

/* A check under way; what the ports come to is put together for their service. */
struct checking {
    struct view *view;
    struct verify_args args;
    size_t *rows;                /* of each target */
    bool *seen;                  /* a port of the row has an outcome */
    size_t *left;                /* ports of the row that have none */
    size_t done;                 /* targets */
    struct tlsagen_buf *reasons; /* of each row, as in the check */
    int code;
    bool failed; /* memory */
};

static volatile sig_atomic_t stopped_by;

static void on_signal(int signal)
{
    stopped_by = signal;
}

/* Checks under way are finished, and shown; a second signal ends the program. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static bool go_on(void *arg, struct progress *progress)
{
    (void)arg;
    (void)progress;
    return stopped_by == 0;
}

/* What `verify = no` of the configuration and other transports leave out is not connected to. */
static bool can_check(const struct tlsagen_config_service *service)
{
    return service->verify && service->proto == TLSAGEN_PROTO_TCP;
}

static bool init(struct checking *checking)
{
    const struct view *view = checking->view;
    size_t count = 1;
    for (size_t i = 0; i < view->count; i++)
        count += view->rows[i].service->port_count;
    checking->args.targets = calloc(count, sizeof(checking->args.targets[0]));
    checking->rows = calloc(count, sizeof(checking->rows[0]));
    checking->seen = calloc(view->count + 1, sizeof(checking->seen[0]));
    checking->left = calloc(view->count + 1, sizeof(checking->left[0]));
    checking->reasons = calloc(view->count + 1, sizeof(checking->reasons[0]));
    return checking->args.targets != NULL && checking->rows != NULL && checking->seen != NULL &&
           checking->left != NULL && checking->reasons != NULL;
}

static void clear(struct checking *checking)
{
    for (size_t i = 0; i < checking->args.target_count; i++)
        free(checking->args.targets[i].name);
    for (size_t i = 0; checking->reasons != NULL && i < checking->view->count; i++)
        tlsagen_buf_clear(&checking->reasons[i]);
    free(checking->args.targets);
    free(checking->rows);
    free(checking->seen);
    free(checking->left);
    free(checking->reasons);
}

static bool add_targets(struct checking *checking)
{
    const struct view *view = checking->view;
    for (size_t i = 0; i < view->count; i++) {
        const struct tlsagen_config_service *service = view->rows[i].service;
        for (size_t k = 0; can_check(service) && k < service->port_count; k++) {
            const size_t place = checking->args.target_count;
            struct verify_target *target = &checking->args.targets[place];
            *target = (struct verify_target){
                .name = strdup(service->host),
                .port = service->ports[k],
                .has_starttls = service->has_starttls,
                .starttls = service->starttls,
            };
            if (target->name == NULL)
                return false;
            checking->rows[place] = i;
            checking->left[i]++;
            checking->args.target_count++;
        }
    }
    return true;
}

/* The earliest end of a certificate shown. */
static void take_expiry(struct tlsagen_check *check, const struct tlsagen_verify_service *service)
{
    for (size_t i = 0; i < service->endpoint_count; i++) {
        const struct tlsagen_verify_endpoint *endpoint = &service->endpoints[i];
        if (endpoint->has_cert &&
            (check->not_after == 0 || endpoint->cert.not_after < check->not_after))
            check->not_after = endpoint->cert.not_after;
    }
}

static void take_verdict(struct checking *checking, size_t row, uint16_t port,
                         enum tlsagen_verdict verdict, const char *reason)
{
    struct tlsagen_check *check = &checking->view->rows[row].check;
    struct tlsagen_buf *text = &checking->reasons[row];
    check->verdict = checking->seen[row] ? tlsagen_verdict_worse(check->verdict, verdict) : verdict;
    checking->seen[row] = true;
    if (verdict != TLSAGEN_VERDICT_VERIFIED)
        tlsagen_buf_printf(text, "%sport %u: %s", text->len > 0 ? "; " : "", (unsigned)port,
                           reason[0] != '\0' ? reason : tlsagen_verdict_text(verdict));
}

static bool take(void *arg, size_t index, const struct verify_outcome *outcome)
{
    struct checking *checking = arg;
    const size_t row = checking->rows[index];
    const uint16_t port = checking->args.targets[index].port;
    struct tlsagen_check *check = &checking->view->rows[row].check;
    if (!checking->seen[row])
        *check = (struct tlsagen_check){.at = (int64_t)time(NULL), .reason = ""};
    checking->left[row]--;
    checking->done++;
    checking->code = verify_worse_code(checking->code, verify_code(&checking->args, outcome));
    if (outcome->status != TLSAGEN_OK)
        take_verdict(checking, row, port, TLSAGEN_VERDICT_FAILED, outcome->err.message);
    for (size_t i = 0; outcome->status == TLSAGEN_OK && i < outcome->result->count; i++) {
        const struct tlsagen_verify_service *service = &outcome->result->services[i];
        take_expiry(check, service);
        take_verdict(checking, row, port, service->verdict, service->reason);
    }
    return true;
}

/* Remembers the checks; that they cannot be written down is no reason not to show them. */
static int remember(struct checking *checking)
{
    struct view *view = checking->view;
    struct tlsagen_err err;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < view->count && status == TLSAGEN_OK; i++) {
        struct view_row *row = &view->rows[i];
        if (!checking->seen[i] || checking->left[i] > 0) /* else it was stopped before */
            continue;
        if (checking->reasons[i].len > 0)
            row->check.reason = checking->reasons[i].data;
        status = tlsagen_checks_add(view->checks, row->service->name, &row->check, &err);
    }
    if (status != TLSAGEN_OK)
        return report_err(&err);
    if (tlsagen_checks_write(view->checks, view->config, &err) != TLSAGEN_OK)
        report_warning("these checks are not remembered: %s", err.message);
    for (size_t i = 0; i < view->count; i++) {
        struct view_row *row = &view->rows[i];
        const struct tlsagen_check *check = tlsagen_checks_find(view->checks, row->service->name);
        row->checked = check != NULL;
        row->check = check != NULL ? *check : (struct tlsagen_check){.reason = ""};
    }
    return EXIT_DONE;
}

static int run(struct checking *checking)
{
    const struct tlsagen_config *config = checking->view->config;
    const uint32_t total_ms = checking->view->args->timeout * 1000U;
    const uint32_t step_ms = total_ms < 10000U ? total_ms : 10000U;
    const struct tlsagen_dns_options dns = {.anchor_file = config->trust_anchor,
                                            .resolver = config->resolver,
                                            .trust_ad = config->trust_ad,
                                            .timeout_ms = step_ms};
    struct tlsagen_verify_options options = {
        .total_ms = total_ms, .step_ms = step_ms, .now = (int64_t)time(NULL)};
    struct tlsagen_err err;
    if (tlsagen_dns_new(&dns, &options.dns, &err) != TLSAGEN_OK)
        return report_err(&err);
    catch_signals();
    const int code = verify_pool_run(&checking->args, &options, take, go_on, checking);
    tlsagen_dns_free(options.dns);
    if (code == EXIT_DONE && checking->done < checking->args.target_count) {
        report_error("stopped after %zu of %zu ports; of others the table has older checks",
                     checking->done, checking->args.target_count);
        checking->code = verify_worse_code(checking->code, EXIT_NOT_NOW);
    }
    return code;
}

int view_check(struct view *view, int *verdict)
{
    struct checking checking = {.view = view, .args = {.jobs = view->args->jobs}};
    int code = EXIT_FAILED;
    if (!init(&checking) || !add_targets(&checking))
        report_error("out of memory");
    else
        code = run(&checking);
    if (code == EXIT_DONE)
        code = remember(&checking);
    clear(&checking);
    view->now = (int64_t)time(NULL);
    *verdict = checking.code;
    return code;
}
