/*
 * tree.h - the configuration as it was written: sections with options, whatever the format.
 *
 * Both readers, of text and of JSON, make these; build.c makes zones and services of them.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <tlsagen/config.h>

#include "arena.h"
#include "map.h"

/* A file that is read. */
struct source {
    const char *name;   /* for messages */
    const char *folder; /* absolute, without a slash at its end: relative paths begin there */
};

enum section_kind {
    SECTION_MAIN,     /* outside of all sections */
    SECTION_DEFAULTS, /* for all zones and services */
    SECTION_ZONE,
    SECTION_TEMPLATE, /* of services */
    SECTION_SERVICE,
    SECTION_KINDS /* how many there are */
};

/* An option that was given; a line of 0 is one that the format does not tell. */
struct entry {
    size_t option; /* its row in the schema */
    const struct source *source;
    unsigned line;
    char **values; /* count of them, and a NULL; count 0 is an empty list */
    size_t count;
    bool has_percent; /* a value has a % that is to be replaced */
    bool faulty;      /* a fault of it was told, once is enough */
    bool looked;      /* what it names was looked at */
};

struct section {
    enum section_kind kind;
    const char *title; /* NULL for main and defaults */
    const struct source *source;
    unsigned line;
    bool faulty;               /* it has no options, as what stands in their place was told */
    struct arena_list entries; /* of struct entry *, each option once */
};

/* Faults, on their way to who asked for them. */
struct faults {
    tlsagen_config_report *report;
    tlsagen_config_report *warn; /* NULL: nothing outside is looked at */
    void *arg;
    size_t count;
    size_t unsafe; /* of them, those of permissions */
    struct tlsagen_err first;
};

/* All that was read. */
struct tree {
    struct arena arena;  /* what the configuration keeps: texts, sources, all that is built */
    struct arena parsed; /* what it does not: sections, entries, and what finds them */
    struct faults faults;
    struct arena_list sections; /* of struct section *, those with titles, in the order read */
    struct section *main;       /* options outside of sections, of all files; never NULL */
    struct section *defaults;   /* NULL: there is none */
    struct map titles[SECTION_KINDS];
};

typedef void fault_fn(struct tree *tree, const struct source *source, unsigned line,
                      const char *format, ...);
/* Tells a fault: what was found, and what to do. */
void fault_at(struct tree *tree, const struct source *source, unsigned line, const char *format,
              ...) TLSAGEN_PRINTF(4, 5);
/* The same, of permissions. */
void fault_unsafe(struct tree *tree, const struct source *source, unsigned line, const char *format,
                  ...) TLSAGEN_PRINTF(4, 5);
/* A warning, when somebody wants it. */
void warning_at(struct tree *tree, const struct source *source, unsigned line, const char *format,
                ...) TLSAGEN_PRINTF(4, 5);

/* An empty tree; false when memory runs out. Its arenas are to be cleared in every case. */
bool tree_init(struct tree *tree, tlsagen_config_report *report, void *arg);
/*
 * Takes a section up into the tree; the entries of a main one go to the end of those of tree->main.
 * What is there already, by title or option, is told as a fault. False when memory runs out.
 */
bool tree_add(struct tree *tree, struct section *section);
/* The option of that row of the schema, or NULL. */
struct entry *section_find(const struct section *section, size_t option);
/* The word for a kind of section, as in the file. */
const char *section_word(enum section_kind kind);

#endif
