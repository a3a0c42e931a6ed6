/* split.h - a text file in sections and includes, and each section's options told by libConfuse. */
#ifndef CONFIG_SPLIT_H
#define CONFIG_SPLIT_H

#include "tree.h"
#include "values.h"

/* Includes what matches the pattern; false when memory ran out. */
typedef bool split_include(void *arg, const struct source *source, unsigned line,
                           const char *pattern);

/*
 * Takes all of the text up into the tree; the text is overwritten, text[len] is a zero byte. All
 * faults are told. False when memory ran out.
 */
bool split_read(struct tree *tree, struct values *values, const struct source *source, char *text,
                size_t len, split_include *include, void *arg);

#endif
