/*
 * Any bytes as an input: told what it is or refused with a line that names it, and whatever records
 * it gives are sound. The first byte chooses what is asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/material.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int passphrase(void *arg, const char *label, char *text, int size)
{
    (void)arg;
    if (strcmp(label, "fuzz") != 0 || size < 6)
        abort();
    memcpy(text, "geheim", 6);
    return 6;
}

static void heed(void *arg, enum tlsagen_warning warning, const char *text)
{
    (void)arg;
    (void)warning;
    if (*text == '\0')
        abort();
}

/* A failure says what it found and where; it is one line. */
static void check_failure(enum tlsagen_status status, const struct tlsagen_err *err)
{
    if (err->code != status || err->message[0] == '\0' || strchr(err->message, '\n') != NULL)
        abort();
}

static void check_records(const struct tlsagen_rrset *set, struct tlsagen_fields fields)
{
    static const size_t lengths[] = {0, 32, 64};
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *record = &set->records[i];
        if (record->fields.usage != fields.usage || record->fields.selector != fields.selector ||
            record->fields.matching != fields.matching || record->len == 0 ||
            (fields.matching != 0 && record->len != lengths[fields.matching]))
            abort();
    }
}

static void make_records(struct tlsagen_ctx *ctx, struct tlsagen_material *material, uint8_t choice)
{
    struct tlsagen_fields fields = {choice & 3U, choice >> 2 & 1U, (choice >> 3 & 3U) % 3};
    const uint16_t port = 25;
    struct tlsagen_request request = {.host = "mail.example.org.",
                                      .ports = &port,
                                      .port_count = 1,
                                      .fields = &fields,
                                      .field_count = 1,
                                      .anchor = (enum tlsagen_anchor)(choice >> 5 & 3U),
                                      .unchecked = (choice & 0x80U) != 0,
                                      .now = 1795430000,
                                      .warn = heed};
    struct tlsagen_rrset set;
    struct tlsagen_err err;
    char host[TLSAGEN_NAME_SIZE];
    tlsagen_rrset_init(&set);
    enum tlsagen_status status = tlsagen_material_records(ctx, material, &request, &set, &err);
    if (status == TLSAGEN_OK)
        check_records(&set, fields);
    else
        check_failure(status, &err);
    if (status == TLSAGEN_OK && set.count == 0)
        abort();
    tlsagen_rrset_clear(&set);
    status = tlsagen_material_host(ctx, material, host, &err);
    if (status == TLSAGEN_OK ? host[strlen(host) - 1] != '.' : false)
        abort();
    if (status != TLSAGEN_OK)
        check_failure(status, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsagen_ctx *ctx = NULL;
    struct tlsagen_material *material = NULL;
    struct tlsagen_err err;
    if (size == 0 || tlsagen_ctx_new(&ctx, NULL) != TLSAGEN_OK)
        return 0;
    tlsagen_ctx_set_passphrase(ctx, passphrase, NULL);
    if (tlsagen_material_new(&material, NULL) == TLSAGEN_OK) {
        enum tlsagen_status status =
            tlsagen_material_add(ctx, material, data + 1, size - 1, "fuzz", &err);
        if (status == TLSAGEN_OK)
            make_records(ctx, material, data[0]);
        else
            check_failure(status, &err);
    }
    tlsagen_material_free(material);
    tlsagen_ctx_free(ctx);
    return 0;
}
