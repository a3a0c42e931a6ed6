/* json.h - the configuration as JSON: the same sections and options. */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include "split.h"

/* As split_read. */
bool json_read(struct tree *tree, const struct source *source, const char *text, size_t len,
               split_include *include, void *arg);

#endif
