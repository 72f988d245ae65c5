/* A library to be preloaded: every n-th call of one kind, on files below one folder, fails.

   FAILING_CALL   write, fsync or rename
   FAILING_EVERY  n
   FAILING_WITH   the number of an error; 0 is half a write, and no error
   FAILING_BELOW  the folder

   cc -shared -fPIC -o failing.so failing.c -ldl */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

static int below(const char *path) {
    const char *folder = getenv("FAILING_BELOW");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int on(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return below(path);
}

static int turn(const char *call) {
    const char *wanted = getenv("FAILING_CALL"), *every = getenv("FAILING_EVERY");
    return wanted && every && strcmp(wanted, call) == 0 && ++calls % atoi(every) == 0;
}

static int number(void) {
    const char *with = getenv("FAILING_WITH");
    return with ? atoi(with) : EIO;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = REAL(ssize_t, write, int, const void *, size_t);
    if (on(file) && turn("write")) {
        if (number() == 0 && count > 1)
            return real(file, bytes, count / 2);
        if (number()) {
            errno = number();
            return -1;
        }
    }
    return real(file, bytes, count);
}

#define PWRITE(name, offset)                                                                     \
    ssize_t name(int file, const void *bytes, size_t count, offset at) {                         \
        ssize_t (*real)(int, const void *, size_t, offset) =                                     \
            REAL(ssize_t, name, int, const void *, size_t, offset);                              \
        if (on(file) && turn("write")) {                                                         \
            if (number() == 0 && count > 1)                                                      \
                return real(file, bytes, count / 2, at);                                         \
            if (number()) {                                                                      \
                errno = number();                                                                \
                return -1;                                                                       \
            }                                                                                    \
        }                                                                                        \
        return real(file, bytes, count, at);                                                     \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define FLUSH(name)                                                                              \
    int name(int file) {                                                                         \
        if (on(file) && turn("fsync") && number()) {                                             \
            errno = number();                                                                    \
            return -1;                                                                           \
        }                                                                                        \
        return REAL(int, name, int)(file);                                                       \
    }
FLUSH(fsync)
FLUSH(fdatasync)

int rename(const char *from, const char *to) {
    if (below(to) && turn("rename") && number()) {
        errno = number();
        return -1;
    }
    return REAL(int, rename, const char *, const char *)(from, to);
}
