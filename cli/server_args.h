/* server_args.h - the options that say how a name server is reached; for reload and publish. */
#ifndef CLI_SERVER_ARGS_H
#define CLI_SERVER_ARGS_H

#include <getopt.h>

#include "cli.h"

/* All zero but for wait_ms before the first option; see server_args_init. */
struct server_args {
    struct tlsagen_server server;
    uint32_t wait_ms;
    char *query;   /* --query without its port, to be freed by server_args_clear */
    uint16_t port; /* of it */
    char *exec;    /* the words of --exec, parted by NULs */
    char **words;  /* pointers into it */
    bool has_kind;
    bool has_control; /* an option that --exec has no use for */
};

#define SERVER_OPTION_FIRST 512 /* their ids are from here on */

/* For the array of getopt_long. */
#define SERVER_OPTIONS                                                                             \
    {"server", required_argument, NULL, SERVER_OPTION_FIRST},                                      \
        {"control-config", required_argument, NULL, SERVER_OPTION_FIRST + 1},                      \
        {"control-key", required_argument, NULL, SERVER_OPTION_FIRST + 2},                         \
        {"control-host", required_argument, NULL, SERVER_OPTION_FIRST + 3},                        \
        {"control-port", required_argument, NULL, SERVER_OPTION_FIRST + 4},                        \
        {"control-program", required_argument, NULL, SERVER_OPTION_FIRST + 5},                     \
        {"view", required_argument, NULL, SERVER_OPTION_FIRST + 6},                                \
        {"class", required_argument, NULL, SERVER_OPTION_FIRST + 7},                               \
        {"exec", required_argument, NULL, SERVER_OPTION_FIRST + 8},                                \
        {"query", required_argument, NULL, SERVER_OPTION_FIRST + 9},                               \
    {                                                                                              \
        "wait", required_argument, NULL, SERVER_OPTION_FIRST + 10                                  \
    }

/* The same for --help. */
#define SERVER_OPTIONS_HELP                                                                        \
    "      --server rndc|nsd|knot|pdns  the kind of name server; rndc by default\n"                \
    "      --control-config FILE  configuration of its control program; of pdns the folder\n"      \
    "      --control-key FILE     key file (rndc)\n"                                               \
    "      --control-host HOST    where it is controlled; of knot the socket\n"                    \
    "      --control-port PORT    the port of that (rndc, nsd)\n"                                  \
    "      --control-program PATH the control program, if it is not in the PATH\n"                 \
    "      --view VIEW            the zone's view (rndc)\n"                                        \
    "      --class CLASS          the zone's class (rndc)\n"                                       \
    "      --exec COMMAND         run this instead; the word {} stands for the zone\n"             \
    "      --query ADDRESS[#PORT] ask there for the serial; 127.0.0.1, and rndc itself for rndc\n" \
    "      --wait TIME            for the serial, at most; 30 seconds by default, 0: not at all\n"

/*
 * ADDRESS[#PORT], with or without brackets: *address is to be freed, *port 0 without one.
 * EXIT_DONE, or the exit code after a message.
 */
int server_address_parse(const char *command, const char *value, char **address, uint16_t *port);
void server_args_init(struct server_args *args);
void server_args_clear(struct server_args *args);
/* Takes an option from getopt_long; an exit code other than EXIT_DONE after a message. */
int server_args_take(struct server_args *args, const char *command, int option, const char *value);
/* To be called when all were taken. */
int server_args_check(struct server_args *args, const char *command);
/* Fills how to reload; borrows from args. */
void server_args_fill(const struct server_args *args, struct tlsagen_reload *reload);

#endif
