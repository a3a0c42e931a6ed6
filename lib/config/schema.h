/*
 * schema.h - the options that there are: where each may stand, and what it is.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "tree.h"

/* An option of an object, with the values that are to be set; % replaced. */
struct setting {
    struct tree *tree;
    const struct section *section; /* where it was given */
    struct entry *entry;
    const char *name;
    char **values; /* at least one, unless the option may be empty */
    size_t count;
};

/*
 * Sets a value of its own kind in the object, a configuration, zone or service. False after a
 * fault was told, or when memory ran out.
 */
typedef bool setter(const struct setting *setting, void *object);

enum value_type {
    VALUE_OWN,     /* set by a setter */
    VALUE_TEXT,    /* const char * */
    VALUE_PATH,    /* const char *, absolute */
    VALUE_PATHS,   /* struct tlsagen_config_list, absolute */
    VALUE_WORDS,   /* struct tlsagen_config_list */
    VALUE_FLAG,    /* bool */
    VALUE_SECONDS, /* uint32_t */
};

/* What an option is part of. */
enum object_kind { OBJECT_CONFIG, OBJECT_ZONE, OBJECT_SERVICE, OBJECT_NONE };

struct option {
    const char *name;
    enum object_kind object;
    unsigned where; /* bits 1 << section_kind */
    enum value_type type;
    bool many;     /* takes several values, and the empty list */
    size_t offset; /* of the value in the object, unless type is VALUE_OWN */
    setter *set;   /* for VALUE_OWN */
};

/* Rows that are asked for by themselves; see schema.c. */
#define OPTION_HOST 0
#define OPTION_HOSTS 1
#define OPTION_ZONE 2

/* In no order but for these; OPTION_COUNT rows. */
extern const struct option schema[];
extern const size_t schema_count;
#define SCHEMA_MAX 64 /* schema_count is no larger */

/* The row of an option, or schema_count. */
size_t schema_find(const char *name);
/* Whether the option may stand in such a section; tells the fault when not. */
bool schema_allows(struct tree *tree, size_t option, enum section_kind kind,
                   const struct source *source, unsigned line);
/* The fault of an option that there is not. */
void schema_unknown(struct tree *tree, const char *name, enum section_kind kind,
                    const struct source *source, unsigned line);
/* Sets the option in the object; false after a fault was told, or when memory ran out. */
bool schema_set(const struct setting *setting, void *object);

/* Tells a fault of an option, with the option's place. */
void setting_fault(const struct setting *setting, const char *format, ...) TLSAGEN_PRINTF(2, 3);
/* The same of a warning. */
void setting_warning(const struct setting *setting, const char *format, ...) TLSAGEN_PRINTF(2, 3);
/* False after a fault: the first word, which is a program, has the others in it. */
bool setting_words(const struct setting *setting, char *const *words);
/* The message of err as a fault; false, so that `return setting_err(...)` reads well. */
bool setting_err(const struct setting *setting, const struct tlsagen_err *err);
/* The absolute form of a path; NULL when memory ran out. */
char *setting_path(const struct setting *setting, char *path);

/* set_zone.c and set_service.c */
setter set_file, set_update, set_server, set_query, set_control_port, set_policy, set_wait,
    set_unknown;
setter set_ports, set_proto, set_records, set_pinned, set_ta, set_starttls, set_key_type,
    set_key_mode, set_keep, set_watch, set_hook_timeout, set_ignore_server;
setter set_resolver, set_authoritative_port;

#endif
