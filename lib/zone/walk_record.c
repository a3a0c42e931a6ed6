/* walk_record.c - an entry taken apart, by all rules. */
#include <stdio.h>
#include <string.h>

#include "walk_state.h"

#define TTL_MAX 2147483647U /* RFC 2181 section 8 */
#define SOA_WORDS 7         /* RFC 1035 section 3.3.13 */

const struct name *walk_owner_name(struct walk_open *file)
{
    struct walk_owner *owner = &file->owner;
    if (owner->text_len > 0) {
        /* walk_quick has seen that this cannot fail. */
        (void)name_parse(owner->text, owner->text_len, &file->origin, &owner->name, NULL);
        owner->text_len = 0;
    }
    return &owner->name;
}

/* The target of the CNAME in the row at hand. */
static const struct name *run_target(struct walk_open *file)
{
    struct walk_run *run = &file->run;
    const struct name *origin = file->origin.len == 0 ? NULL : &file->origin;
    if (run->text_len > 0 &&
        name_parse(run->text, run->text_len, origin, &run->target, NULL) != TLSAGEN_OK)
        run->target.len = 0;
    run->text_len = 0;
    return &run->target;
}

void walk_settle(struct walk_open *file)
{
    (void)walk_owner_name(file);
    if (file->run.cname)
        (void)run_target(file);
}

/* Complains about a token; WALK_NO_TOKEN is the entry's first byte. */
static enum tlsagen_status at_token(struct walk *walk, const struct walk_entry *entry, size_t token,
                                    struct tlsagen_err *err, enum tlsagen_status status,
                                    const char *text)
{
    size_t at = token == WALK_NO_TOKEN ? 0 : walk->tokens.at[token].at;
    return walk_complain(walk, entry, at, err, status, "%s", text);
}

static bool find_type(const struct walk *walk, const char *word, size_t len, uint16_t *type)
{
    const struct walk_packed *packed = walk_find_packed(walk, word, len);
    if (packed == NULL)
        return type_parse(word, len, type);
    *type = packed->type;
    return true;
}

/* The words between owner and rdata. False after a complaint, whose status is in *status. */
static bool read_words(struct walk *walk, const struct walk_entry *entry,
                       struct walk_record *record, size_t next, enum tlsagen_status *status,
                       struct tlsagen_err *err)
{
    for (; next < record->token_count; next++) {
        const struct lex_token *token = &record->tokens[next];
        const char *word = entry->text + token->at;
        uint16_t class;
        if (!token->quoted && record->ttl_token == WALK_NO_TOKEN &&
            ttl_parse(word, token->len, &record->ttl)) {
            record->ttl_token = next;
        } else if (!token->quoted && record->class_token == WALK_NO_TOKEN &&
                   class_parse(word, token->len, &class)) {
            record->class_token = next;
            if (class != CLASS_IN) {
                *status = at_token(walk, entry, next, err, TLSAGEN_E_KIND,
                                   "another class than IN; zones of class IN are edited here");
                return false;
            }
        } else if (!token->quoted && find_type(walk, word, token->len, &record->type)) {
            record->type_token = next;
            record->rdata_token = next + 1;
            return true;
        } else {
            *status = walk_complain(walk, entry, token->at, err, TLSAGEN_E_SYNTAX,
                                    "\"%.*s\" is no record type",
                                    (int)(token->len > 40 ? 40 : token->len), word);
            return false;
        }
    }
    *status =
        at_token(walk, entry, record->token_count == 0 ? WALK_NO_TOKEN : record->token_count - 1,
                 err, TLSAGEN_E_SYNTAX, "the record ends before its type");
    return false;
}

/* The owner, once the type is known: an SOA may tell the zone's name. */
static enum tlsagen_status read_owner(struct walk *walk, const struct walk_entry *entry,
                                      struct walk_record *record, bool *ok, struct tlsagen_err *err)
{
    struct walk_open *file = entry->file;
    *ok = false;
    if (record->owner_token == WALK_NO_TOKEN) {
        if (!file->owner.known)
            return at_token(walk, entry, WALK_NO_TOKEN, err, TLSAGEN_E_SYNTAX,
                            "begins with a blank, and no record before it has an owner");
        record->owner = *walk_owner_name(file);
        *ok = true;
        return TLSAGEN_OK;
    }
    const struct lex_token *token = &record->tokens[record->owner_token];
    const char *text = entry->text + token->at;
    struct tlsagen_err why;
    static const struct name root = {.len = 1, .wire = {0}};
    const struct name *origin = &file->origin;
    if (origin->len == 0 && walk->options->origin_optional)
        origin = &root;
    enum tlsagen_status status =
        name_parse(text, token->len, origin->len == 0 ? NULL : origin, &record->owner, &why);
    if (status == TLSAGEN_OK) {
        *ok = true;
        return TLSAGEN_OK;
    }
    if (origin->len == 0 && !name_is_absolute(text, token->len))
        return at_token(walk, entry, record->owner_token, err, TLSAGEN_E_ARGUMENT,
                        "nothing tells the zone's name; give it with --origin");
    return at_token(walk, entry, record->owner_token, err, status, why.message);
}

/* The words of an SOA's rdata with blanks between, so that "(" and comments do not count. */
static bool soa_words(const struct walk_record *record, struct tlsagen_buf *words)
{
    for (size_t i = record->rdata_token; i < record->token_count; i++) {
        tlsagen_buf_add(words, record->text + record->tokens[i].at, record->tokens[i].len);
        tlsagen_buf_char(words, ' ');
    }
    return !words->failed;
}

/* A second SOA is a fault unless it says the same. */
static enum tlsagen_status check_second_soa(struct walk *walk, const struct walk_entry *entry,
                                            const struct walk_record *record,
                                            struct tlsagen_err *err)
{
    struct tlsagen_buf words;
    tlsagen_buf_init(&words);
    bool ok = soa_words(record, &words);
    bool same = ok && words.len == walk->soa_rdata.len &&
                (words.len == 0 || memcmp(words.data, walk->soa_rdata.data, words.len) == 0);
    tlsagen_buf_clear(&words);
    if (!ok)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (same)
        return TLSAGEN_OK;
    return at_token(walk, entry, record->type_token, err, TLSAGEN_E_SYNTAX,
                    "a second SOA that differs from the first; a zone has one");
}

/* The SOA's owner is the zone's name, and the origin where nothing else is (as named has it). */
static void learn_apex(struct walk *walk, const struct walk_entry *entry,
                       const struct walk_record *record)
{
    static const struct name root = {.len = 1, .wire = {0}};
    struct walk_open *file = entry->file;
    bool absolute = true;
    if (record->owner_token != WALK_NO_TOKEN) {
        const struct lex_token *token = &record->tokens[record->owner_token];
        absolute = name_is_absolute(entry->text + token->at, token->len);
    }
    if (file->origin.len != 0 || absolute)
        walk_set_apex(walk, &record->owner);
    /* Without either, relative names are taken as names in the root, to go on with. */
    if (file->origin.len == 0)
        file->origin = absolute ? record->owner : root;
    /* What was fine as long as nobody knew the zone may lie outside, in the including files too. */
    for (size_t i = 0; i < walk->depth; i++) {
        walk_origin_changed(walk, walk->open[i]);
        walk->open[i]->owner.watched = true;
    }
}

static enum tlsagen_status take_soa(struct walk *walk, const struct walk_entry *entry,
                                    struct walk_record *record, bool *ok, struct tlsagen_err *err)
{
    *ok = false;
    if (walk->apex.len == 0)
        learn_apex(walk, entry, record);
    if (walk->apex.len != 0 && !name_equal(&record->owner, &walk->apex)) {
        char apex[NAME_TEXT_SIZE];
        return walk_complain(walk, entry, record->tokens[record->type_token].at, err,
                             TLSAGEN_E_MISMATCH, "the SOA does not stand at the zone's name %.300s",
                             name_text(&walk->apex, apex));
    }
    /* In the generic form of RFC 3597 the words are others, and the minimum stays unknown. */
    size_t words = record->token_count - record->rdata_token;
    const struct lex_token *last = words == 0 ? NULL : &record->tokens[record->token_count - 1];
    if (words == SOA_WORDS && ttl_parse(entry->text + last->at, last->len, &walk->minimum))
        walk->minimum_known = true;
    *ok = true;
    if (walk->has_soa)
        return check_second_soa(walk, entry, record, err);
    walk->has_soa = true;
    if (!soa_words(record, &walk->soa_rdata))
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return TLSAGEN_OK;
}

void walk_find_ttl(struct walk *walk, struct walk_record *record)
{
    record->ttl_before_known = walk->ttl_last_known;
    record->ttl_before = walk->ttl_last;
    if (record->ttl_token != WALK_NO_TOKEN) {
        /* As BIND: a TTL with its top bit set is none. */
        record->ttl = record->ttl > TTL_MAX ? 0 : record->ttl;
        record->ttl_from = WALK_TTL_EXPLICIT;
        walk->ttl_last = record->ttl;
        walk->ttl_last_known = true;
    } else if (walk->ttl_default_known) {
        record->ttl = walk->ttl_default;
        record->ttl_from = walk->default_is_minimum ? WALK_TTL_MINIMUM : WALK_TTL_DEFAULT;
    } else if (walk->ttl_last_known) {
        record->ttl = walk->ttl_last;
        record->ttl_from = WALK_TTL_INHERITED;
    } else if (record->type == TYPE_SOA && walk->minimum_known) {
        record->ttl = walk->minimum;
        record->ttl_from = WALK_TTL_MINIMUM;
        /* From here on as if $TTL had said it (RFC 1035 section 3.3.13, as BIND has it). */
        walk->ttl_default = walk->minimum;
        walk->ttl_default_known = walk->default_is_minimum = true;
    } else {
        record->ttl = 0;
        record->ttl_from = WALK_TTL_UNKNOWN;
    }
}

static bool is_signature(uint16_t type)
{
    return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 || type == TYPE_ZONEMD;
}

/* Rules that hold for every record, whoever asked for it; ok unless there was a complaint. */
static enum tlsagen_status check_record(struct walk *walk, const struct walk_entry *entry,
                                        const struct walk_record *record, bool *ok,
                                        struct tlsagen_err *err)
{
    *ok = false;
    if (walk->apex.len == 0 && !walk->options->origin_optional)
        return at_token(walk, entry, record->owner_token, err, TLSAGEN_E_ARGUMENT,
                        "stands before the SOA, where nothing tells the zone's name; give it with "
                        "--origin");
    if (walk->apex.len != 0 && !name_is_within(&record->owner, &walk->apex)) {
        char owner[NAME_TEXT_SIZE], apex[NAME_TEXT_SIZE];
        return walk_complain(
            walk, entry,
            record->owner_token == WALK_NO_TOKEN ? 0 : record->tokens[record->owner_token].at, err,
            TLSAGEN_E_MISMATCH, "%.300s lies outside the zone %.300s; remove the record",
            name_text(&record->owner, owner), name_text(&walk->apex, apex));
    }
    if (type_is_meta(record->type))
        return at_token(walk, entry, record->type_token, err, TLSAGEN_E_SYNTAX,
                        "a type that no zone file can hold");
    if (is_signature(record->type) && !walk->options->allow_signed)
        return at_token(walk, entry, record->type_token, err, TLSAGEN_E_KIND,
                        "the zone is signed in this file, and an edit would break the signatures; "
                        "edit the unsigned file and sign it again");
    *ok = true;
    return TLSAGEN_OK;
}

static void read_target(const struct walk_entry *entry, const struct walk_record *record,
                        struct name *target)
{
    if (record->token_count - record->rdata_token != 1)
        return;
    const struct lex_token *token = &record->tokens[record->rdata_token];
    const struct name *origin = record->origin->len == 0 ? NULL : record->origin;
    if (name_parse(entry->text + token->at, token->len, origin, target, NULL) != TLSAGEN_OK)
        target->len = 0;
}

/* CNAME and other data at one owner (RFC 2181 section 10.1), as far as records in a row show it. */
static enum tlsagen_status check_run(struct walk *walk, const struct walk_entry *entry,
                                     const struct walk_record *record, bool same_owner,
                                     struct tlsagen_err *err)
{
    struct walk_run *run = &entry->file->run;
    bool cname = record->type == TYPE_CNAME;
    struct name target = {.len = 0};
    if (!same_owner)
        run->cname = run->other = false;
    if (cname)
        read_target(entry, record, &target);
    /* The same CNAME once more is one, as for BIND. */
    bool again =
        cname && run->cname && target.len > 0 && name_equal(run_target(entry->file), &target);
    bool clash = !again && (run->cname || (cname && run->other)) && !is_signature(record->type);
    if (cname) {
        run->text_len = 0;
        run->target = target;
    }
    run->cname = run->cname || cname;
    run->other = run->other || (!cname && !is_signature(record->type));
    if (!clash || walk->options->allow_clash)
        return TLSAGEN_OK;
    return at_token(walk, entry, record->type_token, err, TLSAGEN_E_SYNTAX,
                    "a CNAME and other data at one owner; remove one of them");
}

/* Whether the record has the owner of the one before it; compared as text where that tells. */
static bool is_same_owner(struct walk_open *file, const struct walk_record *record)
{
    if (record->owner_token == WALK_NO_TOKEN)
        return true;
    if (!file->owner.known)
        return false;
    const struct lex_token *token = &record->tokens[record->owner_token];
    const char *text = record->text + token->at;
    enum walk_kinship kinship = WALK_UNCLEAR;
    if (!token->quoted && text[0] != '@' && text[0] != '.' &&
        memchr(text, '\\', token->len) == NULL)
        kinship = walk_compare_owners(&file->owner, text, token->len);
    if (kinship == WALK_UNCLEAR)
        return name_equal(&record->owner, walk_owner_name(file));
    return kinship == WALK_SAME;
}

static void set_owner(struct walk_open *file, const struct walk_record *record)
{
    if (record->owner_token == WALK_NO_TOKEN)
        return;
    file->owner.name = record->owner;
    file->owner.text_len = 0;
    file->owner.known = true;
    /* Until its record has proved good: a fault of the owner's is one of all that inherit it. */
    file->owner.watched = true;
}

/* The host of an MX, as it is written, is remembered, so that others of it can be passed by. */
static void keep_mail(struct walk_open *file, const struct walk_record *record)
{
    file->mail_len = 0;
    if (record->generated || record->token_count - record->rdata_token != 2)
        return;
    const struct lex_token *host = &record->tokens[record->rdata_token + 1];
    if (host->quoted || host->len > sizeof(file->mail))
        return;
    memcpy(file->mail, record->text + host->at, host->len);
    file->mail_len = (uint8_t)host->len;
}

/* One of those that options->cnames and options->mail are about. */
static bool is_noted(struct walk *walk, struct walk_open *file, struct walk_record *record)
{
    struct bloom *cnames = walk->options->cnames;
    if (record->type == TYPE_MX && walk->options->mail) {
        keep_mail(file, record);
        return true;
    }
    if (record->type != TYPE_CNAME || cnames == NULL)
        return false;
    const struct bloom_key key = bloom_key_of(&record->owner);
    record->again = bloom_add(cnames, &key);
    return true;
}

enum tlsagen_status walk_show(struct walk *walk, const struct walk_entry *entry,
                              struct walk_record *record, struct tlsagen_err *err)
{
    struct walk_open *file = entry->file;
    record->watched = walk_is_watched(walk, record);
    if (!record->generated) {
        record->follows = file->follow;
        file->follow = record->watched;
        file->owner.watched = record->watched;
    }
    record->asked = walk->options->all || record->watched || record->follows ||
                    record->type == TYPE_SOA || walk_is_wanted(walk, record->type) ||
                    is_noted(walk, file, record);
    if (record->asked)
        walk_marks_busy(walk, false);
    if ((!record->asked && !walk->all) || walk->options->record == NULL)
        return TLSAGEN_OK;
    return walk->options->record(walk->options->arg, walk, record, err);
}

static struct walk_record record_of(const struct walk *walk, const struct walk_entry *entry)
{
    const struct walk_open *file = entry->file;
    return (struct walk_record){
        .file = file->index,
        .begin = file->base + file->at,
        .end = file->base + file->at + entry->len,
        .line = file->line,
        .text = entry->text,
        .len = entry->len,
        .tokens = walk->tokens.at,
        .token_count = walk->tokens.count,
        .owner_token = WALK_NO_TOKEN,
        .ttl_token = WALK_NO_TOKEN,
        .class_token = WALK_NO_TOKEN,
        .type_token = WALK_NO_TOKEN,
        .rdata_token = walk->tokens.count,
        .origin = &file->origin,
        .no_final_newline = (entry->flags & SCAN_NO_NEWLINE) != 0,
    };
}

static enum tlsagen_status take_record(struct walk *walk, const struct walk_entry *entry,
                                       struct tlsagen_err *err)
{
    struct walk_open *file = entry->file;
    struct walk_record record = record_of(walk, entry);
    enum tlsagen_status status = TLSAGEN_OK;
    bool blank = entry->text[0] == ' ' || entry->text[0] == '\t';
    bool ok = false;
    if (!blank)
        record.owner_token = 0;
    if (!read_words(walk, entry, &record, blank ? 0 : 1, &status, err))
        return status;
    status = read_owner(walk, entry, &record, &ok, err);
    if (!ok)
        return status;
    bool same_owner = is_same_owner(file, &record);
    set_owner(file, &record);
    if (record.type == TYPE_SOA) {
        status = take_soa(walk, entry, &record, &ok, err);
        if (!ok || status != TLSAGEN_OK)
            return status;
    }
    walk_find_ttl(walk, &record);
    status = check_record(walk, entry, &record, &ok, err);
    if (!ok)
        return status;
    status = check_run(walk, entry, &record, same_owner, err);
    return status == TLSAGEN_OK ? walk_show(walk, entry, &record, err) : status;
}

enum tlsagen_status walk_slow(struct walk *walk, const struct walk_entry *entry,
                              struct tlsagen_err *err)
{
    enum tlsagen_status status = lex_entry(entry->text, entry->len, &walk->tokens, err);
    if (status != TLSAGEN_OK || walk->tokens.count == 0)
        return status;
    if (entry->text[0] == '$')
        return walk_directive(walk, entry, err);
    return take_record(walk, entry, err);
}
