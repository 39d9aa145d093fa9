#pragma once
#include <dlfcn.h>
#include <qrencode.h>
#include <stddef.h>

// libqrencode is opened when a code is made, and not linked: loading it would cost each start of the program, which is
// started once a device, several percent of its time.
typedef struct {
    void *library;
    QRcode *(*encode)(int size, const unsigned char *data, int version, QRecLevel level);
    void (*release)(QRcode *code);
} assay_qrencode;

// Whether the library is there, with all that is used of it.
static inline int assay_qrencode_open(assay_qrencode *functions) {
    functions->library = dlopen("libqrencode.so.4", RTLD_NOW | RTLD_LOCAL);
    if (functions->library == NULL) return 0;
    *(void **)&functions->encode = dlsym(functions->library, "QRcode_encodeData");
    *(void **)&functions->release = dlsym(functions->library, "QRcode_free");
    return functions->encode != NULL && functions->release != NULL;
}

// Level M, the smallest version that holds the data; NULL where none does.
static inline QRcode *assay_qrencode_encode(const assay_qrencode *functions, const unsigned char *data, int size) {
    return functions->encode(size, data, 0, QR_ECLEVEL_M);
}

static inline void assay_qrencode_release(const assay_qrencode *functions, QRcode *code) { functions->release(code); }
