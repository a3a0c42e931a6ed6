/* view_html_line.c - the time line of a service that is under way, with its records and steps. */
#include "view.h"

#include <string.h>

static void add_mark(struct tlsagen_buf *text, const struct view *view,
                     const struct rollover_line *line, size_t mark)
{
    static const char *const classes[] = {"done", "now", "later"};
    static const char *const signs[] = {"&#10003;", "&#9654;", "&middot;"};
    static const char *const words[] = {"done", "next", "later"};
    const struct rollover_mark *at = &line->marks[mark];
    const size_t kind = at->reached ? 0 : mark == line->reached ? 1 : 2;
    tlsagen_buf_printf(text,
                       "<li class=\"%s\"%s><span class=\"sign\" aria-hidden=\"true\">%s</span> "
                       "<span class=\"step\">%s</span> <span class=\"state\">%s</span> ",
                       classes[kind], kind == 1 ? " aria-current=\"step\"" : "", signs[kind],
                       at->name, words[kind]);
    tlsagen_buf_str(text, "<span class=\"when\">");
    if (at->at == 0)
        tlsagen_buf_str(text, "not known yet");
    else
        view_html_time(text, at->at);
    if (at->at != 0 && !at->reached)
        tlsagen_buf_str(text, at->at > view->now ? " (expected)" : " (overdue)");
    tlsagen_buf_str(text, "</span></li>\n");
}

static void add_records(struct tlsagen_buf *text, const struct tlsagen_rollover_status *status)
{
    tlsagen_buf_printf(text, "<details><summary>Records (%zu)</summary><ul>\n",
                       status->records.count);
    for (size_t i = 0; i < status->records.count; i++) {
        const struct tlsagen_record *record = &status->records.records[i];
        tlsagen_buf_printf(text, "<li><code>%u %u %u ", (unsigned)record->fields.usage,
                           (unsigned)record->fields.selector, (unsigned)record->fields.matching);
        tlsagen_buf_hex(text, record->data, record->len);
        tlsagen_buf_printf(text, "</code> serves %s</li>\n", rollover_served_by(status, record));
    }
    tlsagen_buf_str(text, "</ul></details>\n");
}

static void add_history(struct tlsagen_buf *text, const struct tlsagen_rollover_status *status)
{
    if (status->past_count == 0)
        return;
    tlsagen_buf_str(text, "<details><summary>Latest steps</summary><ul>\n");
    for (size_t i = 0; i < status->past_count; i++) {
        tlsagen_buf_str(text, "<li>");
        view_html_time(text, status->past[i].at);
        tlsagen_buf_str(text, ": ");
        view_html_text(text, status->past[i].text);
        tlsagen_buf_str(text, "</li>\n");
    }
    tlsagen_buf_str(text, "</ul></details>\n");
}

void view_html_line(struct tlsagen_buf *text, const struct view *view, const struct view_row *row)
{
    struct tlsagen_buf place;
    char ttl[ROLLOVER_TIME];
    const char *name = row->service->name; /* letters, digits and "-_." */
    tlsagen_buf_init(&place);
    view_add_place(&place, row->service);
    tlsagen_buf_printf(text,
                       "<section class=\"line\" id=\"line-%s\" aria-labelledby=\"name-%s\">\n"
                       "<h3 id=\"name-%s\">%s <small>",
                       name, name, name, name);
    view_html_text(text, place.failed ? "" : place.data);
    tlsagen_buf_str(text, "</small></h3>\n<p>");
    view_html_text(text, view_what(row));
    tlsagen_buf_printf(text, "</p>\n<ol aria-label=\"Time line of %s\">\n", name);
    for (size_t i = 0; i < ROLLOVER_MARKS; i++)
        add_mark(text, view, &row->line, i);
    tlsagen_buf_printf(text, "</ol>\n<p class=\"note\">T, the largest TTL: %s</p>\n",
                       row->status.ttl != 0 ? rollover_duration((int64_t)row->status.ttl, ttl)
                                            : "not known yet");
    add_records(text, &row->status);
    add_history(text, &row->status);
    tlsagen_buf_str(text, "</section>\n");
    text->failed = text->failed || place.failed;
    tlsagen_buf_clear(&place);
}
