/*
 * Checks of a zone file. Input: the zone file, and, behind a line "---", a file named "inc".
 *
 * Whatever is in it, the findings have places inside the files; a zone without an error is one that
 * a strict walk goes through, and that takes a new record.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../zone_memory.h"
#include "zone/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static const struct memory_file *file_named(const struct memory *memory, const char *name)
{
    for (size_t i = 0; i < memory->count; i++) {
        if (strcmp(memory->files[i].name, name) == 0)
            return &memory->files[i];
    }
    return NULL;
}

static void find(void *arg, const struct tlsagen_zone_finding *finding)
{
    const struct memory_file *file = file_named(arg, finding->file);
    expect(file != NULL, "a finding is in one of the files");
    uint64_t lines = 1;
    for (size_t i = 0; i < file->len; i++)
        lines += file->bytes[i] == '\n' || file->bytes[i] == '\r';
    expect(finding->line >= 1 && finding->line <= lines + 1, "the line is one of the file");
    expect(finding->column >= 1 && finding->column <= file->len + 1, "so is the column");
    expect(strlen(finding->text) > 3 && strlen(finding->rule) > 2, "it says something");
}

static enum tlsagen_status check(struct memory *memory, struct tlsagen_zone_verdict *verdict)
{
    const struct walk_source source = {memory, memory_open, memory_read, memory_close};
    struct tlsagen_err err;
    return lint_check("zone", "example.org", &source, find, memory, verdict, &err);
}

/* Puts one record; an owner that is an alias, or made by $GENERATE, is for the edit to refuse. */
static void put(struct memory *memory)
{
    static const char record[] = "qqqq.example.org. 1 IN TXT x\n";
    struct name apex;
    struct tlsagen_err err;
    struct wants wants;
    struct edit edit = {.verb = EDIT_ADD, .wants = &wants, .ttl = -1};
    wants_init(&wants);
    expect(name_parse("example.org.", 12, NULL, &apex, NULL) == TLSAGEN_OK, "the origin reads");
    expect(rrfile_read(record, strlen(record), "record", &apex, &wants, &err) == TLSAGEN_OK,
           "the record reads");
    memory->origin = &apex;
    enum tlsagen_status status = memory_edit(memory, &edit, &err);
    if (status != TLSAGEN_OK && status != TLSAGEN_E_KIND)
        (void)fprintf(stderr, "%s\n", err.message);
    expect(status == TLSAGEN_OK || status == TLSAGEN_E_KIND, "a zone without errors is editable");
    edit_clear(&edit);
    wants_clear(&wants);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct memory memory = {.count = 1};
    struct tlsagen_zone_verdict verdict;
    memory.files[0] = (struct memory_file){"zone", bytes, size};
    for (size_t i = 0; i + 4 <= size && memory.count == 1; i++) {
        if (memcmp(bytes + i, "---\n", 4) != 0)
            continue;
        memory.files[0].len = i;
        memory.files[memory.count++] = (struct memory_file){"inc", bytes + i + 4, size - i - 4};
    }
    if (check(&memory, &verdict) == TLSAGEN_OK && verdict.errors == 0)
        put(&memory);
    return 0;
}
