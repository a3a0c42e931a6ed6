#include <tlsagen/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *tlsagen_version(void)
{
    return TLSAGEN_VERSION;
}

/* Messages quote bytes from outside: a terminal must not obey them, a log line must stay one. */
static void make_printable(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
}

TLSAGEN_PRINTF(2, 0)
static void format_message(struct tlsagen_err *err, const char *format, va_list args)
{
    if (vsnprintf(err->message, sizeof(err->message), format, args) < 0)
        err->message[0] = '\0';
    make_printable(err->message);
}

enum tlsagen_status tlsagen_err_set(struct tlsagen_err *err, enum tlsagen_status code,
                                    const char *format, ...)
{
    if (err == NULL)
        return code;
    err->code = code;
    err->sys_errno = 0;
    err->lib_code = 0;
    va_list args;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    return code;
}

enum tlsagen_status tlsagen_err_system(struct tlsagen_err *err, int error, const char *format, ...)
{
    if (err == NULL)
        return TLSAGEN_E_SYSTEM;
    err->code = TLSAGEN_E_SYSTEM;
    err->sys_errno = error;
    err->lib_code = 0;
    va_list args;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);

    char reason[128];
    if (strerror_r(error, reason, sizeof(reason)) != 0)
        (void)snprintf(reason, sizeof(reason), "error %d", error);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", reason);
    return TLSAGEN_E_SYSTEM;
}

enum tlsagen_status tlsagen_err_prepend(struct tlsagen_err *err, const char *format, ...)
{
    if (err == NULL)
        return TLSAGEN_E_ARGUMENT;
    char old[TLSAGEN_ERR_SIZE];
    memcpy(old, err->message, sizeof(old));
    va_list args;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", old);
    return err->code;
}
