/* rollover_gate.c - `tlsagen rollover gate`: may this certificate be deployed? */
#include "rollover.h"

#include <time.h>

#include "zone.h"

static const char help_text[] =
    "Usage: tlsagen rollover gate [OPTIONS] SERVICE CERTIFICATE\n\n"
    "Looks afresh at every name server, and answers whether the certificate (a file, or a folder\n"
    "as in `source`) may be deployed: exits with 0 when that is safe now, with 4 when it will be\n"
    "later and with 3 when it never will.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG "      --json         report in JSON\n"
    "  -q, --quiet        no report: the exit code tells\n" ROLLOVER_HELP_HELP;

static const struct {
    const char *word;
    int code;
} answers[] = {
    [TLSAGEN_GATE_YES] = {"safe", EXIT_DONE},
    [TLSAGEN_GATE_LATER] = {"later", EXIT_NOT_NOW},
    [TLSAGEN_GATE_NEVER] = {"never", EXIT_NEGATIVE},
};

static int print_json(const struct tlsagen_config_service *service,
                      const struct tlsagen_rollover_gate *gate)
{
    return rollover_json_print(json_pack(
        "{s:s, s:s, s:o, s:o}", "service", service->name, "answer", answers[gate->answer].word,
        "safe_at", rollover_moment_json(gate->safe_at), "text", zone_json_text(gate->why)));
}

static int print_text(const struct tlsagen_config_service *service,
                      const struct tlsagen_rollover_gate *gate)
{
    char moment[ROLLOVER_TIME], about[ROLLOVER_TIME];
    const struct rollover_look look = {.width = 0};
    const int64_t now = (int64_t)time(NULL);
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    tlsagen_buf_printf(&text, "%s: %s", service->name, answers[gate->answer].word);
    if (gate->answer == TLSAGEN_GATE_LATER && gate->safe_at != 0)
        tlsagen_buf_printf(&text, ", at %s (in %s)", rollover_moment(gate->safe_at, moment),
                           rollover_about(gate->safe_at - now, about));
    tlsagen_buf_str(&text, gate->why[0] != '\0' ? ": " : "");
    rollover_look_cut(&text, &look, 0, gate->why);
    tlsagen_buf_char(&text, '\n');
    const int code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK
                         ? report_result(text.data, text.len)
                         : report_err(&err);
    tlsagen_buf_clear(&text);
    return code;
}

static int run(const struct rollover_args *args, const struct rollover_room *room)
{
    const struct tlsagen_config_service *service = room->services[0];
    struct tlsagen_rollover_gate gate;
    struct tlsagen_err err;
    if (tlsagen_rollover_gate_ask(room->rollover, service, args->operands[1], &gate, &err) !=
        TLSAGEN_OK)
        return report_err(&err);
    int written = EXIT_DONE;
    if (args->json)
        written = print_json(service, &gate);
    else if (!args->quiet)
        written = print_text(service, &gate);
    return written != EXIT_DONE ? written : answers[gate.answer].code;
}

const struct rollover_command rollover_gate = {
    .name = "gate",
    .summary = "tell whether a certificate may be deployed now",
    .help = help_text,
    .options = ROLLOVER_JSON | ROLLOVER_QUIET,
    .services_min = 1,
    .services_max = 1,
    .others = 1,
    .operands = "SERVICE CERTIFICATE",
    .run = run,
};
