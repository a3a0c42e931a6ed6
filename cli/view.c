/* view.c - the services that are asked for, and what is known of each. */
#include "view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "named.h"
#include "verify.h"

/* --- which services --- */

static int by_address(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t) * (const void *const *)a,
                    y = (uintptr_t) * (const void *const *)b;
    return (x > y) - (x < y);
}

/* The marks of services that were asked for by name or by zone, by their place. */
static int mark_named(const struct view *view, bool *wanted)
{
    const struct tlsagen_config *config = view->config;
    struct named_services named = {.at = NULL};
    int code = EXIT_DONE;
    for (size_t i = 0; i < view->args->operand_count && code == EXIT_DONE; i++)
        code = named_add(&named, config, view->args->operands[i], false);
    if (named.count > 1)
        qsort(named.at, named.count, sizeof(*named.at), by_address);
    for (size_t i = 0; i < config->service_count && named.count > 0; i++)
        wanted[i] = bsearch(&config->services[i], named.at, named.count, sizeof(*named.at),
                            by_address) != NULL;
    named_clear(&named);
    return code;
}

static int mark_zones(const struct view *view, bool *wanted)
{
    const struct tlsagen_config *config = view->config;
    for (size_t i = 0; i < view->args->zone_count; i++) {
        const struct tlsagen_config_zone *zone = named_zone(config, view->args->zones[i]);
        if (zone == NULL)
            return EXIT_USAGE;
        for (size_t k = 0; k < config->service_count; k++)
            wanted[k] = wanted[k] || config->services[k]->zone == zone;
    }
    return EXIT_DONE;
}

static int find_services(struct view *view)
{
    const size_t count = view->config->service_count;
    const bool all = view->args->operand_count == 0 && view->args->zone_count == 0;
    bool *wanted = calloc(count + 1, sizeof(*wanted));
    view->rows = calloc(count + 1, sizeof(view->rows[0]));
    view->shown = calloc(count + 1, sizeof(view->shown[0]));
    int code = EXIT_FAILED;
    if (wanted == NULL || view->rows == NULL || view->shown == NULL)
        report_error("out of memory");
    else
        code = mark_named(view, wanted);
    if (code == EXIT_DONE)
        code = mark_zones(view, wanted);
    for (size_t i = 0; code == EXIT_DONE && i < count; i++) {
        if (all || wanted[i])
            view->rows[view->count++].service = view->config->services[i];
    }
    free(wanted);
    return code;
}

int view_open(struct view *view, const struct view_args *args)
{
    struct tlsagen_err err;
    *view = (struct view){.args = args, .now = (int64_t)time(NULL)};
    if (tlsagen_config_read(args->config, TLSAGEN_CONFIG_BY_NAME, NULL, NULL, &view->config,
                            &err) != TLSAGEN_OK)
        return report_err(&err);
    int code = find_services(view);
    if (code == EXIT_DONE &&
        tlsagen_rollover_new(view->config, NULL, &view->rollover, &err) != TLSAGEN_OK)
        code = report_err(&err);
    if (code != EXIT_DONE)
        return code;
    if (tlsagen_checks_read(view->config->state_dir, &view->checks, &err) == TLSAGEN_OK)
        return EXIT_DONE;
    if (view->checks == NULL)
        return report_err(&err);
    report_warning("the last checks are not known: %s", err.message);
    return EXIT_DONE;
}

void view_close(struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        tlsagen_rollover_status_clear(&view->rows[i].status);
    free(view->rows);
    free(view->shown);
    tlsagen_checks_free(view->checks);
    tlsagen_rollover_free(view->rollover);
    tlsagen_config_free(view->config);
}

/* --- what is known of them --- */

static void read_check(struct view *view, struct view_row *row)
{
    const struct tlsagen_check *check = tlsagen_checks_find(view->checks, row->service->name);
    row->checked = check != NULL;
    if (check != NULL)
        row->check = *check;
}

/* The code of a state that cannot be read; others are shown all the same. */
static int read_row(struct view *view, struct view_row *row)
{
    struct tlsagen_err err;
    int code = EXIT_DONE;
    row->fault = tlsagen_rollover_status_get(view->rollover, row->service, &row->status, &err);
    row->readable = row->fault == TLSAGEN_OK;
    if (row->service->source.count == 0)
        row->status.due = 0; /* pinned records have no rollover */
    if (!row->readable) {
        (void)snprintf(row->problem, sizeof(row->problem), "%.255s", err.message);
        code = report_err(&err);
    }
    if (tlsagen_rollover_certificate_get(view->rollover, row->service, &row->certificate, &err) !=
        TLSAGEN_OK)
        row->certificate.not_after = 0;
    read_check(view, row);
    return code;
}

int view_look(struct view *view)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < view->count; i++)
        code = verify_worse_code(code, read_row(view, &view->rows[i]));
    code = verify_worse_code(code, view_read_applied(view));
    view->now = (int64_t)time(NULL); /* what is due is due by now */
    return code;
}

/* --- what is shown of that --- */

/* qsort(3) takes no argument for the comparison, so that there is one for each order. */
#define COMPARE(name, sort)                                                                        \
    static int name(const void *a, const void *b)                                                  \
    {                                                                                              \
        return view_compare(*(struct view_row *const *)a, *(struct view_row *const *)b, sort);     \
    }
COMPARE(by_urgency, VIEW_BY_URGENCY)
COMPARE(by_name, VIEW_BY_NAME)
COMPARE(by_expiry, VIEW_BY_EXPIRY)
COMPARE(by_next, VIEW_BY_NEXT)
COMPARE(by_check, VIEW_BY_CHECK)

void view_choose(struct view *view)
{
    static int (*const orders[])(const void *, const void *) = {
        [VIEW_BY_URGENCY] = by_urgency, [VIEW_BY_NAME] = by_name,   [VIEW_BY_EXPIRY] = by_expiry,
        [VIEW_BY_NEXT] = by_next,       [VIEW_BY_CHECK] = by_check,
    };
    const unsigned only = view->args->only;
    view->shown_count = 0;
    for (size_t i = 0; i < view->count; i++) {
        struct view_row *row = &view->rows[i];
        if (row->readable)
            rollover_line_make(&row->line, &row->status, view->now);
        if (row->readable && rollover_is_untouched(&row->status))
            row->line.what = view_applied_what(row);
        view_judge(row, view->now);
        if (only == 0 || (row->marks & only) != 0)
            view->shown[view->shown_count++] = row;
    }
    qsort(view->shown, view->shown_count, sizeof(view->shown[0]), orders[view->args->sort]);
}
