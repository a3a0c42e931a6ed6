/* zone_check.c - `tlsagen zone check`: what is wrong with a zone file. */
#include "zone.h"

#include <jansson.h>
#include <stdlib.h>

static const char help_text[] =
    "Usage: tlsagen zone check [OPTIONS] FILE\n\n"
    "Looks for all that is wrong with the zone file FILE: what no edit or name server takes, and\n"
    "TLSA records that are useless or dangerous. Each finding is a line with its place and, in\n"
    "brackets, its rule; tlsagen-zone(1) explains the rules. Exits with 3 when there are "
    "errors.\n\n"
    "Options:\n"
    "      --origin ZONE          the zone's name, when the file does not tell\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                errors only, and no summary\n"
    "  -W, --warnings-fail        warnings are errors\n"
    "  -h, --help                 show this text\n";

/* The findings so far: in JSON all of them, as text they are written as they come. */
struct report {
    const struct zone_args *args;
    json_t *findings;
    bool failed; /* memory */
    int code;
};

static const char *severity(const struct report *report, const struct tlsagen_zone_finding *finding)
{
    return finding->error || report->args->warnings_fail ? "error" : "warning";
}

static void add_json(struct report *report, const struct tlsagen_zone_finding *finding)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:o, s:I, s:I, s:o}", "severity", severity(report, finding), "rule",
        finding->rule, "file", zone_json_text(finding->file), "line", (json_int_t)finding->line,
        "column", (json_int_t)finding->column, "text", zone_json_text(finding->text));
    if (object == NULL || json_array_append_new(report->findings, object) != 0)
        report->failed = true;
}

static void find(void *arg, const struct tlsagen_zone_finding *finding)
{
    struct report *report = arg;
    struct tlsagen_buf line;
    struct tlsagen_err err;
    if (report->args->quiet && !finding->error && !report->args->warnings_fail)
        return;
    if (report->args->json) {
        add_json(report, finding);
        return;
    }
    if (report->code != EXIT_DONE)
        return;
    tlsagen_buf_init(&line);
    tlsagen_buf_printf(&line, "%s:%llu:%llu: %s: %s [%s]\n", finding->file,
                       (unsigned long long)finding->line, (unsigned long long)finding->column,
                       severity(report, finding), finding->text, finding->rule);
    report->code = tlsagen_buf_check(&line, &err) == TLSAGEN_OK ? report_result(line.data, line.len)
                                                                : report_err(&err);
    tlsagen_buf_clear(&line);
}

/* Steals the findings. */
static int write_json(struct report *report, const struct tlsagen_zone_verdict *verdict)
{
    json_t *serial = verdict->has_soa ? json_integer(verdict->serial) : json_null();
    json_t *object = json_pack("{s:s, s:o, s:o, s:I, s:I, s:o}", "zone", verdict->zone, "file",
                               zone_json_text(report->args->operands[0]), "serial", serial,
                               "errors", (json_int_t)verdict->errors, "warnings",
                               (json_int_t)verdict->warnings, "findings", report->findings);
    char *text = object != NULL && !report->failed ? json_dumps(object, JSON_INDENT(2)) : NULL;
    struct tlsagen_buf line;
    int code = EXIT_FAILED;
    tlsagen_buf_init(&line);
    if (text != NULL)
        tlsagen_buf_printf(&line, "%s\n", text);
    if (text == NULL || line.failed)
        report_error("cannot write JSON: out of memory");
    else
        code = report_result(line.data, line.len);
    tlsagen_buf_clear(&line);
    free(text);
    json_decref(object);
    return code;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static int write_summary(const struct report *report, const struct tlsagen_zone_verdict *verdict)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    if (report->args->quiet || report->code != EXIT_DONE)
        return report->code;
    tlsagen_buf_init(&text);
    zone_add_name(&text, verdict->zone, report->args->operands[0]);
    if (verdict->has_soa)
        tlsagen_buf_printf(&text, ": serial %u", verdict->serial);
    tlsagen_buf_printf(&text, "%s %zu error%s, %zu warning%s\n", verdict->has_soa ? "," : ":",
                       verdict->errors, plural(verdict->errors), verdict->warnings,
                       plural(verdict->warnings));
    int code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK ? report_result(text.data, text.len)
                                                            : report_err(&err);
    tlsagen_buf_clear(&text);
    return code;
}

static int run(struct zone_args *args)
{
    struct report report = {.args = args, .code = EXIT_DONE};
    struct tlsagen_zone_verdict verdict;
    struct tlsagen_err err;
    if (args->json) {
        report.findings = json_array();
        report.failed = report.findings == NULL;
    }
    enum tlsagen_status status =
        tlsagen_zone_check(args->operands[0], args->origin, find, &report, &verdict, &err);
    if (status != TLSAGEN_OK) {
        json_decref(report.findings);
        return report_err(&err);
    }
    int code = args->json ? write_json(&report, &verdict) : write_summary(&report, &verdict);
    args->warning_count = verdict.warnings;
    return code == EXIT_DONE && verdict.errors > 0 ? EXIT_NEGATIVE : code;
}

const struct zone_command zone_check = {
    .name = "check",
    .summary = "look for all that is wrong",
    .help = help_text,
    .options = ZONE_ORIGIN | ZONE_JSON | ZONE_QUIET | ZONE_WARNINGS,
    .operands_min = 1,
    .operands_max = 1,
    .operands = "FILE",
    .run = run,
};
