#include "server_args.h"

#include <stdlib.h>
#include <string.h>

void server_args_init(struct server_args *args)
{
    *args = (struct server_args){.wait_ms = TLSAGEN_RELOAD_WAIT_MS};
}

void server_args_clear(struct server_args *args)
{
    free(args->query);
    free(args->exec);
    free(args->words);
    server_args_init(args);
}

static int no_memory(void)
{
    report_error("out of memory");
    return EXIT_FAILED;
}

static int take_kind(struct server_args *args, const char *command, const char *value)
{
    static const struct {
        const char *name;
        enum tlsagen_server_kind kind;
    } kinds[] = {
        {"rndc", TLSAGEN_SERVER_RNDC},  {"bind", TLSAGEN_SERVER_RNDC},
        {"named", TLSAGEN_SERVER_RNDC}, {"nsd", TLSAGEN_SERVER_NSD},
        {"knot", TLSAGEN_SERVER_KNOT},  {"pdns", TLSAGEN_SERVER_PDNS},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(value, kinds[i].name) == 0) {
            args->server.kind = kinds[i].kind;
            args->has_kind = true;
            return EXIT_DONE;
        }
    }
    return report_usage(command, "server \"%.32s\" is unknown; give rndc, nsd, knot or pdns",
                        value);
}

/* The words of a command, parted by blanks; nothing has a meaning for a shell. */
static int take_exec(struct server_args *args, const char *command, const char *value)
{
    size_t count = 0;
    free(args->exec);
    free(args->words);
    args->exec = strdup(value);
    args->words = calloc(strlen(value) / 2 + 2, sizeof(*args->words));
    if (args->exec == NULL || args->words == NULL)
        return no_memory();
    for (char *rest = args->exec, *word; (word = strtok_r(rest, " \t", &rest)) != NULL;)
        args->words[count++] = word;
    if (count == 0)
        return report_usage(command, "--exec has no command");
    args->server.exec = args->words;
    return EXIT_DONE;
}

/* [2001:db8::1], as IPv6 addresses are written beside ports. */
static void strip_brackets(char *address)
{
    size_t len = strlen(address);
    if (len < 2 || address[0] != '[' || address[len - 1] != ']')
        return;
    memmove(address, address + 1, len - 2);
    address[len - 2] = '\0';
}

int server_address_parse(const char *command, const char *value, char **address, uint16_t *port)
{
    struct tlsagen_err err;
    uint64_t number = 0;
    *port = 0;
    *address = strdup(value);
    if (*address == NULL)
        return no_memory();
    char *mark = strchr(*address, '#');
    if (mark != NULL)
        *mark = '\0';
    strip_brackets(*address);
    if (mark == NULL)
        return EXIT_DONE;
    if (tlsagen_number_parse(mark + 1, "port", 1, UINT16_MAX, &number, &err) != TLSAGEN_OK)
        return report_usage(command, "%s", err.message);
    *port = (uint16_t)number;
    return EXIT_DONE;
}

static int take_query(struct server_args *args, const char *command, const char *value)
{
    free(args->query);
    return server_address_parse(command, value, &args->query, &args->port);
}

static int take_wait(struct server_args *args, const char *command, const char *value)
{
    const uint32_t most = 86400;
    struct tlsagen_err err;
    uint32_t seconds;
    if (tlsagen_duration_parse(value, "--wait", &seconds, &err) != TLSAGEN_OK)
        return report_usage(command, "%s", err.message);
    if (seconds > most)
        return report_usage(command, "--wait is a day at most");
    args->wait_ms = seconds * 1000;
    return EXIT_DONE;
}

static int take_port(struct server_args *args, const char *command, const char *value)
{
    struct tlsagen_err err;
    uint64_t port;
    if (tlsagen_number_parse(value, "port", 1, UINT16_MAX, &port, &err) != TLSAGEN_OK)
        return report_usage(command, "%s", err.message);
    args->server.port = value;
    return EXIT_DONE;
}

int server_args_take(struct server_args *args, const char *command, int option, const char *value)
{
    struct tlsagen_server *server = &args->server;
    switch (option - SERVER_OPTION_FIRST) {
    case 0:
        return take_kind(args, command, value);
    case 1:
        server->config = value;
        break;
    case 2:
        server->key_file = value;
        break;
    case 3:
        server->host = value;
        break;
    case 4:
        args->has_control = true;
        return take_port(args, command, value);
    case 5:
        server->program = value;
        break;
    case 6:
        server->view = value;
        break;
    case 7:
        server->rclass = value;
        break;
    case 8:
        return take_exec(args, command, value);
    case 9:
        return take_query(args, command, value);
    case 10:
        return take_wait(args, command, value);
    default:
        return EXIT_USAGE;
    }
    args->has_control = true;
    return EXIT_DONE;
}

int server_args_check(struct server_args *args, const char *command)
{
    const struct tlsagen_server *server = &args->server;
    if (server->exec != NULL) {
        if (args->has_kind || args->has_control)
            return report_usage(command, "--exec is the whole command; --server, --control-... and "
                                         "--view are for control programs");
        args->server.kind = TLSAGEN_SERVER_EXEC;
        return EXIT_DONE;
    }
    bool rndc = server->kind == TLSAGEN_SERVER_RNDC;
    if (!rndc && (server->key_file != NULL || server->view != NULL || server->rclass != NULL))
        return report_usage(command, "--control-key, --view and --class are for rndc");
    if (server->port != NULL && !rndc && server->kind != TLSAGEN_SERVER_NSD)
        return report_usage(command, "--control-port is for rndc and nsd");
    if (server->host != NULL && server->kind == TLSAGEN_SERVER_PDNS)
        return report_usage(command, "pdns_control is told where by --control-config");
    if (server->port != NULL && server->host == NULL && server->kind == TLSAGEN_SERVER_NSD)
        return report_usage(command, "--control-port needs --control-host");
    return EXIT_DONE;
}

void server_args_fill(const struct server_args *args, struct tlsagen_reload *reload)
{
    reload->server = &args->server;
    reload->wait_ms = args->wait_ms;
    reload->address = args->query;
    reload->port = args->port;
}
