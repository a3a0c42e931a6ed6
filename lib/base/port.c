/* port.c - ports by number and by the name of their service. */
#include <tlsagen/service.h>

#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>

#define PORT_MAX 65535U
#define NAME_MAX_BYTES 63 /* more than any name of a service has */
#define ENTRY_SIZE 1024   /* of one entry of services(5) with its aliases */

static enum tlsagen_status unknown(const char *word, struct tlsagen_err *err)
{
    if (strcmp(word, "*") == 0)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "port *: a wildcard would answer for every port, also those of "
                               "services with another key; list the ports");
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                           "port \"%s\" is neither 1 to 65535 nor a known service", word);
}

static enum tlsagen_status port_of(const char *word, const char *proto, uint16_t *port,
                                   struct tlsagen_err *err)
{
    uint64_t number;
    if (*word != '\0' && word[strspn(word, "0123456789")] == '\0') {
        if (tlsagen_number_parse(word, "port", 1, PORT_MAX, &number, NULL) != TLSAGEN_OK)
            return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                   "port %s does not exist; give 1 to 65535", word);
        *port = (uint16_t)number;
        return TLSAGEN_OK;
    }
    const struct tlsagen_service *service = tlsagen_service_find(word);
    if (service != NULL) {
        *port = service->port;
        return TLSAGEN_OK;
    }
    struct servent entry, *found = NULL;
    char strings[ENTRY_SIZE];
    if (*word == '\0' ||
        getservbyname_r(word, proto, &entry, strings, sizeof(strings), &found) != 0 ||
        found == NULL)
        return unknown(word, err);
    *port = ntohs((uint16_t)found->s_port);
    return TLSAGEN_OK;
}

static enum tlsagen_status add_port(uint16_t port, uint16_t *ports, size_t size, size_t *count,
                                    struct tlsagen_err *err)
{
    for (size_t i = 0; i < *count; i++) {
        if (ports[i] == port)
            return TLSAGEN_OK;
    }
    if (*count == size)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "more than %zu ports in one list", size);
    ports[(*count)++] = port;
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_ports_parse(const char *text, const char *proto, uint16_t *ports,
                                        size_t size, size_t *count, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    *count = 0;
    for (const char *p = text; p != NULL && status == TLSAGEN_OK;) {
        char word[NAME_MAX_BYTES + 1];
        size_t len = strcspn(p, ",");
        size_t kept = len < sizeof(word) ? len : sizeof(word) - 1;
        uint16_t port = 0;
        memcpy(word, p, kept);
        word[kept] = '\0';
        status = kept < len ? unknown(word, err) : port_of(word, proto, &port, err);
        if (status == TLSAGEN_OK)
            status = add_port(port, ports, size, count, err);
        p = p[len] == ',' ? p + len + 1 : NULL;
    }
    return status;
}
