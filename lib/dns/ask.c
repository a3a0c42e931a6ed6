/* ask.c - one question to one server, believed by nobody. */
#include "exchange.h"
#include "packet.h"

#define TIMEOUT_MS 5000

static bool is_local_fault(enum tlsagen_status status)
{
    return status == TLSAGEN_E_MEMORY || status == TLSAGEN_E_SYSTEM;
}

static enum tlsagen_status put(const struct tlsagen_dns_question *question,
                               const struct addrinfo *server, const struct name *name,
                               struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    unsigned limit = question->timeout_ms > 0 ? question->timeout_ms : TIMEOUT_MS;
    unsigned flags = 0;
    struct exchange exchange = {.server = server,
                                .name = name,
                                .type = question->type,
                                .flags = question->recursion ? PACKET_RD : 0,
                                .deadline = answer_clock() + (int64_t)limit};
    enum tlsagen_status status = exchange_run(&exchange, &flags, answer, &answer->err);
    if (is_local_fault(status)) {
        if (err != NULL)
            *err = answer->err;
        return status;
    }
    if (status != TLSAGEN_OK) {
        (void)tlsagen_err_prepend(&answer->err, "%s", question->address);
        return TLSAGEN_OK;
    }
    if (answer->found != TLSAGEN_DNS_NOTHING) {
        answer->trust = TLSAGEN_DNS_INSECURE;
        return TLSAGEN_OK;
    }
    char text[16];
    (void)tlsagen_err_set(&answer->err, TLSAGEN_E_NETWORK, "%s answers %s", question->address,
                          answer_rcode_text(answer->rcode, text));
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_dns_ask(const struct tlsagen_dns_question *question,
                                    struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    struct addrinfo *server = NULL;
    struct name name;
    enum tlsagen_status status = answer_begin(question->name, question->type, &name, answer, err);
    if (status == TLSAGEN_OK)
        status = answer_address(question->address, question->port, &server, err);
    if (status != TLSAGEN_OK)
        return status;
    status = put(question, server, &name, answer, err);
    freeaddrinfo(server);
    return status;
}
