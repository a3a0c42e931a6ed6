#include <tlsagen/config.h>

enum tlsagen_status tlsagen_config_read(const char *path, enum tlsagen_config_format format,
                                        tlsagen_config_report *report, void *arg,
                                        struct tlsagen_config **config, struct tlsagen_err *err)
{
    (void)format;
    (void)report;
    (void)arg;
    *config = NULL;
    return tlsagen_err_set(err, TLSAGEN_E_KIND, "%.200s: configuration is not read yet", path);
}
