/* create_ports.c - ports by number and by the name of their service. */
#include "create.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>

#define PORT_MAX 65535U

static int unknown_port(const char *word)
{
    if (strcmp(word, "*") == 0)
        return report_usage("create", "port *: a wildcard would answer for every port, also those "
                                      "of services with another key; list the ports");
    return report_usage("create", "port \"%.64s\" is neither 1 to 65535 nor a known service", word);
}

static bool is_number(const char *word)
{
    return word[strspn(word, "0123456789")] == '\0';
}

static int port_of(const struct create_args *args, const char *word, uint16_t *port)
{
    uint64_t number;
    if (*word != '\0' && is_number(word)) {
        if (tlsagen_number_parse(word, "port", 1, PORT_MAX, &number, NULL) != TLSAGEN_OK)
            return report_usage("create", "port %.64s does not exist; give 1 to 65535", word);
        *port = (uint16_t)number;
        return EXIT_DONE;
    }
    const struct tlsagen_service *service = tlsagen_service_find(word);
    if (service != NULL) {
        *port = service->port;
        return EXIT_DONE;
    }
    /* services(5) knows sctp too, though seldom. */
    const struct servent *entry =
        *word == '\0' ? NULL : getservbyname(word, tlsagen_proto_name(args->proto));
    if (entry == NULL)
        return unknown_port(word);
    *port = ntohs((uint16_t)entry->s_port);
    return EXIT_DONE;
}

static void add_port(struct create_args *args, uint16_t port)
{
    for (size_t i = 0; i < args->port_count; i++) {
        if (args->ports[i] == port)
            return;
    }
    args->ports[args->port_count++] = port;
}

int create_ports_parse(struct create_args *args, const char *text)
{
    size_t len = strlen(text);
    char *words = malloc(len + 1);
    args->ports = calloc(len + 1, sizeof(args->ports[0]));
    if (words == NULL || args->ports == NULL) {
        free(words);
        report_error("out of memory");
        return EXIT_FAILED;
    }
    memcpy(words, text, len + 1);
    int code = EXIT_DONE;
    for (char *word = words; word != NULL && code == EXIT_DONE;) {
        char *comma = strchr(word, ',');
        if (comma != NULL)
            *comma = '\0';
        uint16_t port = 0;
        code = port_of(args, word, &port);
        if (code == EXIT_DONE)
            add_port(args, port);
        word = comma == NULL ? NULL : comma + 1;
    }
    free(words);
    return code;
}
