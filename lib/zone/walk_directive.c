/* walk_directive.c - $ORIGIN, $TTL, $INCLUDE (RFC 1035 section 5.1, RFC 2308 section 4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "walk_state.h"

static bool is_word(const struct walk *walk, const struct walk_entry *entry, const char *word)
{
    const struct lex_token *token = &walk->tokens.at[0];
    return token->len == strlen(word) &&
           strncasecmp(entry->text + token->at, word, token->len) == 0;
}

static enum tlsagen_status wrong_words(struct walk *walk, const struct walk_entry *entry,
                                       const char *wanted, struct tlsagen_err *err)
{
    return walk_complain(walk, entry, 0, err, TLSAGEN_E_SYNTAX, "%s", wanted);
}

/* A name from a directive's word; false after a complaint. */
static bool take_name(struct walk *walk, const struct walk_entry *entry, size_t token,
                      struct name *name, enum tlsagen_status *status, struct tlsagen_err *err)
{
    const struct lex_token *word = &walk->tokens.at[token];
    const struct name *origin = entry->file->origin.len == 0 ? NULL : &entry->file->origin;
    struct tlsagen_err why;
    *status = name_parse(entry->text + word->at, word->len, origin, name, &why);
    if (*status == TLSAGEN_OK)
        return true;
    *status = walk_complain(walk, entry, word->at, err, *status, "%s", why.message);
    return false;
}

static enum tlsagen_status take_origin(struct walk *walk, const struct walk_entry *entry,
                                       struct tlsagen_err *err)
{
    struct walk_open *file = entry->file;
    struct name origin;
    enum tlsagen_status status = TLSAGEN_OK;
    if (walk->tokens.count != 2)
        return wrong_words(walk, entry, "$ORIGIN takes one name", err);
    if (!take_name(walk, entry, 1, &origin, &status, err))
        return status;
    /* A blank owner still means the name that the old origin made. */
    walk_settle(file);
    file->origin = origin;
    walk_origin_changed(walk, file);
    return TLSAGEN_OK;
}

static enum tlsagen_status take_ttl(struct walk *walk, const struct walk_entry *entry,
                                    struct tlsagen_err *err)
{
    uint32_t ttl;
    if (walk->tokens.count != 2)
        return wrong_words(walk, entry, "$TTL takes one time", err);
    const struct lex_token *word = &walk->tokens.at[1];
    if (!ttl_parse(entry->text + word->at, word->len, &ttl))
        return walk_complain(walk, entry, word->at, err, TLSAGEN_E_SYNTAX,
                             "\"%.*s\" is no time; give seconds, or units as in 1h30m",
                             (int)(word->len > 40 ? 40 : word->len), entry->text + word->at);
    walk->ttl_default = ttl;
    walk->ttl_default_known = true;
    walk->default_is_minimum = false;
    return TLSAGEN_OK;
}

/* An included file's path; a relative one starts where the zone file is. The caller frees it. */
static char *path_of(const struct walk *walk, const char *word, size_t len)
{
    const char *zone = walk->files[0].path;
    const char *slash = strrchr(zone, '/');
    size_t folder = slash == NULL || word[0] == '/' ? 0 : (size_t)(slash - zone) + 1;
    char *path = malloc(folder + len + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, zone, folder);
    size_t at = folder;
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\\' && i + 1 < len)
            i++;
        path[at++] = word[i];
    }
    path[at] = '\0';
    return path;
}

static bool is_open(const struct walk *walk, const char *path)
{
    for (size_t i = 0; i < walk->depth; i++) {
        if (strcmp(walk->files[walk->open[i]->index].path, path) == 0)
            return true;
    }
    return false;
}

static enum tlsagen_status include(struct walk *walk, const struct walk_entry *entry,
                                   const char *path, const struct name *origin,
                                   struct tlsagen_err *err)
{
    size_t at = walk->tokens.at[1].at;
    struct tlsagen_err why;
    if (is_open(walk, path))
        return walk_complain(walk, entry, at, err, TLSAGEN_E_SYNTAX,
                             "%s includes itself, if over others", path);
    if (walk->depth == WALK_INCLUDE_MAX)
        return walk_complain(walk, entry, at, err, TLSAGEN_E_LIMIT,
                             "files are included over %d deep", WALK_INCLUDE_MAX);
    enum tlsagen_status status =
        walk_open_file(walk, path, entry->file->index, origin->len == 0 ? NULL : origin, &why);
    if (status != TLSAGEN_OK)
        return walk_complain(walk, entry, at, err, status, "%s", why.message);
    return TLSAGEN_OK;
}

static enum tlsagen_status take_include(struct walk *walk, const struct walk_entry *entry,
                                        struct tlsagen_err *err)
{
    size_t count = walk->tokens.count;
    struct name origin = entry->file->origin;
    enum tlsagen_status status = TLSAGEN_OK;
    if (count != 2 && count != 3)
        return wrong_words(walk, entry, "$INCLUDE takes a file and at most one name", err);
    if (count == 3 && !take_name(walk, entry, 2, &origin, &status, err))
        return status;
    const struct lex_token *word = &walk->tokens.at[1];
    char *path = path_of(walk, entry->text + word->at, word->len);
    if (path == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    status = include(walk, entry, path, &origin, err);
    free(path);
    return status;
}

enum tlsagen_status walk_directive(struct walk *walk, const struct walk_entry *entry,
                                   struct tlsagen_err *err)
{
    if (is_word(walk, entry, "$ORIGIN"))
        return take_origin(walk, entry, err);
    if (is_word(walk, entry, "$TTL"))
        return take_ttl(walk, entry, err);
    if (is_word(walk, entry, "$INCLUDE"))
        return take_include(walk, entry, err);
    if (is_word(walk, entry, "$GENERATE"))
        return walk_generate(walk, entry, err);
    const struct lex_token *word = &walk->tokens.at[0];
    return walk_complain(walk, entry, 0, err, TLSAGEN_E_SYNTAX,
                         "%.*s is no directive; $ORIGIN, $TTL, $INCLUDE and $GENERATE are",
                         (int)(word->len > 40 ? 40 : word->len), entry->text + word->at);
}
