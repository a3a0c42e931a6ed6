/* rollover_steps.c - what the steps of a rollover come to, as lines, as JSON and as exit code. */
#include "rollover.h"

#include <string.h>
#include <unistd.h>

#include "zone.h"

bool rollover_steps_init(struct rollover_steps *steps, const struct rollover_args *args)
{
    *steps = (struct rollover_steps){
        .args = args,
        .events = args->json ? json_array() : NULL,
    };
    if (!args->json || steps->events != NULL)
        return true;
    report_error("out of memory");
    return false;
}

void rollover_steps_clear(struct rollover_steps *steps)
{
    json_decref(steps->events);
    steps->events = NULL;
}

static const char *kind_name(enum tlsagen_rollover_kind kind)
{
    static const char *const names[] = {
        [TLSAGEN_ROLLOVER_STEP] = "step", [TLSAGEN_ROLLOVER_HOLD] = "hold",
        [TLSAGEN_ROLLOVER_STOP] = "stop", [TLSAGEN_ROLLOVER_FAIL] = "fail",
        [TLSAGEN_ROLLOVER_WAIT] = "wait",
    };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

static void add_json(struct rollover_steps *steps, const struct tlsagen_rollover_event *event)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "service", event->service, "kind",
                  kind_name(event->kind), "stage", tlsagen_rollover_stage_name(event->stage),
                  "action", event->action, "reason", event->reason, "text",
                  zone_json_text(event->text), "due", rollover_moment_json(event->due));
    if (json_array_append_new(steps->events, object) != 0)
        steps->written = EXIT_FAILED;
}

/* As a run before told; a person who asks is told again. */
static bool is_old(const struct rollover_steps *steps, const struct tlsagen_rollover_event *event)
{
    return event->repeated && !steps->all && isatty(STDERR_FILENO) == 0;
}

/*
 * A run from cron mails what it prints. That servers take their time is no news, nor is a wait, nor
 * that what failed waits for the next time; what is held up by anything else is, once a day.
 */
static bool is_news(const struct rollover_steps *steps, const struct tlsagen_rollover_event *event)
{
    switch (event->kind) {
    case TLSAGEN_ROLLOVER_STOP:
        return !is_old(steps, event);
    case TLSAGEN_ROLLOVER_FAIL:
        return true;
    case TLSAGEN_ROLLOVER_STEP:
        return !steps->args->quiet;
    case TLSAGEN_ROLLOVER_HOLD:
        return steps->all || (!steps->args->quiet && !is_old(steps, event) &&
                              strcmp(event->reason, "spreading") != 0 &&
                              strcmp(event->reason, "not-written") != 0);
    default:
        return steps->all;
    }
}

/* To standard output, at once: a run may take long, and may be killed. */
static void write_line(struct rollover_steps *steps, const struct tlsagen_rollover_event *event,
                       const char *due)
{
    struct tlsagen_buf line;
    struct tlsagen_err err;
    if (steps->written != EXIT_DONE)
        return;
    tlsagen_buf_init(&line);
    tlsagen_buf_printf(&line, "%s: ", event->service);
    const struct rollover_look look = {.width = 0};
    rollover_look_cut(&line, &look, 0, event->text);
    tlsagen_buf_printf(&line, "%s\n", due);
    steps->written = tlsagen_buf_check(&line, &err) == TLSAGEN_OK
                         ? report_result(line.data, line.len)
                         : report_err(&err);
    tlsagen_buf_clear(&line);
}

void rollover_steps_tell(struct rollover_steps *steps, const struct tlsagen_rollover_event *event)
{
    char moment[ROLLOVER_TIME], due[ROLLOVER_TIME + 16] = "";
    if (!is_news(steps, event))
        return;
    const bool bad = event->kind != TLSAGEN_ROLLOVER_STEP && event->kind != TLSAGEN_ROLLOVER_WAIT;
    if (event->due != 0 && event->kind != TLSAGEN_ROLLOVER_STEP)
        (void)snprintf(due, sizeof(due), "; next at %s", rollover_moment(event->due, moment));
    if (bad)
        report_error("%s: %s%s", event->service, event->text, due);
    else if (steps->to_stderr)
        report_note("%s: %s%s", event->service, event->text, due);
    else
        write_line(steps, event, due);
}

void rollover_steps_take(void *arg, const struct tlsagen_rollover_event *event)
{
    struct rollover_steps *steps = arg;
    steps->failed = steps->failed || event->kind == TLSAGEN_ROLLOVER_FAIL;
    steps->stopped = steps->stopped || event->kind == TLSAGEN_ROLLOVER_STOP;
    steps->held = steps->held || event->kind == TLSAGEN_ROLLOVER_HOLD;
    if (steps->events != NULL)
        add_json(steps, event);
    else
        rollover_steps_tell(steps, event);
}

int rollover_steps_code(const struct rollover_steps *steps)
{
    if (steps->failed)
        return EXIT_FAILED;
    if (steps->stopped)
        return EXIT_NEGATIVE;
    return steps->held ? EXIT_NOT_NOW : EXIT_DONE;
}
