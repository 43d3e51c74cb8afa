/*
 * fuzz.h - what every fuzz target has: one function that may be given any
 * bytes, any number of times.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** LLVMFuzzerTestOneInput: returns 0; a finding aborts. The name is
 * libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* TESTS_FUZZ_H */
