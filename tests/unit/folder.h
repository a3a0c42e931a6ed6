/* A folder of its own for a test program, which is entered and taken away again. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

static int folder_enter(void **state)
{
    static char folder[] = "/tmp/tlsagen-unit.XXXXXX";
    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int folder_leave(void **state)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
    return chdir("/") != 0 || system(command) != 0;
}

#endif
