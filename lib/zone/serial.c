#include "serial.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define HALF 0x80000000U       /* RFC 1982 with SERIAL_BITS 32 */
#define YEAR_MIN 1990          /* earlier dates are counters */
#define UNIXTIME_MIN 946684800 /* the year 2000; smaller ones are counters */
#define AHEAD (366 * 86400)    /* a clock may be ahead, but not by more than a year */

bool serial_is_newer(uint32_t next, uint32_t old)
{
    uint32_t ahead = next - old;
    return ahead > 0 && ahead < HALF;
}

static bool is_date(uint32_t serial, int year_max)
{
    static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned day = serial / 100 % 100, month = serial / 10000 % 100;
    unsigned year = serial / 1000000;
    return year >= YEAR_MIN && (int)year <= year_max && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1];
}

/* YYYYMMDD01 of today; the first serial of a day has the number 01. */
static uint32_t date_of(int64_t now, int *year)
{
    time_t when = (time_t)now;
    struct tm tm = {0};
    if (gmtime_r(&when, &tm) == NULL)
        tm.tm_year = 70;
    *year = tm.tm_year + 1900;
    return (uint32_t)((*year * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday) * 100LL + 1);
}

static enum tlsagen_serial_policy style_of(uint32_t serial, int64_t now, int year)
{
    if (is_date(serial, year + 1))
        return TLSAGEN_SERIAL_DATE;
    if ((int64_t)serial >= UNIXTIME_MIN && (int64_t)serial <= now + AHEAD)
        return TLSAGEN_SERIAL_UNIXTIME;
    return TLSAGEN_SERIAL_INCREMENT;
}

uint32_t serial_next(uint32_t old, enum tlsagen_serial_policy policy, int64_t now, bool *left_style)
{
    int year = 0;
    uint32_t today = date_of(now, &year);
    uint32_t plain = old + 1 == 0 ? 1 : old + 1;
    bool chosen = policy != TLSAGEN_SERIAL_AUTO;
    if (!chosen)
        policy = style_of(old, now, year);
    *left_style = false;
    if (policy != TLSAGEN_SERIAL_DATE && policy != TLSAGEN_SERIAL_UNIXTIME)
        return plain;
    bool date = policy == TLSAGEN_SERIAL_DATE;
    uint32_t candidate = date ? today : (uint32_t)now;
    if (candidate != 0 && serial_is_newer(candidate, old))
        return candidate;
    /* Two in a second, 99 in a day, or a clock that was ahead: counting on meets the time again. */
    *left_style = date ? !is_date(plain, year + 1) && plain % 100 != 0 : old - candidate > AHEAD;
    return plain;
}

bool serial_parse(const char *text, size_t len, uint32_t *serial)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *serial = (uint32_t)value;
    return len > 0;
}

#define SOA_WORDS 7      /* of the textual form */
#define SERIAL_WORD 2    /* the third of them */
#define AFTER_SERIAL 32U /* hexadecimal digits of the four numbers behind it */
#define SERIAL_DIGITS 8U

/* `\# length digits…`, RFC 3597 section 5. */
static bool is_generic(const struct walk_record *record)
{
    if (record->token_count - record->rdata_token < 3)
        return false;
    const struct lex_token *mark = &record->tokens[record->rdata_token];
    return mark->len == 2 && !mark->quoted && memcmp(record->text + mark->at, "\\#", 2) == 0;
}

static size_t digits_of(const struct walk_record *record)
{
    size_t digits = 0;
    for (size_t i = record->rdata_token + 2; i < record->token_count; i++)
        digits += record->tokens[i].len;
    return digits;
}

/* Offset of one of the digits, counted through all words. */
static size_t digit_at(const struct walk_record *record, size_t digit)
{
    size_t i = record->rdata_token + 2;
    while (digit >= record->tokens[i].len)
        digit -= record->tokens[i++].len;
    return record->tokens[i].at + digit;
}

static enum tlsagen_status find_generic(const struct walk_record *record, uint32_t *serial,
                                        struct tlsagen_err *err)
{
    size_t digits = digits_of(record);
    char hex[SERIAL_DIGITS];
    uint8_t bytes[4];
    size_t len;
    if (digits < SERIAL_DIGITS + AFTER_SERIAL)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "the rdata is too short for an SOA");
    for (size_t i = 0; i < SERIAL_DIGITS; i++)
        hex[i] = record->text[digit_at(record, digits - AFTER_SERIAL - SERIAL_DIGITS + i)];
    enum tlsagen_status status =
        tlsagen_hex_decode(hex, sizeof(hex), bytes, sizeof(bytes), &len, err);
    if (status == TLSAGEN_OK)
        *serial = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                  bytes[3];
    return status;
}

enum tlsagen_status serial_find(const struct walk_record *record, uint32_t *serial, size_t *token,
                                struct tlsagen_err *err)
{
    *token = record->type_token;
    if (is_generic(record))
        return find_generic(record, serial, err);
    size_t words = record->token_count - record->rdata_token;
    if (words != SOA_WORDS)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "the SOA has %zu words of data and not the seven of RFC 1035",
                               words);
    *token = record->rdata_token + SERIAL_WORD;
    const struct lex_token *word = &record->tokens[*token];
    if (!word->quoted && serial_parse(record->text + word->at, word->len, serial))
        return TLSAGEN_OK;
    return tlsagen_err_set(
        err, TLSAGEN_E_SYNTAX,
        "serial \"%.*s\" is no number from 0 to 4294967295; write decimal digits",
        (int)(word->len > 40 ? 40 : word->len), record->text + word->at);
}

size_t serial_part(const struct walk_record *record, size_t token, size_t *at)
{
    size_t len = record->tokens[token].len;
    *at = 0;
    if (!is_generic(record))
        return token == record->rdata_token + SERIAL_WORD ? len : 0;
    if (token < record->rdata_token + 2)
        return 0;
    /* The serial's digits, counted from the token's first one. */
    size_t first = digits_of(record) - AFTER_SERIAL - SERIAL_DIGITS;
    size_t behind = first + SERIAL_DIGITS;
    for (size_t i = record->rdata_token + 2; i < token; i++) {
        size_t digits = record->tokens[i].len;
        first -= digits < first ? digits : first;
        behind -= digits < behind ? digits : behind;
    }
    *at = first < len ? first : len;
    return (behind < len ? behind : len) - *at;
}

/* Runs of digits that stand side by side, one edit each. */
static size_t edit_generic(const struct walk_record *record, uint32_t serial,
                           struct serial_edit edits[SERIAL_EDITS_MAX])
{
    size_t first = digits_of(record) - AFTER_SERIAL - SERIAL_DIGITS, count = 0;
    char hex[SERIAL_DIGITS + 1];
    (void)snprintf(hex, sizeof(hex), "%08x", (unsigned)serial);
    for (size_t i = 0; i < SERIAL_DIGITS; i++) {
        size_t at = digit_at(record, first + i);
        struct serial_edit *last = count == 0 ? NULL : &edits[count - 1];
        if (last == NULL || last->at + last->len != at) {
            last = &edits[count++];
            *last = (struct serial_edit){.at = at};
        }
        last->text[last->len++] = hex[i];
        last->text[last->len] = '\0';
    }
    return count;
}

static size_t spaces_at(const struct walk_record *record, size_t at)
{
    size_t count = 0;
    while (at + count < record->len && record->text[at + count] == ' ')
        count++;
    return count;
}

size_t serial_edits(const struct walk_record *record, uint32_t serial,
                    struct serial_edit edits[SERIAL_EDITS_MAX])
{
    if (is_generic(record))
        return edit_generic(record, serial, edits);
    const struct lex_token *word = &record->tokens[record->rdata_token + SERIAL_WORD];
    struct serial_edit *edit = &edits[0];
    *edit = (struct serial_edit){.at = word->at, .len = word->len};
    bool zeros = word->len > 1 && record->text[word->at] == '0' && word->len < sizeof(edit->text);
    int width = zeros ? (int)word->len : 1;
    size_t len = (size_t)snprintf(edit->text, sizeof(edit->text), "%0*u", width, (unsigned)serial);
    size_t spaces = spaces_at(record, word->at + word->len);
    if (len > word->len && spaces > len - word->len) {
        edit->len += len - word->len;
    } else if (len < word->len && spaces > 0 && word->len < sizeof(edit->text)) {
        memset(edit->text + len, ' ', word->len - len);
        edit->text[word->len] = '\0';
    }
    return 1;
}
