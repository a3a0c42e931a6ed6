/* Answers of name servers: the first two bytes choose type and question, the rest is a message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"
#include "dns/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t types[] = {TYPE_A,  TYPE_NS,   TYPE_CNAME, TYPE_SOA,
                                 TYPE_MX, TYPE_AAAA, TYPE_TLSA};

/* Readers of rdata take whatever the message held. */
static void use_record(const struct tlsagen_dns_record *record)
{
    char text[TLSAGEN_DNS_NAME_SIZE];
    uint32_t serial;
    struct name name;
    (void)rr_address(record, TYPE_A, text);
    (void)rr_address(record, TYPE_AAAA, text);
    (void)rr_serial(record, &serial);
    for (size_t offset = 0; offset <= 2; offset++) {
        if (rr_name(record, offset, text) &&
            name_parse(text, strlen(text), NULL, &name, NULL) != TLSAGEN_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsagen_dns_answer answer = {0};
    struct tlsagen_err err = {.message = ""};
    struct name name;
    unsigned flags = 0;
    if (size < 4)
        return 0;
    const char *text = data[1] % 2 == 0 ? "_25._tcp.mail.good.test." : "good.test.";
    if (name_parse(text, strlen(text), NULL, &name, &err) != TLSAGEN_OK)
        abort();
    uint16_t id = (uint16_t)(data[2] << 8 | data[3]);
    uint16_t type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
    enum tlsagen_status status =
        packet_read(data + 2, size - 2, id, &name, type, &flags, &answer, &err);
    if ((status != TLSAGEN_OK) != (err.message[0] != '\0'))
        abort();
    if (status != TLSAGEN_OK && answer.found != TLSAGEN_DNS_NOTHING)
        abort();
    if (answer.found == TLSAGEN_DNS_RECORDS && answer.count == 0)
        abort();
    for (size_t i = 0; i < answer.count; i++)
        use_record(&answer.records[i]);
    tlsagen_dns_answer_clear(&answer);
    return 0;
}
