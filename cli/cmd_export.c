/* cmd_export.c - `tlsagen export`: how things stand, for other programs and for a web server. */
#include "view.h"

static const char help_text[] =
    "Usage: tlsagen export --format json|prometheus|html [OPTIONS] [SERVICE ...]\n\n"
    "Writes how things stand with all services of the configuration: what `tlsagen status` shows,\n"
    "and the time lines of the rollovers under way. Nobody is asked.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG
    "      --format json|prometheus|html  how to write it; html is one page that needs nothing "
    "else\n"
    "  -o, --output FILE  where to write, replaced at once; standard output by default\n"
    "      --zone ZONE    the services of this zone; may be given several times\n"
    "      --only due|failing|rolling  these alone; may be given several times\n"
    "      --sort urgency|name|expiry|next|check  the order; urgency\n" ROLLOVER_HELP_HELP;

static int run(struct view *view)
{
    static void (*const formats[])(const struct view *, struct tlsagen_buf *) = {
        [VIEW_JSON] = view_json,
        [VIEW_PROMETHEUS] = view_prometheus,
        [VIEW_HTML] = view_html,
    };
    struct tlsagen_buf text;
    const int looked = view_look(view);
    view_choose(view);
    tlsagen_buf_init(&text);
    formats[view->args->format](view, &text);
    const int written = view_write(view->args->output, &text);
    tlsagen_buf_clear(&text);
    return written != EXIT_DONE ? written : looked;
}

int cmd_export(int argc, char **argv)
{
    struct view_args args;
    struct view view = {.count = 0};
    bool help;
    int code = view_args_parse(&args, VIEW_EXPORT, argc, argv, &help);
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
