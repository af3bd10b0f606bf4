/*
 * Runs a fuzz target once over every file of a folder (its corpus: seeds, and every crash that was
 * ever found), and over a few inputs that every parser should survive.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *dir, const char *name, uint8_t *room)
{
    char path[4096];
    FILE *f;
    size_t n;

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return 0;
    f = fopen(path, "rb");
    if (f == NULL)
        return 0;
    n = fread(room, 1, INPUT_MAX, f);
    fclose(f);
    LLVMFuzzerTestOneInput(room, n);
    return 1;
}

/* The seed cut short at every length up to 200, and with each of its first bytes turned. */
static void run_seed(const char *seed)
{
    uint8_t bytes[256];
    size_t len = strlen(seed);

    for (size_t i = 0; i <= len && i < 200; i++) {
        memcpy(bytes, seed, len);
        LLVMFuzzerTestOneInput(bytes, i);
        if (i < len) {
            bytes[i] ^= 0xff;
            LLVMFuzzerTestOneInput(bytes, len);
        }
    }
}

int main(int argc, char **argv)
{
    uint8_t *room = calloc(1, INPUT_MAX + 1);
    struct dirent *e;
    DIR *dir;
    int files = 0;

    if (argc != 2 || room == NULL)
        return 2;
    LLVMFuzzerTestOneInput(room, 0);
    run_seed("a,b\r\n\"c \"\"d\"\"\",\xd8\xb9\r\n");
    run_seed("{\"names\":[{\"name_text\":\"\\u0639\"}],\"x\":1e9}");
    run_seed("if(${a} = 'x', ../b + 1, selected(/data/c, 'd'))");
    dir = opendir(argv[1]);
    if (dir != NULL) {
        for (e = readdir(dir); e != NULL; e = readdir(dir))
            if (e->d_name[0] != '.')
                files += run_file(argv[1], e->d_name, room);
        closedir(dir);
    }
    printf("replayed %d files\n", files);
    free(room);
    return 0;
}
