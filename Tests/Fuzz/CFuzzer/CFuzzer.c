#include "CFuzzer.h"

/* libFuzzer's own main wants this; ours calls the driver with a function of its own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return 0;
}
