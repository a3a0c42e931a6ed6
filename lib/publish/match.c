#include "match.h"

#include <string.h>

static bool has_record(const struct tlsagen_dns_answer *answer, const struct tlsagen_record *record)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct tlsagen_dns_record *got = &answer->records[i];
        if (got->len == record->len + 3 && got->data[0] == (uint8_t)record->fields.usage &&
            got->data[1] == (uint8_t)record->fields.selector &&
            got->data[2] == (uint8_t)record->fields.matching &&
            (record->len == 0 || memcmp(got->data + 3, record->data, record->len) == 0))
            return true;
    }
    return false;
}

bool match_answer(const struct tlsagen_dns_answer *answer, const struct tlsagen_rrset *set,
                  bool more)
{
    if (answer->found != TLSAGEN_DNS_RECORDS)
        return false;
    if (!more && !answer->alias && answer->count != set->count)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        if (!has_record(answer, &set->records[i]))
            return false;
    }
    return true;
}

bool match_set(const struct tlsagen_dns_answer *answer, const struct tlsagen_rrset *set, bool more)
{
    return answer->authoritative && match_answer(answer, set, more);
}
