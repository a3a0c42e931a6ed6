#include <tlsagen/config.h>

#include <stdio.h>
#include <string.h>

#include "build.h"
#include "file.h"

/* The first fault and how many there are, as the error of it all. */
static enum tlsagen_status sum_up(const struct faults *faults, struct tlsagen_err *err)
{
    enum tlsagen_status status =
        faults->unsafe == faults->count ? TLSAGEN_E_MISMATCH : TLSAGEN_E_SYNTAX;
    if (faults->count == 1)
        return tlsagen_err_set(err, status, "%s", faults->first.message);
    return tlsagen_err_set(err, status, "%.900s (and %zu more)", faults->first.message,
                           faults->count - 1);
}

static enum tlsagen_status read_tree(struct tree *tree, const char *path,
                                     enum tlsagen_config_format format, struct full **full,
                                     struct tlsagen_err *err)
{
    enum tlsagen_status status = file_read_all(tree, path, format, err);
    if (status != TLSAGEN_OK)
        return status;
    *full = build_all(tree, path);
    if (tree->arena.failed || tree->parsed.failed || *full == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "%.300s: out of memory", path);
    return tree->faults.count == 0 ? TLSAGEN_OK : sum_up(&tree->faults, err);
}

enum tlsagen_status tlsagen_config_check(const char *path, enum tlsagen_config_format format,
                                         tlsagen_config_report *report, tlsagen_config_report *warn,
                                         void *arg, struct tlsagen_config **config,
                                         struct tlsagen_err *err)
{
    struct tree tree;
    struct full *full = NULL;
    enum tlsagen_status status;
    *config = NULL;
    const bool begun = tree_init(&tree, report, arg);
    tree.faults.warn = warn;
    if (begun)
        status = read_tree(&tree, path, format, &full, err);
    else
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "%.300s: out of memory", path);
    arena_clear(&tree.parsed);
    if (status != TLSAGEN_OK) {
        arena_clear(&tree.arena);
        return status;
    }
    full->arena = tree.arena; /* which full lies in */
    *config = &full->config;
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_config_read(const char *path, enum tlsagen_config_format format,
                                        tlsagen_config_report *report, void *arg,
                                        struct tlsagen_config **config, struct tlsagen_err *err)
{
    return tlsagen_config_check(path, format, report, NULL, arg, config, err);
}
