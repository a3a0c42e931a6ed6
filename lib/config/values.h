/*
 * values.h - the options of one section, read by libConfuse.
 *
 * It gets the section's body, cleaned and with known options only, and not the whole file: it ends
 * at the first fault, knows one line for a section, and compares each title with all others.
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "tree.h"

struct values;

/* NULL when memory runs out; values_free takes NULL. */
struct values *values_new(void);
void values_free(struct values *values);
/*
 * Adds the options of text, which begins on that line, to the section. False after a fault was
 * told, or when memory ran out.
 */
bool values_read(struct values *values, struct tree *tree, struct section *section,
                 const char *text, unsigned line);

#endif
