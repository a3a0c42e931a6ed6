/* cmd_zone.c - `tlsagen zone`: finds the subcommand. */
#include "zone.h"

#include <string.h>

static const struct zone_command *const subcommands[] = {
    &zone_put, &zone_add, &zone_remove, &zone_bump, &zone_list, &zone_check, NULL,
};

static const struct zone_command *find_subcommand(const char *name)
{
    for (const struct zone_command *const *c = subcommands; *c != NULL; c++) {
        if (strcmp((*c)->name, name) == 0)
            return *c;
    }
    return NULL;
}

static int print_help(void)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    tlsagen_buf_str(
        &text,
        "Usage: tlsagen zone COMMAND [OPTIONS] FILE ...\n\n"
        "Changes zone files, where every byte outside the edit stays, and looks into them.\n\n"
        "Commands:\n");
    for (const struct zone_command *const *c = subcommands; *c != NULL; c++)
        tlsagen_buf_printf(&text, "  %-10s %s\n", (*c)->name, (*c)->summary);
    tlsagen_buf_str(&text, "\nOptions:\n"
                           "  -h, --help     show this text\n\n"
                           "'tlsagen zone COMMAND --help' and 'man tlsagen-zone' tell more.\n");
    int code = report_result(text.data, text.len);
    tlsagen_buf_clear(&text);
    return code;
}

int cmd_zone(int argc, char **argv)
{
    if (argc < 2)
        return report_usage("zone", "no subcommand of zone given");
    const char *word = argv[1];
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "help") == 0)
        return print_help();
    const struct zone_command *command = find_subcommand(word);
    if (command == NULL)
        return report_bad_subcommand("zone", word);

    struct zone_args args;
    bool help;
    int code = zone_args_parse(&args, command, argc - 1, argv + 1, &help);
    if (code != EXIT_DONE)
        return code;
    if (help)
        return report_result(command->help, strlen(command->help));
    code = command->run(&args);
    if (code == EXIT_DONE && args.warnings_fail && args.warning_count > 0)
        code = EXIT_NEGATIVE;
    return code;
}
