/* check.c - tlsagen_zone_check: all that is wrong with a zone file. */
#include "lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apex.h"
#include "bump.h"
#include "record.h"

void lint_tell(struct lint *lint, bool error, const char *rule, const struct lint_place *place,
               const char *format, ...)
{
    struct tlsagen_err text;
    char message[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof(message), format, args) < 0)
        message[0] = '\0';
    va_end(args);
    /* Which makes control bytes harmless. */
    (void)tlsagen_err_set(&text, TLSAGEN_E_SYNTAX, "%s", message);
    const struct tlsagen_zone_finding finding = {
        .error = error,
        .rule = rule,
        .file = walk_file(lint->walk, place->file)->path,
        .line = place->line,
        .column = place->column,
        .text = text.message,
    };
    if (error)
        lint->verdict->errors++;
    else
        lint->verdict->warnings++;
    lint->find(lint->find_arg, &finding);
}

struct lint_place lint_place_of(const struct walk_record *record, size_t token)
{
    const struct walk_fault fault = walk_fault_at(record, token, TLSAGEN_OK, "");
    return (struct lint_place){fault.file, fault.line, fault.column};
}

enum tlsagen_status lint_grow(void **array, size_t count, size_t *cap, size_t size,
                              struct tlsagen_err *err)
{
    if (count < *cap)
        return TLSAGEN_OK;
    size_t larger = *cap + *cap / 2 + 16;
    void *moved = larger < *cap || larger > SIZE_MAX / size ? NULL : realloc(*array, larger * size);
    if (moved == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    *array = moved;
    *cap = larger;
    return TLSAGEN_OK;
}

enum tlsagen_status lint_add_name(struct lint_names *names, const struct name *name, uint8_t flag,
                                  size_t *index, struct tlsagen_err *err)
{
    size_t count = names->set.count, number;
    void *flags = names->flags;
    enum tlsagen_status status = lint_grow(&flags, count, &names->cap, 1, err);
    names->flags = flags;
    if (status == TLSAGEN_OK)
        status = name_set_add(&names->set, name, &number, err);
    if (status != TLSAGEN_OK)
        return status;
    if (number == count)
        names->flags[number] = 0;
    names->flags[number] |= flag;
    if (index != NULL)
        *index = number;
    return TLSAGEN_OK;
}

static void names_clear(struct lint_names *names)
{
    name_set_clear(&names->set);
    free(names->flags);
}

bool lint_read_told_rdata(struct lint *lint, const struct walk_record *record)
{
    struct tlsagen_err why;
    return record_rdata(record, &lint->rdata, &why) == TLSAGEN_OK;
}

bool lint_read_rdata(struct lint *lint, const struct walk_record *record)
{
    struct tlsagen_err why;
    if (record_rdata(record, &lint->rdata, &why) == TLSAGEN_OK)
        return true;
    const struct walk_fault fault = record_rdata_fault(record, &why);
    const struct lint_place place = {fault.file, fault.line, fault.column};
    lint_tell(lint, true, "rdata", &place, "%s", why.message);
    return false;
}

/* A fault that the walk tells, as a word. */
static const char *rule_of(enum tlsagen_status status)
{
    switch (status) {
    case TLSAGEN_E_SYNTAX:
        return "syntax";
    case TLSAGEN_E_LIMIT:
        return "limit";
    case TLSAGEN_E_MISMATCH:
        return "outside";
    case TLSAGEN_E_SYSTEM:
        return "include";
    default:
        return "kind";
    }
}

/* Without the zone's name each entry would be another fault. */
static enum tlsagen_status note_fault(void *arg, struct walk *walk, const struct walk_fault *fault,
                                      struct tlsagen_err *err)
{
    struct lint *lint = arg;
    if (fault->status == TLSAGEN_E_ARGUMENT || fault->status == TLSAGEN_E_MEMORY)
        return walk_err(walk, fault, err);
    const struct lint_place place = {fault->file, fault->line, fault->column};
    lint->walk = walk;
    lint->faulty = true;
    lint_tell(lint, true, rule_of(fault->status), &place, "%s", fault->text);
    return TLSAGEN_OK;
}

static enum tlsagen_status note_record(void *arg, struct walk *walk,
                                       const struct walk_record *record, struct tlsagen_err *err)
{
    struct lint *lint = arg;
    lint->walk = walk;
    return lint_record(lint, record, err);
}

/* The first walk has told them. */
static enum tlsagen_status skip_fault(void *arg, struct walk *walk, const struct walk_fault *fault,
                                      struct tlsagen_err *err)
{
    (void)arg;
    (void)walk;
    (void)fault;
    (void)err;
    return TLSAGEN_OK;
}

static enum tlsagen_status note_neighbour(void *arg, struct walk *walk,
                                          const struct walk_record *record, struct tlsagen_err *err)
{
    struct lint *lint = arg;
    lint->walk = walk;
    return lint_neighbour(lint, record, err);
}

static enum tlsagen_status note_suspect(void *arg, struct walk *walk,
                                        const struct walk_record *record, struct tlsagen_err *err)
{
    struct lint *lint = arg;
    (void)err;
    lint->walk = walk;
    lint_suspect(lint, record);
    return TLSAGEN_OK;
}

static void warn_of_journal(struct lint *lint, const char *path)
{
    struct tlsagen_err err;
    const struct lint_place place = {0, 1, 1};
    if (bump_check_journal(path, &err) != TLSAGEN_OK)
        lint_tell(lint, false, "journal", &place,
                  "a journal (.jnl) lies beside the file, so the server edits this zone; use "
                  "tlsagen update, or publish with --update or --freeze");
}

/* Walks, and keeps the first walk in place for what is told afterwards. */
static enum tlsagen_status walk_again(struct lint *lint, struct walk_options *options,
                                      struct tlsagen_err *err)
{
    const struct walk *first = lint->walk;
    struct walk *walk = NULL;
    enum tlsagen_status status = walk_run(options, &walk, err);
    lint->walk = first;
    walk_free(walk);
    return status;
}

/* The next walk looks at the suspects found since the last one. */
static enum tlsagen_status face_suspects(struct lint *lint, struct tlsagen_err *err)
{
    size_t count = lint->suspects.set.count;
    lint->suspects_from = lint->suspects_to;
    lint->suspects_to = count;
    if (count == lint->suspects_from)
        return TLSAGEN_OK;
    uint64_t *targets = count > SIZE_MAX / sizeof(*targets)
                            ? NULL
                            : realloc(lint->targets, count * sizeof(*targets));
    if (targets == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    lint->targets = targets;
    return TLSAGEN_OK;
}

/* All that the second walk has to look at. */
static enum tlsagen_status gather_names(struct lint *lint, const struct name *apex,
                                        struct tlsagen_err *err)
{
    enum tlsagen_status status = lint_add_around(lint, apex, err);
    for (size_t i = 0; i < lint->suspects.set.count && status == TLSAGEN_OK; i++) {
        struct name name;
        name_set_get(&lint->suspects.set, i, &name);
        status = lint_add_name(&lint->names, &name, 0, NULL, err);
    }
    bloom_fold(&lint->cnames);
    return status == TLSAGEN_OK ? face_suspects(lint, err) : status;
}

/* What stands at the names of the first walk, above them, and beside CNAMEs. */
static enum tlsagen_status look_around(struct lint *lint, struct walk_options options,
                                       const struct name *apex, struct tlsagen_err *err)
{
    static const uint16_t cname = TYPE_CNAME;
    enum tlsagen_status status = gather_names(lint, apex, err);
    if (status != TLSAGEN_OK)
        return status;
    options.fault = skip_fault;
    options.record = note_neighbour;
    options.watch = &lint->names.set;
    /* CNAMEs may point to TLSA records under names of their own. */
    options.types = &cname;
    options.type_count = lint->odd_owner ? 1 : 0;
    options.beside = lint->cnames.count > 0 ? &lint->cnames : NULL;
    options.cnames = NULL;
    options.mail = false;
    options.by_owner = !lint->odd_owner && !lint->faulty;
    status = walk_again(lint, &options, err);
    if (status == TLSAGEN_OK)
        status = face_suspects(lint, err);
    if (status != TLSAGEN_OK || lint->suspects_from == lint->suspects_to)
        return status;
    options.record = note_suspect;
    options.watch = &lint->suspects.set;
    options.beside = NULL;
    options.type_count = 0;
    options.by_owner = !lint->faulty;
    return walk_again(lint, &options, err);
}

static enum tlsagen_status run(struct lint *lint, const char *path, const char *origin,
                               struct walk **walk, struct tlsagen_err *err)
{
    static const uint16_t tlsa = TYPE_TLSA;
    struct name given;
    enum tlsagen_status status = TLSAGEN_OK;
    if (origin != NULL)
        status = apex_parse(origin, &given, err);
    if (status == TLSAGEN_OK)
        status = bloom_init_names(&lint->cnames, err);
    if (status != TLSAGEN_OK)
        return status;
    const struct walk_options options = {.path = path,
                                         .source = lint->source,
                                         .origin = origin != NULL ? &given : NULL,
                                         .allow_signed = true,
                                         .allow_clash = true,
                                         .types = &tlsa,
                                         .type_count = 1,
                                         .cnames = &lint->cnames,
                                         .mail = true,
                                         .record = note_record,
                                         .fault = note_fault,
                                         .arg = lint};
    status = walk_run(&options, walk, err);
    if (status != TLSAGEN_OK)
        return status;
    lint->walk = *walk;
    if (lint->source == NULL)
        warn_of_journal(lint, path);
    if (walk_apex(*walk) == NULL)
        return TLSAGEN_OK;
    const struct name apex = *walk_apex(*walk);
    (void)name_text(&apex, lint->verdict->zone);
    if (lint->names.set.count > 0 || lint->cnames.count > 0)
        status = look_around(lint, options, &apex, err);
    if (status == TLSAGEN_OK) {
        lint_rrsets(lint);
        lint_places(lint, &apex);
    }
    return status;
}

enum tlsagen_status lint_check(const char *path, const char *origin,
                               const struct walk_source *source, tlsagen_zone_find *find, void *arg,
                               struct tlsagen_zone_verdict *verdict, struct tlsagen_err *err)
{
    struct lint lint = {.find = find, .find_arg = arg, .verdict = verdict, .source = source};
    struct walk *walk = NULL;
    *verdict = (struct tlsagen_zone_verdict){0};
    tlsagen_buf_init(&lint.data);
    rdata_init(&lint.rdata);
    enum tlsagen_status status = run(&lint, path, origin, &walk, err);
    walk_free(walk);
    names_clear(&lint.names);
    names_clear(&lint.suspects);
    free(lint.targets);
    bloom_clear(&lint.cnames);
    free(lint.tlsa);
    free(lint.mx);
    tlsagen_buf_clear(&lint.data);
    rdata_clear(&lint.rdata);
    return status;
}

enum tlsagen_status tlsagen_zone_check(const char *path, const char *origin,
                                       tlsagen_zone_find *find, void *arg,
                                       struct tlsagen_zone_verdict *verdict,
                                       struct tlsagen_err *err)
{
    return lint_check(path, origin, NULL, find, arg, verdict, err);
}
