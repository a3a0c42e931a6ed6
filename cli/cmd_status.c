/* cmd_status.c - `tlsagen status`: how things stand with all services. */
#include "view.h"

#include <string.h>

#include "verify.h"

static const char help_text[] =
    "Usage: tlsagen status [OPTIONS] [SERVICE ...]\n\n"
    "Shows how things stand with all services of the configuration, the most urgent first: their\n"
    "records and keys, the stage of a rollover, when the certificate ends, the last check, what\n"
    "comes next and when. '!' marks those that somebody has to look at, '*' those with a rollover\n"
    "under way, '>' those that the next run has something to do for. Without --live nobody is\n"
    "asked.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG
    "      --zone ZONE    the services of this zone; may be given several times\n"
    "      --only due|failing|rolling  these alone; may be given several times\n"
    "      --sort urgency|name|expiry|next|check  the order; urgency\n"
    "      --live         connect to every endpoint and judge it, as verify does\n"
    "      --jobs NUMBER  live: endpoints at work at once; 32 by default\n"
    "      --timeout TIME  live: for all of one endpoint; 60 seconds by default\n"
    "      --json         report in JSON\n" ROLLOVER_HELP_HELP;

static int print(const struct view *view)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    if (view->args->json)
        view_json(view, &text);
    else
        view_table(view, &text);
    const int code = view_write(NULL, &text);
    tlsagen_buf_clear(&text);
    return code;
}

static int run(struct view *view)
{
    const int looked = view_look(view);
    int verdict = EXIT_DONE;
    const int checked = view->args->live ? view_check(view, &verdict) : EXIT_DONE;
    if (checked != EXIT_DONE)
        return checked;
    view_choose(view);
    const int printed = print(view);
    return printed != EXIT_DONE ? printed : verify_worse_code(looked, verdict);
}

int cmd_status(int argc, char **argv)
{
    struct view_args args;
    struct view view = {.count = 0};
    bool help;
    int code = view_args_parse(&args, VIEW_STATUS, argc, argv, &help);
    if (help) {
        code = report_result(help_text, sizeof(help_text) - 1);
    } else if (code == EXIT_DONE) {
        code = view_open(&view, &args);
        if (code == EXIT_DONE)
            code = run(&view);
        view_close(&view);
    }
    view_args_clear(&args);
    return code;
}
