#include "record.h"

#include <stdlib.h>

static enum tlsagen_status read_words(const struct walk_record *record, const char *text,
                                      const struct lex_token *tokens, size_t count,
                                      struct rdata *rdata, struct tlsagen_err *err)
{
    struct rdata_word *words = calloc(count + 1, sizeof(*words));
    if (words == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        words[i] = (struct rdata_word){text + tokens[i].at, tokens[i].len, tokens[i].quoted};
    enum tlsagen_status status =
        rdata_parse(record->type, words, count, record->origin, rdata, err);
    free(words);
    return status;
}

/* What $GENERATE makes is split into words after the number is put in. */
static enum tlsagen_status read_generated(const struct walk_record *record, struct rdata *rdata,
                                          struct tlsagen_err *err)
{
    struct tlsagen_buf word;
    struct tlsagen_buf text;
    struct lex_tokens tokens = {0};
    enum tlsagen_status status = TLSAGEN_OK;
    tlsagen_buf_init(&word);
    tlsagen_buf_init(&text);
    for (size_t i = record->rdata_token; i < record->token_count && status == TLSAGEN_OK; i++) {
        status = walk_expand(record, i, &word, err);
        tlsagen_buf_add(&text, word.data, word.len);
        tlsagen_buf_char(&text, ' ');
    }
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&text, err);
    if (status == TLSAGEN_OK)
        status = lex_entry(text.data, text.len, &tokens, err);
    if (status == TLSAGEN_OK)
        status = read_words(record, text.data, tokens.at, tokens.count, rdata, err);
    lex_tokens_clear(&tokens);
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&word);
    return status;
}

enum tlsagen_status record_rdata(const struct walk_record *record, struct rdata *rdata,
                                 struct tlsagen_err *err)
{
    if (record->generated)
        return read_generated(record, rdata, err);
    return read_words(record, record->text, record->tokens + record->rdata_token,
                      record->token_count - record->rdata_token, rdata, err);
}

struct walk_fault record_rdata_fault(const struct walk_record *record,
                                     const struct tlsagen_err *why)
{
    size_t token =
        record->rdata_token < record->token_count ? record->rdata_token : record->type_token;
    return walk_fault_at(record, token, why->code, why->message);
}
