/* create_connect.c - certificates from live servers; in the program that links libssl. */
#include "create.h"

#include <stdlib.h>
#include <string.h>

/* Over all ports: whether all addresses answered, and how those failed that did not. */
struct asking {
    const struct create_args *args;
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    const char *host; /* without final dot, as it is shown */
    uint16_t port;
    int code;
};

static enum tlsagen_starttls starttls_for(const struct create_args *args, uint16_t port)
{
    if (args->has_starttls)
        return args->starttls;
    const struct tlsagen_service *service = tlsagen_service_at(port);
    return service == NULL ? TLSAGEN_STARTTLS_NONE : service->starttls;
}

static void failed(struct asking *asking, const struct tlsagen_err *err)
{
    int code = report_err(err);
    /* Failing for good says more than "not now". */
    if (asking->code == EXIT_DONE || code != EXIT_NOT_NOW)
        asking->code = code;
}

/* Whose answer it is, for messages and as the label of its chain. */
static void name_answer(const struct asking *asking, const struct tlsagen_probe_answer *answer,
                        char text[192])
{
    (void)snprintf(text, 192, "%.64s port %u at %.64s (%s)", asking->host, asking->port,
                   answer->address, tlsagen_probe_kind_text(answer->kind));
}

static enum tlsagen_status add_chain(struct asking *asking,
                                     const struct tlsagen_probe_answer *answer,
                                     struct tlsagen_err *err)
{
    struct tlsagen_der *chain = calloc(answer->chain_len + 1, sizeof(chain[0]));
    if (chain == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < answer->chain_len; i++)
        chain[i] = (struct tlsagen_der){answer->chain[i].der, answer->chain[i].len};
    char label[192];
    name_answer(asking, answer, label);
    enum tlsagen_status status = tlsagen_material_add_chain(asking->ctx, asking->material, chain,
                                                            answer->chain_len, label, err);
    free(chain);
    return status;
}

/*
 * The answers of one address. It has to show a certificate of one kind at least: leaving an address
 * out would leave its certificate out of the records. A kind that fails beside another that does
 * not is worth a warning.
 */
static void take_address(struct asking *asking, const struct tlsagen_probe_answer *answers,
                         size_t count)
{
    const struct tlsagen_probe_answer *fault = NULL;
    bool shown = false;
    for (size_t i = 0; i < count; i++) {
        struct tlsagen_err err;
        if (answers[i].state == TLSAGEN_PROBE_OK && answers[i].chain_len > 0) {
            shown = true;
            if (add_chain(asking, &answers[i], &err) != TLSAGEN_OK)
                failed(asking, &err);
        } else if (answers[i].state != TLSAGEN_PROBE_NONE_OF_KIND || fault == NULL) {
            fault = &answers[i];
        }
    }
    if (fault == NULL)
        return;
    char name[192];
    name_answer(asking, fault, name);
    struct tlsagen_err err = fault->err;
    (void)tlsagen_err_prepend(&err, "%s", name);
    if (!shown)
        failed(asking, &err);
    else if (fault->state != TLSAGEN_PROBE_NONE_OF_KIND && !asking->args->quiet)
        report_warning("%s", err.message);
}

static void ask_port(struct asking *asking)
{
    const struct create_args *args = asking->args;
    struct tlsagen_probe_options options = {
        .host = asking->host,
        .address = args->address,
        .port = asking->port,
        .starttls = starttls_for(args, asking->port),
        .family = args->family,
    };
    struct tlsagen_probe_result *result = NULL;
    struct tlsagen_err err;
    if (tlsagen_probe_run(&options, &result, &err) != TLSAGEN_OK) {
        failed(asking, &err);
        return;
    }
    for (size_t i = 0; i < result->count; i += TLSAGEN_PROBE_KINDS)
        take_address(asking, &result->answers[i], TLSAGEN_PROBE_KINDS);
    tlsagen_probe_free(result);
}

static int connect_all(const struct create_args *args, struct tlsagen_ctx *ctx,
                       struct tlsagen_material *material)
{
    char host[TLSAGEN_NAME_SIZE];
    memcpy(host, args->host, sizeof(host));
    host[strlen(host) - 1] = '\0';
    struct asking asking = {.args = args, .ctx = ctx, .material = material, .host = host};
    for (size_t i = 0; i < args->port_count; i++) {
        asking.port = args->ports[i];
        ask_port(&asking);
    }
    if (asking.code == EXIT_DONE && !args->quiet)
        report_note("what %s showed was not authenticated and is trusted on first use; compare it "
                    "with the files on the server",
                    host);
    return asking.code;
}

create_connect_fn *const create_connect = connect_all;
