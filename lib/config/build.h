/* build.h - zones and services, made of what was written. */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include "schema.h"

/* A configuration with what is not shown of it; it lies in its own arena. */
struct full {
    struct tlsagen_config config;
    struct arena arena;
    struct map zones;    /* by absolute name, of struct zone_node * */
    struct map services; /* by name */
};

struct zone_node {
    struct tlsagen_config_zone zone;
    const struct section *section;
    struct arena_list services;
};

/* At work. */
struct build {
    struct tree *tree;
    struct full *full;
    struct arena_list zones;    /* of struct zone_node * */
    struct arena_list services; /* of struct tlsagen_config_service * */
    struct map owners;          /* by absolute name, of the services that have them */
};

/* What % stands for; NULL: it may not be used here. */
struct names {
    const char *host;
    const char *name;
    const char *zone;
};

/*
 * Makes the whole configuration; faults are told. NULL when memory ran out; what it points to lies
 * in the tree's arena.
 */
struct full *build_all(struct tree *tree, const char *path);

/* Sets the options of one kind of object that a section (NULL: none) gives; faults are told. */
void build_apply(struct build *b, const struct section *section, enum object_kind kind,
                 const struct names *names, void *object);
/* Only tells what faults the options have, of an object that cannot be made. */
void build_try(struct build *b, const struct section *section, enum object_kind kind);
/* Tells a fault of a section as a whole. */
void build_fault(struct build *b, const struct section *section, const char *format, ...)
    TLSAGEN_PRINTF(3, 4);
/* The option of that name that the section itself gives, or NULL. */
struct entry *build_own(const struct section *section, const char *name);
/* Tells a fault of an option that stands in the section. */
void build_entry_fault(struct build *b, const struct section *section, struct entry *entry,
                       const char *format, ...) TLSAGEN_PRINTF(4, 5);
/* A host or zone name, absolute and in lower case; NULL after filling err. */
char *build_name(struct build *b, const char *text, struct tlsagen_err *err);
/* The name without its final dot, until all is built; NULL when memory ran out. */
char *build_relative(struct build *b, const char *name);
/* The zone that the absolute name lies in, or NULL. */
struct zone_node *build_zone_of(const struct full *full, const char *name);

/* build_zone.c */
bool build_zone(struct build *b, const struct section *section);
/* build_service.c: a service, or all those of a template. False when memory ran out. */
bool build_services(struct build *b, const struct section *section);

#endif
