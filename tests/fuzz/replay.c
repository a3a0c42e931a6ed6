/*
 * replay.c - gives each file of the folders named to a fuzz target, so that what a fuzzer once
 * found is tried by every test run, without a fuzzer.
 *
 * The target must survive each file whole, and each prefix of a file up to PREFIXES bytes: cut
 * input is the commonest damage. A folder without files is a failure, as nothing was tried.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PREFIXES 256

/* A copy in memory of exactly size bytes, so that a sanitizer sees the first byte read beyond. */
static void try_bytes(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static uint8_t *read_file(FILE *file, size_t *size)
{
    struct stat st;
    if (fstat(fileno(file), &st) != 0 || st.st_size < 0)
        return NULL;
    *size = (size_t)st.st_size;
    uint8_t *data = malloc(*size + 1);
    if (data != NULL && fread(data, 1, *size, file) != *size) {
        free(data);
        return NULL;
    }
    return data;
}

static int replay_file(const char *path)
{
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    uint8_t *data = file != NULL ? read_file(file, &size) : NULL;
    if (file != NULL)
        (void)fclose(file);
    if (data == NULL) {
        (void)fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
        return -1;
    }
    for (size_t n = 0; n < size && n <= PREFIXES; n++)
        try_bytes(data, n);
    try_bytes(data, size);
    free(data);
    return 0;
}

/* The number of files tried, or -1. */
static int replay_folder(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        (void)fprintf(stderr, "cannot open %s: %s\n", folder, strerror(errno));
        return -1;
    }
    for (struct dirent *entry; count >= 0 && (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof(path) || replay_file(path) != 0)
            count = -1;
        else
            count++;
    }
    (void)closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    (void)printf("%d files tried\n", total);
    return total > 0 ? 0 : 1;
}
