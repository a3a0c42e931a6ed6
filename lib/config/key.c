#include <tlsagen/config.h>

#include <strings.h>

static const char *const names[TLSAGEN_KEY_TYPES] = {
    [TLSAGEN_KEY_EC_P256] = "ec-p256",   [TLSAGEN_KEY_EC_P384] = "ec-p384",
    [TLSAGEN_KEY_ED25519] = "ed25519",   [TLSAGEN_KEY_RSA_2048] = "rsa-2048",
    [TLSAGEN_KEY_RSA_3072] = "rsa-3072", [TLSAGEN_KEY_RSA_4096] = "rsa-4096",
};

const char *tlsagen_key_type_name(enum tlsagen_key_type type)
{
    return (unsigned)type < TLSAGEN_KEY_TYPES ? names[type] : "?";
}

enum tlsagen_status tlsagen_key_type_parse(const char *word, enum tlsagen_key_type *type,
                                           struct tlsagen_err *err)
{
    for (size_t i = 0; i < TLSAGEN_KEY_TYPES; i++) {
        if (strcasecmp(word, names[i]) == 0) {
            *type = (enum tlsagen_key_type)i;
            return TLSAGEN_OK;
        }
    }
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                           "key type \"%.64s\" is unknown; give ec-p256, ec-p384, ed25519, "
                           "rsa-2048, rsa-3072 or rsa-4096",
                           word);
}
