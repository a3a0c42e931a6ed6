/* file.h - the files of a configuration: opened, judged, read, and those that they include. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "tree.h"

/*
 * Reads path and all that it includes into the tree; faults in them are told. TLSAGEN_E_NOTFOUND
 * and _SYSTEM when path itself cannot be read, _MEMORY.
 */
enum tlsagen_status file_read_all(struct tree *tree, const char *path,
                                  enum tlsagen_config_format format, struct tlsagen_err *err);
/*
 * Tells a fault when somebody else than its owner could read the secret in the file. What is not
 * there, or cannot be looked at, is no fault here.
 */
void file_check_secret(struct tree *tree, const struct section *section, const struct entry *entry,
                       const char *path);

#endif
