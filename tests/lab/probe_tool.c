/*
 * probe_tool [-a ADDRESS] [-s STARTTLS] [-t STEP_MS] [-T TOTAL_MS] [-4|-6] HOST PORT
 *
 * Prints a line for each answer: address, kind, state, TLS version, number of certificates and
 * the first 16 digits of the leaf's SHA-256, and the error, separated by " | ".
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <tlsagen.h>

static void print_leaf(const struct tlsagen_probe_answer *a)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (a->chain_len == 0 ||
        EVP_Digest(a->chain[0].der, a->chain[0].len, digest, &len, EVP_sha256(), NULL) != 1)
        return;
    for (unsigned i = 0; i < 8; i++)
        (void)printf("%02x", digest[i]);
}

static void print_answer(const struct tlsagen_probe_answer *a)
{
    (void)printf("%s | %s | %s | %s | %zu | ", a->address, tlsagen_probe_kind_text(a->kind),
                 tlsagen_probe_state_text(a->state), a->tls_version, a->chain_len);
    print_leaf(a);
    (void)printf(" | %s\n", a->state == TLSAGEN_PROBE_OK ? "" : a->err.message);
}

static void option(int c, struct tlsagen_probe_options *o)
{
    struct tlsagen_err err;
    if (c == 'a')
        o->address = optarg;
    else if (c == 't')
        o->step_ms = (uint32_t)strtoul(optarg, NULL, 10);
    else if (c == 'T')
        o->total_ms = (uint32_t)strtoul(optarg, NULL, 10);
    else if (c == '4' || c == '6')
        o->family = c - '0';
    else if (c != 's' || tlsagen_starttls_parse(optarg, &o->starttls, &err) != TLSAGEN_OK)
        exit(2);
}

int main(int argc, char **argv)
{
    struct tlsagen_probe_options o = {0};
    struct tlsagen_probe_result *result = NULL;
    struct tlsagen_err err;
    for (int c; (c = getopt(argc, argv, "a:s:t:T:46")) != -1;)
        option(c, &o);
    if (argc - optind != 2)
        return 2;
    o.host = argv[optind];
    o.port = (uint16_t)strtoul(argv[optind + 1], NULL, 10);
    if (tlsagen_probe_run(&o, &result, &err) != TLSAGEN_OK) {
        (void)printf("error %d | %s\n", (int)err.code, err.message);
        return 1;
    }
    for (size_t i = 0; i < result->count; i++)
        print_answer(&result->answers[i]);
    tlsagen_probe_free(result);
    return 0;
}
