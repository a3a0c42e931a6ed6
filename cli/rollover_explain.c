/* rollover_explain.c - `tlsagen rollover explain`: the time line, and why it is as long as it is.
 */
#include "rollover.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

static const char help_text[] =
    "Usage: tlsagen rollover explain [OPTIONS] SERVICE\n\n"
    "Draws the time line of the service, and tells why each wait is as long as it is, what each\n"
    "record serves, and the latest steps.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG "      --json         report in JSON\n" ROLLOVER_HELP_HELP;

#define DIGITS_SHOWN 16

struct page {
    const struct tlsagen_config_service *service;
    const struct tlsagen_rollover_status *status;
    struct rollover_line line;
    struct rollover_waits waits;
    struct rollover_look look;
    int64_t now;
    struct tlsagen_buf text;
};

/* A paragraph beside the bar of the time line. */
TLSAGEN_PRINTF(2, 3)
static void add_note(struct page *page, const char *format, ...)
{
    const char *lead = page->look.utf8 ? "  │ " : "  | ";
    char words[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    tlsagen_buf_str(&page->text, lead);
    rollover_look_wrap(&page->text, &page->look, lead, words);
}

/* Deployed without waiting: who remembers the former records alone refuses what is deployed. */
static void add_emergency(struct page *page)
{
    const struct tlsagen_rollover_status *status = page->status;
    char since[ROLLOVER_TIME], until[ROLLOVER_TIME], wait[ROLLOVER_TIME];
    char words[512];
    if (status->emergency == 0)
        return;
    (void)rollover_moment(status->emergency, since);
    if (status->safe == 0)
        (void)snprintf(words, sizeof(words),
                       "deployed without waiting: since %s senders that validate and remember the "
                       "former records may fail, until %s after every name server has the new ones",
                       since, rollover_duration(page->waits.ttl + page->waits.margin, wait));
    else
        (void)snprintf(words, sizeof(words),
                       "deployed without waiting: from %s until %s senders that validate and "
                       "remember the former records may %s",
                       since, rollover_moment(status->safe, until),
                       status->safe <= page->now ? "have failed" : "fail");
    tlsagen_buf_str(&page->text, "emergency: ");
    rollover_look_wrap(&page->text, &page->look, "           ", words);
}

static void add_head(struct page *page)
{
    const struct tlsagen_config_service *service = page->service;
    const size_t len = strlen(service->host);
    tlsagen_buf_printf(&page->text, "%s: %.*s, %s port%s ", service->name,
                       (int)(len > 1 && service->host[len - 1] == '.' ? len - 1 : len),
                       service->host, tlsagen_proto_name(service->proto),
                       service->port_count == 1 ? "" : "s");
    for (size_t i = 0; i < service->port_count; i++)
        tlsagen_buf_printf(&page->text, "%s%u", i > 0 ? ", " : "", (unsigned)service->ports[i]);
    tlsagen_buf_printf(&page->text,
                       "\nstage: %s\nnext: ", tlsagen_rollover_stage_name(page->status->stage));
    rollover_look_wrap(&page->text, &page->look, "      ", page->line.what);
    add_emergency(page);
    tlsagen_buf_char(&page->text, '\n');
}

static void add_when(struct page *page, const struct rollover_mark *mark)
{
    char moment[ROLLOVER_TIME], about[ROLLOVER_TIME];
    if (mark->at == 0) {
        tlsagen_buf_printf(&page->text, "%s\n", mark->name);
        return;
    }
    const bool past = mark->at <= page->now;
    const int64_t away = past ? page->now - mark->at : mark->at - page->now;
    tlsagen_buf_printf(&page->text, "%-19s  %s  %s%s%s\n", mark->name,
                       rollover_moment(mark->at, moment), past ? "" : "in ",
                       rollover_about(away, about), past ? " ago" : "");
}

/* --- why each wait is as long as it is: what lies between a mark and the next one --- */

static void why_seen(struct page *page)
{
    char watch[ROLLOVER_TIME], moment[ROLLOVER_TIME];
    add_note(
        page,
        "until every authoritative server, at each of its addresses, has the records, and they "
        "validate as secure; looked at every %s",
        rollover_duration(page->service->watch, watch));
    if (page->status->looked != 0 && page->line.reached == 1)
        add_note(page, "last look: %s", rollover_moment(page->status->looked, moment));
}

static void why_safe(struct page *page)
{
    char caches[ROLLOVER_TIME], ttl[ROLLOVER_TIME], margin[ROLLOVER_TIME];
    if (page->status->emergency != 0) {
        add_note(page,
                 "%s = T + %s: T is %s, the largest TTL served before and after the change; a "
                 "cache may have taken the former records just before the last server had the new "
                 "ones, and keeps them for T; nobody waited for that",
                 rollover_duration(page->waits.ttl + page->waits.margin, caches),
                 rollover_duration(page->waits.margin, margin),
                 rollover_duration(page->waits.ttl, ttl));
        return;
    }
    add_note(
        page,
        "%s = 2 T + %s: T is %s, the largest TTL served before and after the change; a cache may "
        "have taken the former records just before the last server had the new ones, and keeps "
        "them for T; RFC 7671 section 8.1 asks for twice that, and clients such as Postfix keep "
        "answers for a few seconds more",
        rollover_duration(page->waits.caches, caches),
        rollover_duration(page->waits.margin, margin), rollover_duration(page->waits.ttl, ttl));
}

static void why_deployed(struct page *page)
{
    if (page->status->emergency != 0)
        add_note(page, "at once, in an emergency");
    else if (page->status->next_key)
        add_note(page, "until the certificate of the next key is in `source`; then at once");
    else if (page->service->live != NULL)
        add_note(page, "by the next run: a fresh look at every server, then `live` is switched");
    else
        add_note(
            page,
            "by whoever deploys; `tlsagen rollover gate %s CERTIFICATE` tells whether it is safe",
            page->service->name);
}

static void why_verified(struct page *page)
{
    char deadline[ROLLOVER_TIME];
    add_note(page, "until each address, port and kind of key shows the new certificate%s%s%s",
             page->service->live != NULL ? "; the former one is back after " : "",
             page->service->live != NULL
                 ? rollover_duration(page->service->deploy_deadline, deadline)
                 : "",
             page->service->live != NULL ? " without that" : "");
}

static void why_retired(struct page *page)
{
    char keep[ROLLOVER_TIME], margin[ROLLOVER_TIME];
    if (page->service->has_keep)
        add_note(page, "%s: `keep`, in which there is a way back",
                 rollover_duration(page->waits.keep, keep));
    else
        add_note(page, "%s = T + %s, for servers that lag behind and for a way back",
                 rollover_duration(page->waits.keep, keep),
                 rollover_duration(page->waits.margin, margin));
}

static void add_why(struct page *page, size_t mark)
{
    static void (*const whys[ROLLOVER_MARKS - 1])(struct page *) = {
        why_seen, why_safe, why_deployed, why_verified, why_retired,
    };
    if (mark < ROLLOVER_MARKS - 1)
        whys[mark](page);
}

static void add_line(struct page *page)
{
    for (size_t i = 0; i < ROLLOVER_MARKS; i++) {
        tlsagen_buf_str(&page->text, "  ");
        rollover_look_sign(&page->text, &page->look, &page->line, i);
        tlsagen_buf_char(&page->text, ' ');
        add_when(page, &page->line.marks[i]);
        add_why(page, i);
    }
    tlsagen_buf_char(&page->text, '\n');
}

static void add_records(struct page *page)
{
    const struct tlsagen_rrset *set = &page->status->records;
    tlsagen_buf_str(&page->text, "records, and what each serves:\n");
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *record = &set->records[i];
        tlsagen_buf_printf(&page->text, "    %u %u %u ", (unsigned)record->fields.usage,
                           (unsigned)record->fields.selector, (unsigned)record->fields.matching);
        tlsagen_buf_hex(&page->text, record->data,
                        record->len < DIGITS_SHOWN / 2 ? record->len : DIGITS_SHOWN / 2);
        tlsagen_buf_printf(&page->text, "%s  %s\n", record->len > DIGITS_SHOWN / 2 ? "..." : "",
                           rollover_served_by(page->status, record));
    }
    if (set->count == 0)
        tlsagen_buf_str(&page->text, "    none is known\n");
}

static void add_history(struct page *page)
{
    char moment[ROLLOVER_TIME];
    if (page->status->past_count == 0)
        return;
    tlsagen_buf_str(&page->text, "\nlatest steps:\n");
    for (size_t i = 0; i < page->status->past_count; i++) {
        const struct tlsagen_rollover_past *past = &page->status->past[i];
        tlsagen_buf_printf(&page->text, "    %s  ", rollover_moment(past->at, moment));
        rollover_look_wrap(&page->text, &page->look, "                          ", past->text);
    }
}

/* Nothing is under way: how the next rollover would go. */
static void add_outlook(struct page *page)
{
    char moment[ROLLOVER_TIME], about[ROLLOVER_TIME];
    if (page->status->finished != 0)
        tlsagen_buf_printf(&page->text, "the last rollover was complete at %s, %s ago\n",
                           rollover_moment(page->status->finished, moment),
                           rollover_about(page->now - page->status->finished, about));
    if (page->service->reuse_key)
        tlsagen_buf_str(&page->text, "the key stays: a renewed certificate with it is deployed by "
                                     "the next run, and one with another key is held back\n");
    tlsagen_buf_str(&page->text, page->service->reuse_key ? "a certificate goes this way:\n\n"
                                                          : "a new key goes this way:\n\n");
}

static int print_text(struct page *page)
{
    struct tlsagen_err err;
    tlsagen_buf_init(&page->text);
    add_head(page);
    if (!page->line.under_way)
        add_outlook(page);
    add_line(page);
    add_records(page);
    add_history(page);
    const int code = tlsagen_buf_check(&page->text, &err) == TLSAGEN_OK
                         ? report_result(page->text.data, page->text.len)
                         : report_err(&err);
    tlsagen_buf_clear(&page->text);
    return code;
}

static int run(const struct rollover_args *args, const struct rollover_room *room)
{
    struct tlsagen_rollover_status status;
    struct tlsagen_err err;
    struct page page = {
        .service = room->services[0],
        .status = &status,
        .look = rollover_look_now(),
        .now = (int64_t)time(NULL),
    };
    int code;
    if (tlsagen_rollover_status_get(room->rollover, page.service, &status, &err) != TLSAGEN_OK) {
        code = report_err(&err);
    } else if (args->json) {
        code = rollover_json_print(rollover_json(page.service, &status, page.now));
    } else {
        rollover_line_make(&page.line, &status, page.now);
        rollover_waits_make(&page.waits, page.service, &status);
        code = print_text(&page);
    }
    tlsagen_rollover_status_clear(&status);
    return code;
}

const struct rollover_command rollover_explain = {
    .name = "explain",
    .summary = "draw the time line of a service, and why each wait is as long as it is",
    .help = help_text,
    .options = ROLLOVER_JSON,
    .services_min = 1,
    .services_max = 1,
    .operands = "SERVICE",
    .run = run,
};
