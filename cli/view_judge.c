/* view_judge.c - what is the matter with a service, and what is more urgent. */
#include "view.h"

#include <stdarg.h>
#include <string.h>

/* The first problem is the one that is told. */
TLSAGEN_PRINTF(2, 3)
static void fail(struct view_row *row, const char *format, ...)
{
    va_list args;
    row->marks |= VIEW_FAILING;
    if (row->problem[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(row->problem, sizeof(row->problem), format, args);
    va_end(args);
}

static void judge_check(struct view_row *row)
{
    const enum tlsagen_verdict verdict = row->check.verdict;
    if (!row->checked || verdict == TLSAGEN_VERDICT_VERIFIED)
        return;
    fail(row, "%s%s%.200s", tlsagen_verdict_text(verdict), row->check.reason[0] != '\0' ? ": " : "",
         row->check.reason);
}

void view_judge(struct view_row *row, int64_t now)
{
    const struct tlsagen_rollover_status *status = &row->status;
    row->marks = 0;
    if (!row->readable) {
        row->marks = VIEW_FAILING;
        return; /* problem tells why it cannot be read */
    }
    row->problem[0] = '\0';
    if (row->line.under_way)
        row->marks |= VIEW_ROLLING;
    if (status->due != 0 && status->due <= now)
        row->marks |= VIEW_DUE;
    if (status->kind == TLSAGEN_ROLLOVER_STOP)
        fail(row, "%.250s", status->why);
    judge_check(row);
    if (row->certificate.not_after != 0 && row->certificate.not_after < now)
        fail(row, "the certificate has expired");
    if (status->failures > 0)
        fail(row, "%u deployment%s taken back", status->failures,
             status->failures == 1 ? " was" : "s were");
}

/* --- order --- */

/* Smaller is more urgent: who has to be looked at, what is due, what expires, what goes on. */
static int rank(const struct view_row *row)
{
    if ((row->marks & VIEW_FAILING) != 0)
        return 0;
    if ((row->marks & VIEW_ROLLING) != 0)
        return (row->marks & VIEW_DUE) != 0 ? 1 : 2;
    return (row->marks & VIEW_DUE) != 0 ? 3 : 4;
}

/* Unknown times (0) come last. */
static int compare_times(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return (a == 0) - (b == 0);
    return (a > b) - (a < b);
}

static int compare_urgency(const struct view_row *a, const struct view_row *b)
{
    int order = rank(a) - rank(b);
    if (order == 0)
        order = compare_times(a->line.next, b->line.next);
    return order != 0 ? order : compare_times(a->certificate.not_after, b->certificate.not_after);
}

int view_compare(const struct view_row *a, const struct view_row *b, enum view_sort sort)
{
    int order = 0;
    switch (sort) {
    case VIEW_BY_URGENCY:
        order = compare_urgency(a, b);
        break;
    case VIEW_BY_EXPIRY:
        order = compare_times(a->certificate.not_after, b->certificate.not_after);
        break;
    case VIEW_BY_NEXT:
        order = compare_times(a->line.next, b->line.next);
        break;
    case VIEW_BY_CHECK: /* never checked is the longest ago */
        order = (a->check.at > b->check.at) - (a->check.at < b->check.at);
        break;
    case VIEW_BY_NAME:
        break;
    }
    return order != 0 ? order : strcmp(a->service->name, b->service->name);
}
