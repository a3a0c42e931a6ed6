/* create_ports.c - the list of ports on the command line. */
#include "create.h"

#include <stdlib.h>
#include <string.h>

int create_ports_parse(struct create_args *args, const char *text)
{
    struct tlsagen_err err;
    /* Each port but the first follows a comma. */
    size_t room = strlen(text) / 2 + 1;
    args->ports = calloc(room, sizeof(args->ports[0]));
    if (args->ports == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    if (tlsagen_ports_parse(text, tlsagen_proto_name(args->proto), args->ports, room,
                            &args->port_count, &err) != TLSAGEN_OK)
        return report_usage(args->command, "%s", err.message);
    return EXIT_DONE;
}
