#include "tsig.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define HEADER 12
#define TYPE_TSIG 250
#define CLASS_ANY 255
#define FUDGE 300 /* seconds that clocks may differ */

#define ERROR_BADSIG 16
#define ERROR_BADKEY 17
#define ERROR_BADTIME 18
#define ERROR_BADTRUNC 22

static void add16(struct tlsagen_buf *buf, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    tlsagen_buf_add(buf, bytes, sizeof(bytes));
}

static void add48(struct tlsagen_buf *buf, uint64_t value)
{
    add16(buf, (unsigned)(value >> 32) & 0xffff);
    add16(buf, (unsigned)(value >> 16) & 0xffff);
    add16(buf, (unsigned)value & 0xffff);
}

/* What the MAC covers behind the message, RFC 8945 section 4.3.3. */
static void add_variables(struct tlsagen_buf *buf, const struct tsig_key *key, uint64_t time,
                          unsigned fudge, unsigned error, const uint8_t *other, size_t other_len)
{
    tlsagen_buf_add(buf, key->name.wire, key->name.len);
    add16(buf, CLASS_ANY);
    add16(buf, 0);
    add16(buf, 0);
    tlsagen_buf_add(buf, key->algorithm.wire, key->algorithm.len);
    add48(buf, time);
    add16(buf, fudge);
    add16(buf, error);
    add16(buf, (unsigned)other_len);
    tlsagen_buf_add(buf, other, other_len);
}

static enum tlsagen_status make_mac(const struct tsig_key *key, const struct tlsagen_buf *input,
                                    struct tsig_mac *mac, struct tlsagen_err *err)
{
    unsigned len = 0;
    enum tlsagen_status status = tlsagen_buf_check(input, err);
    if (status != TLSAGEN_OK)
        return status;
    const EVP_MD *digest = EVP_get_digestbyname(key->digest);
    if (digest == NULL ||
        HMAC(digest, key->secret, (int)key->secret_len, (const unsigned char *)input->data,
             input->len, mac->bytes, &len) == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_CRYPTO, "cannot make a MAC with %s", key->digest);
    mac->len = len;
    return TLSAGEN_OK;
}

enum tlsagen_status tsig_sign(struct tlsagen_buf *message, const struct tsig_key *key, int64_t now,
                              struct tsig_mac *mac, struct tlsagen_err *err)
{
    struct tlsagen_buf input;
    uint64_t time = (uint64_t)now;
    if (message->failed || message->len < HEADER)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    tlsagen_buf_init(&input);
    tlsagen_buf_add(&input, message->data, message->len);
    add_variables(&input, key, time, FUDGE, 0, NULL, 0);
    enum tlsagen_status status = make_mac(key, &input, mac, err);
    tlsagen_buf_clear(&input);
    if (status != TLSAGEN_OK)
        return status;
    const char id[2] = {message->data[0], message->data[1]};
    tlsagen_buf_add(message, key->name.wire, key->name.len);
    add16(message, TYPE_TSIG);
    add16(message, CLASS_ANY);
    add16(message, 0);
    add16(message, 0);
    add16(message, (unsigned)(key->algorithm.len + 16 + mac->len));
    tlsagen_buf_add(message, key->algorithm.wire, key->algorithm.len);
    add48(message, time);
    add16(message, FUDGE);
    add16(message, (unsigned)mac->len);
    tlsagen_buf_add(message, mac->bytes, mac->len);
    tlsagen_buf_add(message, id, sizeof(id));
    add16(message, 0);
    add16(message, 0);
    status = tlsagen_buf_check(message, err);
    if (status == TLSAGEN_OK) {
        unsigned count =
            ((unsigned)(uint8_t)message->data[10] << 8 | (uint8_t)message->data[11]) + 1;
        message->data[10] = (char)(uint8_t)(count >> 8);
        message->data[11] = (char)(uint8_t)count;
    }
    return status;
}

/* A TSIG record, the last of a message. */
struct found {
    size_t at; /* where it begins */
    uint64_t time;
    unsigned fudge;
    const uint8_t *mac;
    size_t mac_len;
    unsigned original_id;
    unsigned error;
    const uint8_t *other;
    size_t other_len;
};

struct cursor {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool bad;
};

static bool has(struct cursor *c, size_t n)
{
    c->bad = c->bad || n > c->len - c->at;
    return !c->bad;
}

static unsigned get16(struct cursor *c)
{
    if (!has(c, 2))
        return 0;
    c->at += 2;
    return (unsigned)c->bytes[c->at - 2] << 8 | c->bytes[c->at - 1];
}

static const uint8_t *take(struct cursor *c, size_t n)
{
    if (!has(c, n))
        return NULL;
    c->at += n;
    return c->bytes + c->at - n;
}

/* Past a name, compressed or not. */
static void skip_name(struct cursor *c)
{
    while (has(c, 1)) {
        unsigned n = c->bytes[c->at];
        if (n >= 0xc0) {
            (void)take(c, 2);
            return;
        }
        c->bad = c->bad || n > NAME_LABEL_MAX;
        if (take(c, n + 1) == NULL || n == 0)
            return;
    }
}

/* The name there, which is not compressed (RFC 8945 section 4.2), is this one. */
static bool is_name(struct cursor *c, const struct name *name)
{
    struct name got = {.len = 0}, lower;
    size_t begin = c->at;
    skip_name(c);
    if (c->bad || c->at - begin != name->len)
        return false;
    got.len = name->len;
    memcpy(got.wire, c->bytes + begin, name->len);
    name_lower(&got, &lower);
    return memcmp(lower.wire, name->wire, name->len) == 0;
}

/* Finds the TSIG of this key at the end; false when there is none. */
static bool find(const uint8_t *message, size_t len, const struct tsig_key *key,
                 struct found *found)
{
    struct cursor c = {message, len, 4, len < HEADER};
    unsigned questions = get16(&c), records = get16(&c);
    records += get16(&c);
    unsigned additional = get16(&c);
    if (additional == 0)
        return false;
    for (; questions > 0 && !c.bad; questions--) {
        skip_name(&c);
        (void)take(&c, 4);
    }
    for (records += additional - 1; records > 0 && !c.bad; records--) {
        skip_name(&c);
        (void)take(&c, 8);
        (void)take(&c, get16(&c));
    }
    found->at = c.at;
    if (c.bad || !is_name(&c, &key->name) || get16(&c) != TYPE_TSIG || get16(&c) != CLASS_ANY)
        return false;
    (void)take(&c, 4);
    size_t size = get16(&c);
    if (c.bad || size != len - c.at || !is_name(&c, &key->algorithm))
        return false;
    found->time = (uint64_t)get16(&c) << 32;
    found->time |= (uint64_t)get16(&c) << 16;
    found->time |= get16(&c);
    found->fudge = get16(&c);
    found->mac_len = get16(&c);
    found->mac = take(&c, found->mac_len);
    found->original_id = get16(&c);
    found->error = get16(&c);
    found->other_len = get16(&c);
    found->other = take(&c, found->other_len);
    return !c.bad && c.at == len;
}

static enum tlsagen_status judge_error(const struct found *found, int64_t now,
                                       struct tlsagen_err *err)
{
    switch (found->error) {
    case ERROR_BADSIG:
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                               "the server says BADSIG: its key of this name has another secret");
    case ERROR_BADKEY:
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                               "the server says BADKEY: it has no key of this name and algorithm");
    case ERROR_BADTIME: {
        uint64_t theirs = 0;
        for (size_t i = 0; i < found->other_len && i < 6; i++)
            theirs = theirs << 8 | found->other[i];
        long long ahead = (long long)theirs - (long long)now;
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                               "the server says BADTIME: its clock is %lld s %s this machine's; "
                               "set the clocks",
                               ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
    }
    case ERROR_BADTRUNC:
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                               "the server says BADTRUNC: it wants signatures of another length; "
                               "see the bits behind the algorithm in its key");
    default:
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK, "the server says TSIG error %u",
                               found->error);
    }
}

/* The MAC over that of the question, the message without its TSIG, and the variables. */
static enum tlsagen_status check_mac(const uint8_t *message, const struct tsig_key *key,
                                     const struct tsig_mac *mac, const struct found *found,
                                     struct tlsagen_err *err)
{
    struct tlsagen_buf input;
    struct tsig_mac made;
    tlsagen_buf_init(&input);
    add16(&input, (unsigned)mac->len);
    tlsagen_buf_add(&input, mac->bytes, mac->len);
    size_t begin = input.len;
    tlsagen_buf_add(&input, message, found->at);
    if (!input.failed) {
        char *header = input.data + begin;
        unsigned count = ((unsigned)message[10] << 8 | message[11]) - 1;
        header[0] = (char)(uint8_t)(found->original_id >> 8);
        header[1] = (char)(uint8_t)found->original_id;
        header[10] = (char)(uint8_t)(count >> 8);
        header[11] = (char)(uint8_t)count;
    }
    add_variables(&input, key, found->time, found->fudge, found->error, found->other,
                  found->other_len);
    enum tlsagen_status status = make_mac(key, &input, &made, err);
    tlsagen_buf_clear(&input);
    if (status == TLSAGEN_OK &&
        (made.len != found->mac_len || CRYPTO_memcmp(made.bytes, found->mac, made.len) != 0))
        status = tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                                 "the answer's signature is not made with this key");
    return status;
}

enum tlsagen_status tsig_verify(const uint8_t *message, size_t len, const struct tsig_key *key,
                                const struct tsig_mac *mac, int64_t now, bool *refused,
                                struct tlsagen_err *err)
{
    struct found found;
    *refused = false;
    if (!find(message, len, key, &found))
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                               "the answer is not signed with this key; nobody knows who sent it");
    /* Of these two the server has nothing to sign with. */
    *refused = found.error == ERROR_BADSIG || found.error == ERROR_BADKEY;
    if (*refused)
        return judge_error(&found, now, err);
    enum tlsagen_status status = check_mac(message, key, mac, &found, err);
    *refused = status == TLSAGEN_OK && found.error != 0;
    if (*refused)
        return judge_error(&found, now, err);
    int64_t apart = (int64_t)found.time - now;
    if (status == TLSAGEN_OK && (apart > FUDGE || apart < -FUDGE))
        status = tlsagen_err_set(err, TLSAGEN_E_NETWORK,
                                 "the answer is signed %lld s from now; set the clocks",
                                 (long long)apart);
    return status;
}
