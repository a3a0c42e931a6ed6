/* cmd_rollover.c - `tlsagen rollover`: finds the subcommand. */
#include "rollover.h"

#include <string.h>

static const struct rollover_command *const subcommands[] = {
    &rollover_status, &rollover_run,     &rollover_next_key, &rollover_gate,
    &rollover_abort,  &rollover_explain, &rollover_simulate, NULL,
};

static const struct rollover_command *find_subcommand(const char *name)
{
    for (const struct rollover_command *const *c = subcommands; *c != NULL; c++) {
        if (strcmp((*c)->name, name) == 0)
            return *c;
    }
    return NULL;
}

static int print_help(void)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    tlsagen_buf_str(&text, "Usage: tlsagen rollover COMMAND [OPTIONS] [SERVICE ...]\n\n"
                           "Carries services from one key to the next without a failed "
                           "connection.\n\n"
                           "Commands:\n");
    for (const struct rollover_command *const *c = subcommands; *c != NULL; c++)
        tlsagen_buf_printf(&text, "  %-10s %s\n", (*c)->name, (*c)->summary);
    tlsagen_buf_str(&text, "\nOptions:\n"
                           "  -h, --help     show this text\n\n"
                           "'tlsagen rollover COMMAND --help' and 'man tlsagen-rollover' tell "
                           "more.\n");
    int code = report_result(text.data, text.len);
    tlsagen_buf_clear(&text);
    return code;
}

static int run(const struct rollover_args *args)
{
    struct rollover_room room;
    int code = rollover_room_open(args, &room);
    if (code == EXIT_DONE)
        code = args->command->run(args, &room);
    rollover_room_close(&room);
    return code;
}

int cmd_rollover(int argc, char **argv)
{
    if (argc < 2)
        return report_usage("rollover", "no subcommand of rollover given");
    const char *word = argv[1];
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "help") == 0)
        return print_help();
    const struct rollover_command *command = find_subcommand(word);
    if (command == NULL)
        return report_bad_subcommand("rollover", word);

    struct rollover_args args;
    bool help;
    int code = rollover_args_parse(&args, command, argc - 1, argv + 1, &help);
    if (code == EXIT_DONE)
        code = help ? report_result(command->help, strlen(command->help)) : run(&args);
    rollover_args_clear(&args);
    return code;
}
