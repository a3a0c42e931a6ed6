/* Any bytes as a certificate: the fast way and OpenSSL agree. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/agree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsagen_material *material = NULL;
    const char *difference;
    if (tlsagen_material_new(&material, NULL) != TLSAGEN_OK)
        return 0;
    if (agree_on_certificate(material, data, size, &difference) == AGREE_NOT) {
        (void)fprintf(stderr, "%s\n", difference);
        abort();
    }
    tlsagen_material_free(material);
    return 0;
}
