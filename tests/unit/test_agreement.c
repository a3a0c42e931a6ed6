/*
 * The fast ways through a certificate and OpenSSL's own agree: in what they accept, and in every
 * byte that they give. TLSAGEN_SEED repeats a run, TLSAGEN_MUTATIONS makes it longer or shorter.
 */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "agree.h"
#include "certmaker.h"
#include "tlsa/pem.h"

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 10);
}

struct world {
    struct maker_rng rng;
    struct maker_set set;
    struct tlsagen_material *material;
    unsigned accepted;   /* by both */
    unsigned refused;    /* by both */
    unsigned recognised; /* by the scan, without OpenSSL */
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->rng.state = number_of("TLSAGEN_SEED", (uint64_t)time(NULL) * 2654435761U + 1);
    printf("# TLSAGEN_SEED=%" PRIu64 "\n", world->rng.state);
    assert_true(maker_make(&world->set, &world->rng));
    assert_int_equal(tlsagen_material_new(&world->material, NULL), TLSAGEN_OK);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    maker_clear(&world->set);
    tlsagen_material_free(world->material);
    free(world);
    return 0;
}

static void agree(struct world *world, const uint8_t *der, size_t len)
{
    const char *difference;
    switch (agree_on_certificate(world->material, der, len, &difference)) {
    case AGREE_REFUSED:
        world->refused++;
        break;
    case AGREE_RECOGNISED:
        world->recognised++;
        world->accepted++;
        break;
    case AGREE_ACCEPTED:
        world->accepted++;
        break;
    case AGREE_NOT:
        fail_msg("%zu bytes: %s", len, difference);
    }
}

static void report(struct world *world)
{
    printf("# %u accepted, %u of them recognised by the scan alone, %u refused\n", world->accepted,
           world->recognised, world->refused);
    assert_true(world->accepted > 0);
    assert_true(world->recognised > 0);
    assert_true(world->refused > 0);
    world->accepted = world->refused = world->recognised = 0;
}

static void on_every_sort_of_certificate(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < world->set.count; i++)
        agree(world, (const uint8_t *)world->set.certs[i].data, world->set.certs[i].len);
    report(world);
}

static void on_mutated_certificates(void **state)
{
    struct world *world = *state;
    uint64_t count = number_of("TLSAGEN_MUTATIONS", 100000);
    struct tlsagen_buf der;
    tlsagen_buf_init(&der);
    for (uint64_t i = 0; i < count; i++) {
        const struct tlsagen_buf *base =
            &world->set.certs[maker_below(&world->rng, (uint32_t)world->set.count)];
        tlsagen_buf_reset(&der);
        tlsagen_buf_add(&der, base->data, base->len);
        assert_false(der.failed);
        maker_mutate(&der, &world->rng);
        /* A copy of its own length, so that a byte too far is seen by sanitizers. */
        uint8_t *exact = malloc(der.len == 0 ? 1 : der.len);
        assert_non_null(exact);
        memcpy(exact, der.data, der.len);
        agree(world, exact, der.len);
        free(exact);
    }
    tlsagen_buf_clear(&der);
    report(world);
}

/* Where the strict reader does not give up, PEM_read_bio gives the same blocks. */
static void agree_on_text(struct world *world, const char *text, size_t len)
{
    struct pem_reader reader = {text, text + len};
    uint8_t *der = malloc(pem_der_max(&reader));
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    assert_non_null(der);
    assert_non_null(bio);
    enum pem_result result;
    do {
        size_t der_len = 0;
        char *name = NULL, *header = NULL;
        unsigned char *wanted = NULL;
        long wanted_len = 0;
        result = pem_next(&reader, der, &der_len);
        if (result == PEM_ODD)
            break;
        bool read = PEM_read_bio(bio, &name, &header, &wanted, &wanted_len) == 1;
        assert_int_equal(read, result == PEM_BLOCK);
        if (read) {
            assert_string_equal(name, PEM_STRING_X509);
            assert_string_equal(header, "");
            assert_int_equal(der_len, wanted_len);
            assert_memory_equal(der, wanted, der_len);
        } else {
            assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), PEM_R_NO_START_LINE);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(wanted);
        ERR_clear_error();
    } while (result == PEM_BLOCK);
    world->recognised += result == PEM_END;
    world->refused += result == PEM_ODD;
    world->accepted++;
    BIO_free(bio);
    free(der);
}

static void add_pem(struct world *world, struct tlsagen_buf *text)
{
    const struct tlsagen_buf *base =
        &world->set.certs[maker_below(&world->rng, (uint32_t)world->set.count)];
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    assert_true(PEM_write_bio(bio, PEM_STRING_X509, "", (const unsigned char *)base->data,
                              (long)base->len) > 0);
    long len = BIO_get_mem_data(bio, &data);
    tlsagen_buf_add(text, data, (size_t)len);
    BIO_free(bio);
}

static void mutate_text(struct world *world, struct tlsagen_buf *text)
{
    static const char *const pieces[] = {"\n", "\r\n", " ", "=",  "==",   "-----",
                                         "A",  "\t",   ":", "\0", "\n\n", "-----BEGIN "};
    for (uint32_t left = maker_below(&world->rng, 3); left > 0; left--) {
        size_t at = maker_below(&world->rng, (uint32_t)text->len);
        const char *piece = pieces[maker_below(&world->rng, sizeof(pieces) / sizeof(pieces[0]))];
        size_t len = *piece == '\0' ? 1 : strlen(piece);
        if (maker_below(&world->rng, 3) == 0) {
            size_t gone = 1 + maker_below(&world->rng, 70);
            gone = gone > text->len - at ? text->len - at : gone;
            memmove(text->data + at, text->data + at + gone, text->len - at - gone);
            text->len -= gone;
        } else if (tlsagen_buf_reserve(text, len)) {
            memmove(text->data + at + len, text->data + at, text->len - at);
            memcpy(text->data + at, piece, len);
            text->len += len;
        }
    }
}

static void on_pem(void **state)
{
    struct world *world = *state;
    uint64_t count = number_of("TLSAGEN_MUTATIONS", 100000) / 5;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    for (uint64_t i = 0; i < count; i++) {
        tlsagen_buf_reset(&text);
        for (uint32_t blocks = maker_below(&world->rng, 3); blocks > 0; blocks--) {
            if (maker_below(&world->rng, 4) == 0)
                tlsagen_buf_str(&text, "subject=CN = mx1.example.org\n\n");
            add_pem(world, &text);
        }
        if (text.len > 0)
            mutate_text(world, &text);
        assert_false(text.failed);
        agree_on_text(world, text.data == NULL ? "" : text.data, text.len);
    }
    tlsagen_buf_clear(&text);
    report(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_every_sort_of_certificate),
        cmocka_unit_test(on_mutated_certificates),
        cmocka_unit_test(on_pem),
    };
    return cmocka_run_group_tests_name("agreement", tests, setup, teardown);
}
