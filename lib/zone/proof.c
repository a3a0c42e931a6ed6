#include "proof.h"

#include "serial.h"

/* FNV-1a: against mistakes of our own, nobody chooses what is compared. */
static void add_bytes(struct proof_sum *sum, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        sum->hash = (sum->hash ^ at[i]) * UINT64_C(0x100000001b3);
}

static void add_number(struct proof_sum *sum, uint64_t number)
{
    add_bytes(sum, &number, sizeof(number));
}

static void add_name(struct proof_sum *sum, const struct name *name)
{
    struct name lower;
    name_lower(name, &lower);
    add_number(sum, lower.len);
    add_bytes(sum, lower.wire, lower.len);
}

static void add_token(struct proof_sum *sum, const struct walk_record *record, size_t token)
{
    const struct lex_token *word = &record->tokens[token];
    const char *text = record->text + word->at;
    size_t from = 0, len = 0;
    if (record->type == TYPE_SOA && !record->generated)
        len = serial_part(record, token, &from);
    add_number(sum, (uint64_t)(word->len - len) << 1 | word->quoted);
    add_bytes(sum, text, from);
    add_bytes(sum, text + from + len, word->len - from - len);
}

void proof_add(struct proof_sum *sum, const struct walk_record *record)
{
    sum->records++;
    add_number(sum, (uint64_t)record->type << 32 | record->ttl);
    add_name(sum, &record->owner);
    /* Names in rdata may be relative. */
    add_name(sum, record->origin);
    add_number(sum, record->generated ? record->number + UINT64_C(1) : 0);
    for (size_t i = record->rdata_token; i < record->token_count; i++)
        add_token(sum, record, i);
}

bool proof_same(const struct proof_sum *a, const struct proof_sum *b)
{
    return a->hash == b->hash && a->records == b->records;
}
