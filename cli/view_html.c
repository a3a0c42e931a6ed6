/* view_html.c - how things stand, as one page that needs nothing else: no script, no font. */
#include "view.h"

#include <string.h>

#include "view_html_style.h"

static void add_head(const struct view *view, struct tlsagen_buf *text)
{
    tlsagen_buf_str(text,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'; img-src data:\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n"
                    "<meta name=\"referrer\" content=\"no-referrer\">\n"
                    "<link rel=\"icon\" href=\"data:,\">\n");
    tlsagen_buf_printf(text, "<title>TLSA records of %zu service%s</title>\n<style>\n%s</style>\n",
                       view->shown_count, view->shown_count == 1 ? "" : "s", view_html_style);
    tlsagen_buf_str(text, "</head>\n<body>\n");
}

static size_t count_marked(const struct view *view, unsigned marks)
{
    size_t count = 0;
    for (size_t i = 0; i < view->shown_count; i++)
        count += (view->shown[i]->marks & marks) != 0;
    return count;
}

static void add_count(struct tlsagen_buf *text, size_t count, const char *colour, const char *what)
{
    tlsagen_buf_printf(text, "<li%s%s%s><b>%zu</b> %s</li>\n", count > 0 ? " class=\"" : "",
                       count > 0 ? colour : "", count > 0 ? "\"" : "", count, what);
}

static void add_header(const struct view *view, struct tlsagen_buf *text)
{
    tlsagen_buf_str(text, "<header>\n<h1>TLSA records</h1>\n<p class=\"asof\">as of ");
    view_html_time(text, view->now);
    tlsagen_buf_str(text, "</p>\n<ul class=\"sum\">\n");
    add_count(text, view->shown_count, "all", view->shown_count == 1 ? "service" : "services");
    add_count(text, count_marked(view, VIEW_FAILING), "bad", "need attention");
    add_count(text, count_marked(view, VIEW_ROLLING), "warn", "rolling over");
    add_count(text, count_marked(view, VIEW_DUE), "warn", "due now");
    tlsagen_buf_str(text, "</ul>\n</header>\n<main>\n");
}

/* --- the table --- */

static void begin_cell(struct tlsagen_buf *text, const char *head)
{
    tlsagen_buf_printf(text, "<td role=\"cell\" data-head=\"%s\"><span>", head);
}

static void end_cell(struct tlsagen_buf *text)
{
    tlsagen_buf_str(text, "</span></td>\n");
}

static void add_words(struct tlsagen_buf *text, const char *head, const struct tlsagen_buf *words)
{
    begin_cell(text, head);
    view_html_text(text, words->failed || words->data == NULL ? "" : words->data);
    text->failed = text->failed || words->failed;
    end_cell(text);
}

static void add_host(struct tlsagen_buf *text, const struct tlsagen_config_service *service)
{
    struct tlsagen_buf place;
    tlsagen_buf_init(&place);
    view_add_place(&place, service);
    char *ports = place.failed ? NULL : strrchr(place.data, ':');
    begin_cell(text, "Host");
    if (ports != NULL) {
        *ports++ = '\0';
        view_html_text(text, place.data);
        tlsagen_buf_printf(text, "<span class=\"why\">port%s %s</span>",
                           service->port_count == 1 ? "" : "s", ports);
    }
    end_cell(text);
    text->failed = text->failed || place.failed;
    tlsagen_buf_clear(&place);
}

static void add_stage(struct tlsagen_buf *text, const struct view_row *row)
{
    const bool failing = (row->marks & VIEW_FAILING) != 0;
    const bool rolling = (row->marks & VIEW_ROLLING) != 0;
    begin_cell(text, "Stage");
    tlsagen_buf_printf(text, "<span class=\"tag%s\">%s%s</span>",
                       failing   ? " bad"
                       : rolling ? " warn"
                                 : "",
                       failing ? "! " : "", view_stage(row));
    tlsagen_buf_str(text, "<span class=\"why\">");
    view_html_text(text, view_what(row));
    tlsagen_buf_str(text, "</span>");
    end_cell(text);
}

static void add_certificate(struct tlsagen_buf *text, const struct view *view,
                            const struct view_row *row)
{
    char moment[ROLLOVER_TIME];
    const int64_t end = row->certificate.not_after;
    const int64_t days = view_days(end, view->now);
    begin_cell(text, "Certificate");
    if (end == 0) {
        tlsagen_buf_str(text, "not known");
    } else {
        tlsagen_buf_printf(text, "until <time class=\"nb\" datetime=\"%s\">%.10s</time> ",
                           rollover_moment(end, moment), moment);
        if (end < view->now)
            tlsagen_buf_str(text, "<span class=\"nb bad\">expired</span>");
        else
            tlsagen_buf_printf(text, "<span class=\"nb%s\">%lld day%s left</span>",
                               end - view->now < VIEW_SOON ? " warn" : "", (long long)days,
                               days == 1 ? "" : "s");
    }
    end_cell(text);
}

static void add_check(struct tlsagen_buf *text, const struct view_row *row)
{
    begin_cell(text, "Last check");
    if (!row->checked) {
        tlsagen_buf_str(text, "none");
    } else {
        tlsagen_buf_printf(
            text, "<span class=\"tag %s\">%s</span> ",
            row->check.verdict == TLSAGEN_VERDICT_VERIFIED ? "good" : "bad",
            row->check.verdict == TLSAGEN_VERDICT_VERIFIED
                ? "verified"
                : tlsagen_verdict_text(row->check.verdict)); /* words of the library */
        view_html_time(text, row->check.at);
    }
    end_cell(text);
}

static void add_next(struct tlsagen_buf *text, const struct view *view, const struct view_row *row)
{
    const int64_t next = row->readable ? row->line.next : 0;
    begin_cell(text, "Next step");
    view_html_time(text, next);
    if (next != 0 && next <= view->now)
        tlsagen_buf_str(text, " <span class=\"warn\">due</span>");
    end_cell(text);
}

static void add_row(struct tlsagen_buf *text, const struct view *view, const struct view_row *row)
{
    const char *name = row->service->name; /* letters, digits and "-_." */
    struct tlsagen_buf words;
    tlsagen_buf_init(&words);
    tlsagen_buf_str(text, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
    if ((row->marks & VIEW_ROLLING) != 0)
        tlsagen_buf_printf(text, "<a href=\"#line-%s\">%s</a>", name, name);
    else
        tlsagen_buf_str(text, name);
    tlsagen_buf_str(text, "</th>\n");
    add_host(text, row->service);
    add_stage(text, row);
    add_next(text, view, row);
    add_certificate(text, view, row);
    add_check(text, row);
    tlsagen_buf_reset(&words);
    view_add_key(&words, row);
    add_words(text, "Key", &words);
    tlsagen_buf_reset(&words);
    view_add_record(&words, row, 8);
    add_words(text, "Record", &words);
    tlsagen_buf_str(text, "</tr>\n");
    tlsagen_buf_clear(&words);
}

static void add_table(const struct view *view, struct tlsagen_buf *text)
{
    static const char *const heads[] = {"Service",     "Host",       "Stage", "Next step",
                                        "Certificate", "Last check", "Key",   "Record"};
    static const char *const orders[] = {"the most urgent first", "by name",
                                         "by the end of their certificates", "by their next step",
                                         "the longest unchecked first"};
    tlsagen_buf_str(text, "<h2 id=\"services\">Services</h2>\n<table role=\"table\" "
                          "aria-labelledby=\"services\">\n<caption>");
    tlsagen_buf_printf(text,
                       "Where each service stands, %s. ! marks those that somebody has to look "
                       "at.</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">",
                       orders[view->args->sort]);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        tlsagen_buf_printf(text, "<th role=\"columnheader\" scope=\"col\">%s</th>", heads[i]);
    tlsagen_buf_str(text, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for (size_t i = 0; i < view->shown_count; i++)
        add_row(text, view, view->shown[i]);
    tlsagen_buf_str(text, "</tbody>\n</table>\n");
}

static void add_lines(const struct view *view, struct tlsagen_buf *text)
{
    tlsagen_buf_str(text, "<h2>Time lines</h2>\n");
    if (count_marked(view, VIEW_ROLLING) == 0)
        tlsagen_buf_str(text, "<p>No rollover is under way.</p>\n");
    for (size_t i = 0; i < view->shown_count; i++) {
        if ((view->shown[i]->marks & VIEW_ROLLING) != 0)
            view_html_line(text, view, view->shown[i]);
    }
}

void view_html(const struct view *view, struct tlsagen_buf *text)
{
    add_head(view, text);
    add_header(view, text);
    if (view->shown_count > 0)
        add_table(view, text);
    else
        tlsagen_buf_str(text, "<p>No service is to be shown.</p>\n");
    add_lines(view, text);
    tlsagen_buf_printf(text, "</main>\n<footer>Written by tlsagen %s.</footer>\n</body>\n</html>\n",
                       tlsagen_version());
}
