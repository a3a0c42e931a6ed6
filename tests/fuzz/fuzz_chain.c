/* Chains from files or servers: read, described, and judged by a record that nothing matches. */
#include <stdint.h>
#include <stdlib.h>

#include <tlsagen/judge.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct tlsagen_probe_cert *chain, size_t count)
{
    static uint8_t digest[32] = {7};
    struct tlsagen_record records[] = {{{2, 0, 1}, digest, sizeof(digest)},
                                       {{3, 1, 1}, digest, sizeof(digest)}};
    const struct tlsagen_rrset set = {records, 2, 2};
    const struct tlsagen_judge_options options = {.base = "mail.test", .now = 1795430000};
    struct tlsagen_judgement judgement;
    struct tlsagen_err err = {.message = ""};
    enum tlsagen_status status =
        tlsagen_judge_chain(&options, &set, chain, count, &judgement, &err);
    if (judgement.verified || (status != TLSAGEN_OK) != (err.message[0] != '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsagen_probe_cert *chain = NULL;
    struct tlsagen_cert_facts facts;
    struct tlsagen_err err = {.message = ""};
    size_t count = 0;
    if (size > 100000)
        return 0;
    enum tlsagen_status status =
        tlsagen_chain_read(size > 0 ? (const void *)data : "", size, "input", &chain, &count, &err);
    if ((status == TLSAGEN_OK) != (count > 0) || (status != TLSAGEN_OK) != (err.message[0] != '\0'))
        abort();
    for (size_t i = 0; i < count; i++)
        (void)tlsagen_cert_describe(chain[i].der, chain[i].len, &facts, NULL);
    if (count > 0)
        judge(chain, count);
    tlsagen_chain_free(chain, count);
    return 0;
}
