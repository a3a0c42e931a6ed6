/* view_prometheus.c - how things stand, for Prometheus (text format 0.0.4). */
#include "view.h"

#include <string.h>

/* What each metric is of a service; false when there is nothing to tell. */
typedef bool sample_fn(const struct view *view, const struct view_row *row, int64_t *value);

/* service="",zone="",host="" : what names a series. Service names are plain. */
static void add_labels(struct tlsagen_buf *text, const struct view_row *row)
{
    const char *const labels[][2] = {{"service", row->service->name},
                                     {"zone", row->service->zone->name},
                                     {"host", row->service->host}};
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        tlsagen_buf_printf(text, "%s%s=\"", i > 0 ? "," : "", labels[i][0]);
        for (const char *p = labels[i][1]; *p != '\0'; p++) {
            if (*p == '"' || *p == '\\')
                tlsagen_buf_char(text, '\\');
            tlsagen_buf_char(text, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
        }
        tlsagen_buf_char(text, '"');
    }
}

static bool mark(const struct view_row *row, enum view_mark wanted, int64_t *value)
{
    *value = (row->marks & (unsigned)wanted) != 0;
    return true;
}

static bool failing(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return mark(row, VIEW_FAILING, value);
}

static bool due(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return mark(row, VIEW_DUE, value);
}

static bool rolling(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return mark(row, VIEW_ROLLING, value);
}

static bool readable(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    *value = row->readable;
    return true;
}

static bool known_time(int64_t when, int64_t *value)
{
    *value = when;
    return when != 0;
}

/* A time of the state, where that can be read. */
#define TIME(name, member)                                                                         \
    static bool name(const struct view *view, const struct view_row *row, int64_t *value)          \
    {                                                                                              \
        (void)view;                                                                                \
        return known_time(row->readable ? row->member : 0, value);                                 \
    }
TIME(next_at, line.next)
TIME(due_at, status.due)
TIME(looked_at, status.looked)
TIME(published_at, status.published)
TIME(seen_at, status.seen)
TIME(safe_at, status.safe)
TIME(deployed_at, status.deployed)
TIME(verified_at, status.verified)
TIME(retire_at, status.retire_at)
TIME(finished_at, status.finished)

static bool ttl(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return known_time(row->readable ? (int64_t)row->status.ttl : 0, value);
}

static bool failures(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    *value = (int64_t)row->status.failures;
    return row->readable;
}

static bool records(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    *value = (int64_t)row->status.records.count;
    return row->readable;
}

static bool expiry(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return known_time(row->certificate.not_after, value);
}

static bool checked_at(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return known_time(row->checked ? row->check.at : 0, value);
}

static bool shown_expiry(const struct view *view, const struct view_row *row, int64_t *value)
{
    (void)view;
    return known_time(row->checked ? row->check.not_after : 0, value);
}

static const struct {
    const char *name;
    const char *help;
    sample_fn *sample;
} metrics[] = {
    {"tlsagen_fleet_readable", "1 when the state of a service can be read.", readable},
    {"tlsagen_fleet_failing", "1 when somebody has to look at a service.", failing},
    {"tlsagen_fleet_due", "1 when the next run has something to do for a service.", due},
    {"tlsagen_fleet_rolling", "1 while a rollover of a service is under way.", rolling},
    {"tlsagen_fleet_records", "TLSA records at each owner of a service.", records},
    {"tlsagen_fleet_ttl_seconds", "T, the largest TTL served before and after the change.", ttl},
    {"tlsagen_fleet_deployment_failures", "Deployments of the next key that were taken back.",
     failures},
    {"tlsagen_fleet_certificate_expiry_timestamp_seconds",
     "When the certificate in live or source ends.", expiry},
    {"tlsagen_fleet_next_timestamp_seconds", "When what comes next is due.", next_at},
    {"tlsagen_fleet_due_timestamp_seconds", "When a run is due next.", due_at},
    {"tlsagen_fleet_looked_timestamp_seconds", "The last look at DNS.", looked_at},
    {"tlsagen_fleet_published_timestamp_seconds", "When the next records were published.",
     published_at},
    {"tlsagen_fleet_seen_timestamp_seconds", "When all servers had the next records.", seen_at},
    {"tlsagen_fleet_safe_timestamp_seconds", "From when on the next key may be deployed.", safe_at},
    {"tlsagen_fleet_deployed_timestamp_seconds", "When the next key was deployed.", deployed_at},
    {"tlsagen_fleet_verified_timestamp_seconds", "When all endpoints showed the next key.",
     verified_at},
    {"tlsagen_fleet_retire_timestamp_seconds", "When the replaced records are to go.", retire_at},
    {"tlsagen_fleet_finished_timestamp_seconds", "When the last rollover was complete.",
     finished_at},
    {"tlsagen_fleet_checked_timestamp_seconds", "The last check with status --live.", checked_at},
    {"tlsagen_fleet_shown_certificate_expiry_timestamp_seconds",
     "When the certificate that the last check was shown ends.", shown_expiry},
};

static void add_head(struct tlsagen_buf *text, const char *name, const char *help)
{
    tlsagen_buf_printf(text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void add_metric(const struct view *view, struct tlsagen_buf *text, const char *name,
                       const char *help, sample_fn *sample)
{
    bool begun = false;
    for (size_t i = 0; i < view->shown_count; i++) {
        int64_t value;
        if (!sample(view, view->shown[i], &value))
            continue;
        if (!begun)
            add_head(text, name, help);
        begun = true;
        tlsagen_buf_printf(text, "%s{", name);
        add_labels(text, view->shown[i]);
        tlsagen_buf_printf(text, "} %lld\n", (long long)value);
    }
}

/* The stage and the verdict are words: a series of each service has them as labels. */
static void add_stages(const struct view *view, struct tlsagen_buf *text)
{
    for (size_t i = 0; i < view->shown_count; i++) {
        if (i == 0)
            add_head(text, "tlsagen_fleet_stage", "Where a service stands, by its label; 1.");
        tlsagen_buf_str(text, "tlsagen_fleet_stage{");
        add_labels(text, view->shown[i]);
        tlsagen_buf_printf(text, ",stage=\"%s\"} 1\n", view_stage(view->shown[i]));
    }
}

static void add_verdicts(const struct view *view, struct tlsagen_buf *text)
{
    bool begun = false;
    for (size_t i = 0; i < view->shown_count; i++) {
        const struct view_row *row = view->shown[i];
        if (!row->checked)
            continue;
        if (!begun)
            add_head(text, "tlsagen_fleet_verified", "1 when the last check verified a service.");
        begun = true;
        tlsagen_buf_str(text, "tlsagen_fleet_verified{");
        add_labels(text, row);
        tlsagen_buf_printf(text, ",verdict=\"%s\"} %d\n", tlsagen_verdict_word(row->check.verdict),
                           row->check.verdict == TLSAGEN_VERDICT_VERIFIED);
    }
}

void view_prometheus(const struct view *view, struct tlsagen_buf *text)
{
    add_head(text, "tlsagen_fleet_exported_timestamp_seconds", "When this was written.");
    tlsagen_buf_printf(text, "tlsagen_fleet_exported_timestamp_seconds %lld\n",
                       (long long)view->now);
    add_stages(view, text);
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        add_metric(view, text, metrics[i].name, metrics[i].help, metrics[i].sample);
    add_verdicts(view, text);
}
