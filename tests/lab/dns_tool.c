/*
 * dns_tool lookup [-a ANCHOR_FILE] [-r RESOLVER] [-d] [-t MS] NAME TYPE...
 * dns_tool ask [-p PORT] [-t MS] [-r] ADDRESS NAME TYPE
 * dns_tool view [-a ANCHOR_FILE] [-r RESOLVER] [-p PORT] NAME TYPE
 *
 * Prints a line for each answer or server: trust, what was found, canonical name, TTL, original
 * TTL, the days until signatures expire, the records in hexadecimal digits, and the error,
 * separated by " | ". -d believes the AD flag.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tlsagen.h>

struct options {
    struct tlsagen_dns_options dns;
    uint16_t port;
    bool recursion;
};

static const char *found_text(enum tlsagen_dns_found found)
{
    static const char *const texts[] = {"nothing", "records", "no data", "no name"};
    return texts[found];
}

static void print_answer(const struct tlsagen_dns_answer *a)
{
    long days = a->rrsig_expires == 0 ? -1 : (long)(a->rrsig_expires - time(NULL)) / 86400;
    (void)printf("%s%s | %s | %s | %u | %u | %ld |", tlsagen_dns_trust_text(a->trust),
                 a->authoritative ? " aa" : "", found_text(a->found), a->canonical, a->ttl,
                 a->original_ttl, days);
    for (size_t i = 0; i < a->count; i++) {
        (void)putchar(' ');
        for (size_t j = 0; j < a->records[i].len; j++)
            (void)printf("%02x", a->records[i].data[j]);
    }
    bool error = a->trust == TLSAGEN_DNS_NO_ANSWER || a->trust == TLSAGEN_DNS_BOGUS;
    (void)printf(" | %s\n", error ? a->err.message : "");
}

static int fail(const struct tlsagen_err *err)
{
    (void)printf("error %d | %s\n", (int)err->code, err->message);
    return 1;
}

static int lookup(const struct options *o, char **words)
{
    struct tlsagen_dns *dns = NULL;
    struct tlsagen_err err;
    if (tlsagen_dns_new(&o->dns, &dns, &err) != TLSAGEN_OK)
        return fail(&err);
    int code = 0;
    for (char **type = words + 1; code == 0 && *type != NULL; type++) {
        struct tlsagen_dns_answer answer;
        if (tlsagen_dns_lookup(dns, words[0], (uint16_t)atoi(*type), &answer, &err) == TLSAGEN_OK)
            print_answer(&answer);
        else
            code = fail(&err);
        tlsagen_dns_answer_clear(&answer);
    }
    tlsagen_dns_free(dns);
    return code;
}

static int ask(const struct options *o, char **words)
{
    struct tlsagen_dns_question question = {.address = words[0],
                                            .port = o->port,
                                            .name = words[1],
                                            .type = (uint16_t)atoi(words[2]),
                                            .recursion = o->recursion,
                                            .timeout_ms = o->dns.timeout_ms};
    struct tlsagen_dns_answer answer;
    struct tlsagen_err err;
    int code = 0;
    if (tlsagen_dns_ask(&question, &answer, &err) == TLSAGEN_OK)
        print_answer(&answer);
    else
        code = fail(&err);
    tlsagen_dns_answer_clear(&answer);
    return code;
}

static int view_servers(const struct options *o, const struct tlsagen_dns_servers *servers,
                        char **words)
{
    for (size_t i = 0; i < servers->count; i++) {
        const struct tlsagen_dns_server *server = &servers->servers[i];
        struct tlsagen_dns_view view;
        struct tlsagen_err err;
        (void)printf("%s | %s %s | ", servers->zone, server->name, server->address);
        if (tlsagen_dns_view_get(server->address, o->port, servers->zone, words[0],
                                 (uint16_t)atoi(words[1]), 1000, &view, &err) != TLSAGEN_OK)
            return fail(&err);
        (void)printf("%s | %u | %zu | %s\n", found_text(view.found), view.serial, view.answer.count,
                     view.err.message);
        tlsagen_dns_view_clear(&view);
    }
    return 0;
}

static int view(const struct options *o, char **words)
{
    struct tlsagen_dns *dns = NULL;
    struct tlsagen_dns_servers servers = {0};
    struct tlsagen_err err;
    if (tlsagen_dns_new(&o->dns, &dns, &err) != TLSAGEN_OK)
        return fail(&err);
    int code = tlsagen_dns_servers_find(dns, words[0], &servers, &err) == TLSAGEN_OK
                   ? view_servers(o, &servers, words)
                   : fail(&err);
    tlsagen_dns_servers_clear(&servers);
    tlsagen_dns_free(dns);
    return code;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    if (argc < 2)
        return 2;
    bool asking = strcmp(argv[1], "ask") == 0;
    for (int c; (c = getopt(argc - 1, argv + 1, asking ? "p:t:r" : "a:r:dp:t:")) != -1;) {
        if (c == 'a')
            o.dns.anchor_file = optarg;
        else if (c == 'r' && !asking)
            o.dns.resolver = optarg;
        else if (c == 'r')
            o.recursion = true;
        else if (c == 'd')
            o.dns.trust_ad = true;
        else if (c == 'p')
            o.port = (uint16_t)atoi(optarg);
        else if (c == 't')
            o.dns.timeout_ms = (uint32_t)atoi(optarg);
        else
            return 2;
    }
    char **words = argv + 1 + optind;
    if (argc - 1 - optind < (asking ? 3 : 2))
        return 2;
    if (asking)
        return ask(&o, words);
    return strcmp(argv[1], "lookup") == 0 ? lookup(&o, words) : view(&o, words);
}
