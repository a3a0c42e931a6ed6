/*
 * values.h - the options of one section, read by libConfuse.
 *
 * Where each option is NAME = VALUE, as in nearly all sections of a large configuration, there is
 * nothing left to read: starting libConfuse for each of 100,000 sections took a third of the time.
 * Else it gets the section's body, cleaned and with known options only, and not the whole file: it
 * ends at the first fault, knows one line for a section, and compares each title with all others.
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "text.h"
#include "tree.h"

struct values;

/* NAME = VALUE, with a known name. */
struct given {
    size_t option;      /* its row in the schema */
    struct token value; /* a word or a string; TOKEN_END: it is something else */
};

/* NULL when memory runs out; values_free takes NULL. */
struct values *values_new(void);
void values_free(struct values *values);
/*
 * Adds the options of text, which begins on that line, to the section. False after a fault was
 * told, or when memory ran out.
 */
bool values_read(struct values *values, struct tree *tree, struct section *section,
                 const char *text, unsigned line);
/*
 * The same of options that are all words or strings, each given once and ordered as in the schema.
 * False when memory ran out.
 */
bool values_take(struct tree *tree, struct section *section, const struct given *given,
                 size_t count);

#endif
