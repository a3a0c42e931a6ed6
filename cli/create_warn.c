/* create_warn.c - the warnings of `create`. */
#include "create.h"

#include <string.h>

static bool told_before(const struct create_warnings *warnings, const char *text)
{
    size_t len = strlen(text);
    for (const char *line = warnings->lines.data; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        if ((size_t)(end - line) == len && memcmp(line, text, len) == 0)
            return true;
        line = end + 1;
    }
    return false;
}

void create_warn(void *arg, enum tlsagen_warning warning, const char *text)
{
    (void)warning;
    struct create_warnings *warnings = arg;
    /* A warning that finds no memory is still counted, for -W. */
    warnings->count++;
    if (told_before(warnings, text) || !tlsagen_buf_reserve(&warnings->lines, strlen(text) + 1))
        return;
    tlsagen_buf_str(&warnings->lines, text);
    tlsagen_buf_char(&warnings->lines, '\n');
}

int create_warnings_report(struct create_warnings *warnings, const struct create_args *args)
{
    int code = args->warnings_fail && warnings->count > 0 ? EXIT_NEGATIVE : EXIT_DONE;
    for (char *line = warnings->lines.data; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        if (code != EXIT_DONE)
            report_error("%s (an error because of -W)", line);
        else if (!args->quiet)
            report_warning("%s", line);
        line = end + 1;
    }
    tlsagen_buf_clear(&warnings->lines);
    return code;
}
