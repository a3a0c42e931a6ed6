#include "certmaker.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>

uint32_t maker_below(struct maker_rng *rng, uint32_t limit)
{
    rng->state ^= rng->state >> 12;
    rng->state ^= rng->state << 25;
    rng->state ^= rng->state >> 27;
    return (uint32_t)((rng->state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

/* How a length is written. */
enum length_form { SHORTEST, LONG_FORM, PADDED };

static void add_element(struct tlsagen_buf *out, int tag, const struct tlsagen_buf *content,
                        enum length_form form)
{
    size_t len = content->len;
    tlsagen_buf_char(out, (char)tag);
    if (len < 0x80 && form == SHORTEST) {
        tlsagen_buf_char(out, (char)len);
    } else {
        unsigned octets = len > 0xffff ? 3 : len > 0xff ? 2 : 1;
        octets += form == PADDED;
        tlsagen_buf_char(out, (char)(0x80U | octets));
        for (unsigned i = octets; i-- > 0;)
            tlsagen_buf_char(out, (char)(len >> (8 * i) & 0xffU));
    }
    if (len > 0)
        tlsagen_buf_add(out, content->data, len);
}

/* Wraps what is in buf into an element. */
static void wrap(struct tlsagen_buf *buf, int tag, enum length_form form)
{
    struct tlsagen_buf out;
    tlsagen_buf_init(&out);
    add_element(&out, tag, buf, form);
    tlsagen_buf_clear(buf);
    *buf = out;
}

static void add_bytes(struct tlsagen_buf *out, int tag, const void *bytes, size_t len)
{
    struct tlsagen_buf content;
    tlsagen_buf_init(&content);
    tlsagen_buf_add(&content, bytes, len);
    add_element(out, tag, &content, SHORTEST);
    tlsagen_buf_clear(&content);
}

static void add_random(struct tlsagen_buf *out, struct maker_rng *rng, size_t len)
{
    for (size_t i = 0; i < len; i++)
        tlsagen_buf_char(out, (char)maker_below(rng, 256));
}

/* What is special about one certificate. */
struct recipe {
    int version;             /* 0: none (v1), else the number in [0] */
    int name_tag;            /* string type of the names; 0: empty names */
    bool long_names;         /* over 127 bytes */
    bool unique_ids;         /* issuerUniqueID and subjectUniqueID */
    int times;               /* index of a pair of times */
    int serial;              /* index of a serial */
    int extensions;          /* how many; -1 an empty list */
    int algorithm;           /* of the signature */
    enum length_form length; /* of the outermost SEQUENCE */
    int unused_bits;         /* of the signature */
    size_t trailing;         /* bytes behind it */
};

static void add_name(struct tlsagen_buf *out, const struct recipe *recipe, const char *common)
{
    static const uint8_t cn[] = {0x55, 0x04, 0x03};
    struct tlsagen_buf name, attribute;
    tlsagen_buf_init(&name);
    for (int i = 0; recipe->name_tag != 0 && i < (recipe->long_names ? 12 : 1); i++) {
        tlsagen_buf_init(&attribute);
        add_bytes(&attribute, 0x06, cn, sizeof(cn));
        if (recipe->name_tag == 0x1e) /* BMPString: two bytes a character */
            add_bytes(&attribute, 0x1e, "\0e\0x\0.\0o", 8);
        else
            add_bytes(&attribute, recipe->name_tag, common, strlen(common));
        wrap(&attribute, 0x30, SHORTEST);
        wrap(&attribute, 0x31, SHORTEST);
        tlsagen_buf_add(&name, attribute.data, attribute.len);
        tlsagen_buf_clear(&attribute);
    }
    wrap(&name, 0x30, SHORTEST);
    tlsagen_buf_add(out, name.data, name.len);
    tlsagen_buf_clear(&name);
}

static void add_times(struct tlsagen_buf *out, const struct recipe *recipe)
{
    static const struct {
        int tag;
        const char *text;
    } times[][2] = {
        {{0x17, "260101000000Z"}, {0x17, "270401235959Z"}},
        {{0x17, "491231235959Z"}, {0x18, "20500101000000Z"}},
        {{0x17, "500101000000Z"}, {0x18, "99991231235959Z"}},
        {{0x18, "20240229120000Z"}, {0x18, "21000228120000Z"}},
        {{0x17, "2601010000Z"}, {0x17, "260101000000+0100"}},
        {{0x18, "20260101000000.5Z"}, {0x18, "18500101000000Z"}},
        {{0x17, "260231000000Z"}, {0x17, "261301000000Z"}},
        {{0x17, ""}, {0x17, "tomorrow"}},
    };
    struct tlsagen_buf validity;
    tlsagen_buf_init(&validity);
    for (int i = 0; i < 2; i++)
        add_bytes(&validity, times[recipe->times][i].tag, times[recipe->times][i].text,
                  strlen(times[recipe->times][i].text));
    wrap(&validity, 0x30, SHORTEST);
    tlsagen_buf_add(out, validity.data, validity.len);
    tlsagen_buf_clear(&validity);
}

static void add_serial(struct tlsagen_buf *out, const struct recipe *recipe)
{
    static const struct {
        const char *bytes;
        size_t len;
    } serials[] = {
        {"\x01", 1},     {"\x00", 1},     {"\xff", 1}, {"\x00\x80", 2},     {"\x00\x01", 2},
        {"\xff\xff", 2}, {"\x80\x00", 2}, {"", 0},     {"\x7f\x11\x22", 3},
    };
    add_bytes(out, 0x02, serials[recipe->serial].bytes, serials[recipe->serial].len);
}

static void add_algorithm(struct tlsagen_buf *out, const struct recipe *recipe)
{
    static const uint8_t ecdsa[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    static const uint8_t rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
    static const uint8_t unknown[] = {0x06, 0x03, 0x2a, 0x03, 0x04, 0x0c, 0x02, 'h', 'i'};
    static const struct {
        const uint8_t *bytes;
        size_t len;
    } algorithms[] = {
        {ecdsa, sizeof(ecdsa)}, {rsa, sizeof(rsa)}, {unknown, sizeof(unknown)}, {unknown, 5}};
    add_bytes(out, 0x30, algorithms[recipe->algorithm].bytes, algorithms[recipe->algorithm].len);
}

/* The first three stand as they should; a fourth is critical and of an unknown kind. */
static void add_extensions(struct tlsagen_buf *out, const struct recipe *recipe)
{
    static const uint8_t san[] = {0x06, 0x03, 0x55, 0x1d, 0x11, 0x04, 0x13, 0x30, 0x11,
                                  0x82, 0x0f, 'm',  'x',  '1',  '.',  'e',  'x',  'a',
                                  'm',  'p',  'l',  'e',  '.',  'o',  'r',  'g'};
    static const uint8_t basic[] = {0x06, 0x03, 0x55, 0x1d, 0x13, 0x01,
                                    0x01, 0xff, 0x04, 0x02, 0x30, 0x00};
    static const uint8_t usage[] = {0x06, 0x03, 0x55, 0x1d, 0x0f, 0x01, 0x01,
                                    0x00, 0x04, 0x04, 0x03, 0x02, 0x07, 0x80};
    static const uint8_t unknown[] = {0x06, 0x03, 0x2a, 0x03, 0x05, 0x01, 0x01, 0x05, 0x04, 0x00};
    static const struct {
        const uint8_t *bytes;
        size_t len;
    } all[] = {{san, sizeof(san)}, {basic, sizeof(basic)}, {usage, sizeof(usage)}, {unknown, 10}};
    if (recipe->extensions == 0)
        return;
    struct tlsagen_buf list;
    tlsagen_buf_init(&list);
    for (int i = 0; i < recipe->extensions; i++)
        add_bytes(&list, 0x30, all[i % 4].bytes, all[i % 4].len);
    wrap(&list, 0x30, SHORTEST);
    wrap(&list, 0xa3, SHORTEST);
    tlsagen_buf_add(out, list.data, list.len);
    tlsagen_buf_clear(&list);
}

static void add_tbs(struct tlsagen_buf *out, const struct recipe *recipe,
                    const struct tlsagen_buf *spki)
{
    struct tlsagen_buf tbs, version;
    tlsagen_buf_init(&tbs);
    if (recipe->version != 0) {
        const uint8_t number = (uint8_t)recipe->version;
        tlsagen_buf_init(&version);
        add_bytes(&version, 0x02, &number, 1);
        add_element(&tbs, 0xa0, &version, SHORTEST);
        tlsagen_buf_clear(&version);
    }
    add_serial(&tbs, recipe);
    add_algorithm(&tbs, recipe);
    add_name(&tbs, recipe, "Example Issuing CA");
    add_times(&tbs, recipe);
    add_name(&tbs, recipe, "mx1.example.org");
    tlsagen_buf_add(&tbs, spki->data, spki->len);
    if (recipe->unique_ids) {
        add_bytes(&tbs, 0x81, "\0abc", 4);
        add_bytes(&tbs, 0x82, "\3\xf8", 2);
    }
    add_extensions(&tbs, recipe);
    wrap(&tbs, 0x30, SHORTEST);
    tlsagen_buf_add(out, tbs.data, tbs.len);
    tlsagen_buf_clear(&tbs);
}

static void make_cert(struct tlsagen_buf *cert, const struct recipe *recipe,
                      const struct tlsagen_buf *spki, struct maker_rng *rng)
{
    struct tlsagen_buf bits;
    tlsagen_buf_init(cert);
    tlsagen_buf_init(&bits);
    add_tbs(cert, recipe, spki);
    add_algorithm(cert, recipe);
    tlsagen_buf_char(&bits, (char)recipe->unused_bits);
    add_random(&bits, rng, 64 + maker_below(rng, 200));
    add_element(cert, 0x03, &bits, SHORTEST);
    tlsagen_buf_clear(&bits);
    wrap(cert, 0x30, recipe->length);
    add_random(cert, rng, recipe->trailing);
}

/* Key types of libcrypto; those of one name differ in the parameter. */
static const struct key_type {
    const char *name;
    const char *group;
    size_t bits;
} key_types[] = {
    {"RSA", NULL, 512},      {"RSA", NULL, 1024},    {"RSA", NULL, 2048},
    {"RSA-PSS", NULL, 1024}, {"EC", "P-256", 0},     {"EC", "P-384", 0},
    {"EC", "P-521", 0},      {"EC", "secp256k1", 0}, {"EC", "brainpoolP256r1", 0},
    {"ED25519", NULL, 0},    {"ED448", NULL, 0},     {"X25519", NULL, 0},
    {"X448", NULL, 0},       {"DH", "ffdhe2048", 0},
};

static bool make_spki(const struct key_type *type, struct tlsagen_buf *spki)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type->name, NULL);
    EVP_PKEY *key = NULL;
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    size_t bits = type->bits;
    char group[32] = "";
    if (type->group != NULL) {
        memcpy(group, type->group, strlen(type->group) + 1);
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    } else if (bits != 0) {
        params[0] = OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits);
    }
    unsigned char *der = NULL;
    int len = -1;
    if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_params(ctx, params) == 1 && EVP_PKEY_generate(ctx, &key) == 1)
        len = i2d_PUBKEY(key, &der);
    tlsagen_buf_init(spki);
    if (len > 0)
        tlsagen_buf_add(spki, der, (size_t)len);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(ctx);
    return len > 0 && !spki->failed;
}

/* A key of an algorithm that libcrypto does not know, or whose bits make no sense. */
static void make_unknown_spki(struct tlsagen_buf *spki, struct maker_rng *rng, int kind)
{
    static const uint8_t ml_dsa[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x03, 0x12};
    static const uint8_t rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    struct tlsagen_buf bits;
    tlsagen_buf_init(spki);
    tlsagen_buf_init(&bits);
    add_bytes(spki, 0x30, kind == 0 ? ml_dsa : rsa, kind == 0 ? sizeof(ml_dsa) : sizeof(rsa));
    tlsagen_buf_char(&bits, 0);
    add_random(&bits, rng, kind == 0 ? 1952 : 30);
    add_element(spki, 0x03, &bits, SHORTEST);
    tlsagen_buf_clear(&bits);
    wrap(spki, 0x30, SHORTEST);
}

static const struct recipe plain = {.version = 2, .name_tag = 0x0c, .extensions = 3};

/* What varies with one ordinary key. */
static const struct recipe odd[] = {
    {.version = 0, .name_tag = 0x0c},
    {.version = 1, .name_tag = 0x13, .unique_ids = true},
    {.version = 2, .name_tag = 0x0c, .unique_ids = true, .extensions = 2},
    {.version = 3, .name_tag = 0x0c, .extensions = 1},
    {.version = 2, .name_tag = 0x13, .extensions = 4},
    {.version = 2, .name_tag = 0x16, .extensions = 9, .long_names = true},
    {.version = 2, .name_tag = 0x14, .extensions = 1},
    {.version = 2, .name_tag = 0x1e, .extensions = 1},
    {.version = 2, .name_tag = 0x1c, .extensions = 1},
    {.version = 2, .name_tag = 0x04, .extensions = 1},
    {.version = 2, .name_tag = 0, .extensions = 1},
    {.version = 2, .name_tag = 0x0c, .extensions = -1},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 1},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 2},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 3},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 4},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 5},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 6},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .times = 7},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 1},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 2},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 3},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 4},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 5},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 6},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 7},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .serial = 8},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .algorithm = 1},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .algorithm = 2},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .algorithm = 3},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .length = LONG_FORM},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .length = PADDED},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .unused_bits = 3},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .unused_bits = 9},
    {.version = 2, .name_tag = 0x0c, .extensions = 1, .trailing = 7},
    {.version = 2, .name_tag = 0x0c, .extensions = 200},
};

#define KEY_TYPES (sizeof(key_types) / sizeof(key_types[0]))
#define ODD (sizeof(odd) / sizeof(odd[0]))

bool maker_make(struct maker_set *set, struct maker_rng *rng)
{
    struct tlsagen_buf spki, ordinary;
    bool ok = make_spki(&key_types[4], &ordinary);
    set->count = 0;
    set->certs = calloc(KEY_TYPES + 2 + ODD, sizeof(set->certs[0]));
    ok = ok && set->certs != NULL;
    for (size_t i = 0; ok && i < KEY_TYPES; i++) {
        ok = make_spki(&key_types[i], &spki);
        make_cert(&set->certs[set->count++], &plain, &spki, rng);
        tlsagen_buf_clear(&spki);
    }
    for (int kind = 0; ok && kind < 2; kind++) {
        make_unknown_spki(&spki, rng, kind);
        make_cert(&set->certs[set->count++], &plain, &spki, rng);
        tlsagen_buf_clear(&spki);
    }
    for (size_t i = 0; ok && i < ODD; i++)
        make_cert(&set->certs[set->count++], &odd[i], &ordinary, rng);
    for (size_t i = 0; i < set->count; i++)
        ok = ok && !set->certs[i].failed;
    tlsagen_buf_clear(&ordinary);
    return ok;
}

void maker_clear(struct maker_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        tlsagen_buf_clear(&set->certs[i]);
    free(set->certs);
    *set = (struct maker_set){0};
}

/* Takes away len bytes at a place, or doubles them. */
static void cut_or_double(struct tlsagen_buf *der, size_t at, size_t len, bool twice)
{
    if (len > der->len - at)
        len = der->len - at;
    if (!twice) {
        memmove(der->data + at, der->data + at + len, der->len - at - len);
        der->len -= len;
    } else if (tlsagen_buf_reserve(der, len)) {
        memmove(der->data + at + len, der->data + at, der->len - at);
        der->len += len;
    }
}

void maker_mutate(struct tlsagen_buf *der, struct maker_rng *rng)
{
    static const uint8_t tags[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16,
                                   0x17, 0x18, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa3, 0xff};
    for (uint32_t left = 1 + maker_below(rng, 3); left > 0 && der->len > 0; left--) {
        /* Mostly at the front, where the structure is. */
        size_t at =
            maker_below(rng, maker_below(rng, 2) == 0 && der->len > 200 ? 200 : (uint32_t)der->len);
        uint8_t *byte = (uint8_t *)der->data + at;
        switch (maker_below(rng, 8)) {
        case 0:
            *byte ^= (uint8_t)(1U << maker_below(rng, 8));
            break;
        case 1:
            *byte = (uint8_t)maker_below(rng, 256);
            break;
        case 2:
            *byte = tags[maker_below(rng, sizeof(tags))];
            break;
        case 3:
            *byte = (uint8_t)(*byte + 1);
            break;
        case 4:
            *byte = (uint8_t)(*byte - 1);
            break;
        case 5:
            cut_or_double(der, at, 1 + maker_below(rng, 4), false);
            break;
        case 6:
            cut_or_double(der, at, 1 + maker_below(rng, 4), true);
            break;
        default:
            if (maker_below(rng, 8) == 0)
                der->len = at;
            break;
        }
    }
}
