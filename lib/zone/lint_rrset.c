/* lint_rrset.c - rules for the records of an RRset together. */
#include <stdlib.h>
#include <string.h>

#include "lint.h"

static const uint8_t *data_of(const struct lint *lint, const struct lint_tlsa *tlsa)
{
    return (const uint8_t *)lint->data.data + tlsa->data_at;
}

static int compare_places(const struct lint_place *a, const struct lint_place *b)
{
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

/* Names are numbered as they first come, so that RRsets stay in the order of the file. */
static int compare_owners(const void *a, const void *b)
{
    const struct lint_tlsa *one = a, *two = b;
    if (one->owner != two->owner)
        return one->owner < two->owner ? -1 : 1;
    if (one->hash != two->hash)
        return one->hash < two->hash ? -1 : 1;
    return compare_places(&one->place, &two->place);
}

static const char *owner_text(const struct lint *lint, const struct lint_tlsa *tlsa,
                              char text[NAME_TEXT_SIZE])
{
    struct name owner;
    name_set_get(&lint->names.set, tlsa->owner, &owner);
    return name_text(&owner, text);
}

static bool same_data(const struct lint *lint, const struct lint_tlsa *a, const struct lint_tlsa *b)
{
    return a->data_len == b->data_len &&
           memcmp(data_of(lint, a), data_of(lint, b), a->data_len) == 0;
}

static void check_duplicates(struct lint *lint, const struct lint_tlsa *set, size_t count)
{
    char owner[NAME_TEXT_SIZE];
    for (size_t i = 1; i < count; i++) {
        if (same_data(lint, &set[i - 1], &set[i]))
            lint_tell(lint, false, "duplicate", &set[i].place,
                      "%.300s: the same TLSA record as in line %llu; remove one of them",
                      owner_text(lint, &set[i], owner), (unsigned long long)set[i - 1].place.line);
    }
}

/* RFC 2181 section 5.2; name servers serve the first record's, each record's or the largest. */
static void check_ttls(struct lint *lint, const struct lint_tlsa *set, size_t count)
{
    char owner[NAME_TEXT_SIZE];
    const struct lint_tlsa *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (set[i].ttl_known && (first == NULL || compare_places(&set[i].place, &first->place) < 0))
            first = &set[i];
    }
    for (size_t i = 0; first != NULL && i < count; i++) {
        if (set[i].ttl_known && set[i].ttl != first->ttl) {
            lint_tell(lint, false, "ttl-mismatch", &set[i].place,
                      "%.300s: TTL %u, and %u in line %llu; an RRset has one TTL (RFC 2181 section "
                      "5.2)",
                      owner_text(lint, &set[i], owner), set[i].ttl, first->ttl,
                      (unsigned long long)first->place.line);
            return;
        }
    }
}

/* The first place in the file of a record with usage and selector of one. */
static const struct lint_place *first_place(const struct lint *lint, const struct lint_tlsa *set,
                                            size_t count, const uint8_t *like)
{
    const struct lint_place *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *data = data_of(lint, &set[i]);
        if (data[0] == like[0] && data[1] == like[1] &&
            (first == NULL || compare_places(&set[i].place, first) < 0))
            first = &set[i].place;
    }
    return first;
}

/* How many different records there are with usage and selector of one, and this matching type. */
static size_t count_matching(const struct lint *lint, const struct lint_tlsa *set, size_t count,
                             const uint8_t *like, uint8_t matching)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *data = data_of(lint, &set[i]);
        found += data[0] == like[0] && data[1] == like[1] && data[2] == matching &&
                 (i == 0 || !same_data(lint, &set[i - 1], &set[i]));
    }
    return found;
}

/*
 * Of records with one usage and selector a client looks only at those with the strongest digest it
 * knows (RFC 7671 section 9): a key that has no SHA-512 beside another that has one is not found.
 */
static void check_coverage(struct lint *lint, const struct lint_tlsa *set, size_t count)
{
    char owner[NAME_TEXT_SIZE];
    bool told[4][2] = {{false}};
    for (size_t i = 0; i < count; i++) {
        const uint8_t *data = data_of(lint, &set[i]);
        if (data[0] > 3 || data[1] > 1 || told[data[0]][data[1]])
            continue;
        size_t sha256 = count_matching(lint, set, count, data, 1);
        size_t sha512 = count_matching(lint, set, count, data, 2);
        if (sha256 == 0 || sha512 == 0 || sha256 == sha512)
            continue;
        told[data[0]][data[1]] = true;
        lint_tell(lint, false, "matching-coverage", first_place(lint, set, count, data),
                  "%.300s: %zu records %u %u 1 and %zu records %u %u 2; clients look at the "
                  "strongest digest only, so that each key needs a record with each (RFC 7671 "
                  "section 9)",
                  owner_text(lint, &set[i], owner), sha256, (unsigned)data[0], (unsigned)data[1],
                  sha512, (unsigned)data[0], (unsigned)data[1]);
    }
}

void lint_rrsets(struct lint *lint)
{
    if (lint->tlsa_count == 0)
        return;
    qsort(lint->tlsa, lint->tlsa_count, sizeof(lint->tlsa[0]), compare_owners);
    size_t begin = 0;
    for (size_t i = 1; i <= lint->tlsa_count; i++) {
        if (i < lint->tlsa_count && lint->tlsa[i].owner == lint->tlsa[begin].owner)
            continue;
        check_duplicates(lint, lint->tlsa + begin, i - begin);
        check_ttls(lint, lint->tlsa + begin, i - begin);
        check_coverage(lint, lint->tlsa + begin, i - begin);
        begin = i;
    }
}
