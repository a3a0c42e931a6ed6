/* view_applied.c - the records of services that `apply` keeps, and no rollover has in hand. */
#include "view.h"

#include <stdlib.h>

/* Rows by the address of their service. */
static int by_service(const void *a, const void *b)
{
    const struct view_row *const *x = a, *const *y = b;
    const uintptr_t first = (uintptr_t)(*x)->service, second = (uintptr_t)(*y)->service;
    return (first > second) - (first < second);
}

struct applying {
    struct view_row **rows; /* that have no records, sorted */
    size_t count;
};

static struct view_row *find(const struct applying *applying,
                             const struct tlsagen_config_service *service)
{
    const struct view_row key = {.service = service}, *wanted = &key;
    struct view_row **found =
        bsearch(&wanted, applying->rows, applying->count, sizeof(applying->rows[0]), by_service);
    return found == NULL ? NULL : *found;
}

/* A tlsagen_fleet_take. */
static enum tlsagen_status take(void *arg, const struct tlsagen_config_service *service,
                                const struct tlsagen_rrset *records, struct tlsagen_err *err)
{
    const struct applying *applying = arg;
    struct view_row *row = find(applying, service);
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; row != NULL && i < records->count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_record *record = &records->records[i];
        status =
            tlsagen_rrset_add(&row->status.records, record->fields, record->data, record->len, err);
        row->applied = true;
    }
    return status;
}

static bool has_rows(const struct applying *applying, const struct tlsagen_config_zone *zone)
{
    for (size_t i = 0; i < zone->service_count; i++) {
        if (find(applying, zone->services[i]) != NULL)
            return true;
    }
    return false;
}

int view_read_applied(struct view *view)
{
    struct applying applying = {.rows = calloc(view->count + 1, sizeof(struct view_row *))};
    int code = EXIT_DONE;
    if (applying.rows == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < view->count; i++) {
        struct view_row *row = &view->rows[i];
        row->applied = false;
        if (row->readable && row->status.stage == TLSAGEN_ROLLOVER_NEW &&
            row->status.records.count == 0)
            applying.rows[applying.count++] = row;
    }
    qsort(applying.rows, applying.count, sizeof(applying.rows[0]), by_service);
    for (size_t i = 0; i < view->config->zone_count; i++) {
        struct tlsagen_err err;
        if (has_rows(&applying, view->config->zones[i]) &&
            tlsagen_fleet_published(view->config, view->config->zones[i], take, &applying, &err) !=
                TLSAGEN_OK)
            code = report_err(&err);
    }
    free(applying.rows);
    return code;
}

const char *view_applied_what(const struct view_row *row)
{
    if (row->service->source.count == 0)
        return row->applied ? "pinned; `apply` keeps it so"
                            : "pinned; the next `apply` publishes it";
    return row->applied ? "kept by `apply`; its rollover has not begun" : row->line.what;
}
