// CRC32C, the checksum with Castagnoli's polynomial that iSCSI, SCTP and ext4 use too: finds every error
// of up to three bits in a frame of ours, and every burst of up to 32.
//
// Both functions have a twin in plain Swift under Tests/TransportTests that they must equal.
#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

// The checksum of what `crc` is the checksum of, followed by `count` more bytes. That of nothing is 0.
uint32_t cc_crc32c(uint32_t crc, const void *bytes, size_t count);

// The same without special instructions. For tests.
uint32_t cc_portable_crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
