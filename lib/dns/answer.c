#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void answer_forget(struct tlsagen_dns_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        free(answer->records[i].data);
    free(answer->records);
    answer->records = NULL;
    answer->count = 0;
    answer->found = TLSAGEN_DNS_NOTHING;
    answer->trust = TLSAGEN_DNS_NO_ANSWER;
    answer->alias = false;
    answer->ttl = answer->original_ttl = 0;
    answer->rrsig_expires = 0;
    answer->authoritative = false;
    memcpy(answer->canonical, answer->name, sizeof(answer->canonical));
}

void tlsagen_dns_answer_clear(struct tlsagen_dns_answer *answer)
{
    answer_forget(answer);
    memset(answer, 0, sizeof(*answer));
}

enum tlsagen_status answer_begin(const char *text, uint16_t type, struct name *name,
                                 struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    static const struct name root = {1, {0}};
    memset(answer, 0, sizeof(*answer));
    answer->type = type;
    struct tlsagen_err why;
    if (name_parse(text, strlen(text), &root, name, &why) != TLSAGEN_OK)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "\"%.64s\" is no domain name: %s", text,
                               why.message);
    (void)name_text(name, answer->name);
    answer_forget(answer);
    return TLSAGEN_OK;
}

const char *answer_rcode_text(unsigned rcode, char text[16])
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    if (rcode < sizeof(names) / sizeof(names[0]))
        return names[rcode];
    (void)snprintf(text, 16, "rcode %u", rcode & 0xffU);
    return text;
}

int64_t answer_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* fails for an unknown clock only */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum tlsagen_status answer_address(const char *address, uint16_t port, struct addrinfo **list,
                                   struct tlsagen_err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    char text[8];
    (void)snprintf(text, sizeof(text), "%u", port != 0 ? (unsigned)port : 53U);
    int error = getaddrinfo(address, text, &hints, list);
    if (error == EAI_MEMORY)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for an address");
    if (error != 0)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "\"%.64s\" is not a numeric address of a name server", address);
    return TLSAGEN_OK;
}

const char *tlsagen_dns_trust_text(enum tlsagen_dns_trust trust)
{
    switch (trust) {
    case TLSAGEN_DNS_NO_ANSWER:
        return "no answer";
    case TLSAGEN_DNS_BOGUS:
        return "bogus";
    case TLSAGEN_DNS_INSECURE:
        return "insecure";
    case TLSAGEN_DNS_SECURE:
        return "secure";
    }
    return "?";
}

static int compare_records(const void *a, const void *b)
{
    const struct tlsagen_dns_record *one = *(const struct tlsagen_dns_record *const *)a;
    const struct tlsagen_dns_record *two = *(const struct tlsagen_dns_record *const *)b;
    if (one->len != two->len)
        return one->len < two->len ? -1 : 1;
    return one->len > 0 ? memcmp(one->data, two->data, one->len) : 0;
}

/* Pointers to the records, sorted; NULL when memory ran out. */
static const struct tlsagen_dns_record **sorted(const struct tlsagen_dns_answer *answer)
{
    const struct tlsagen_dns_record **list = calloc(answer->count + 1, sizeof(list[0]));
    for (size_t i = 0; list != NULL && i < answer->count; i++)
        list[i] = &answer->records[i];
    if (list != NULL)
        qsort(list, answer->count, sizeof(list[0]), compare_records);
    return list;
}

bool tlsagen_dns_answer_equal(const struct tlsagen_dns_answer *a,
                              const struct tlsagen_dns_answer *b)
{
    if (a->count != b->count)
        return false;
    const struct tlsagen_dns_record **one = sorted(a), **two = sorted(b);
    bool equal = one != NULL && two != NULL;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = compare_records(&one[i], &two[i]) == 0;
    free(one);
    free(two);
    return equal;
}
