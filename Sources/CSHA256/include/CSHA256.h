/// SHA-256 (FIPS 180-4): portable C, and the instructions for it where the processor has them.
///
/// For the identities of jobs only. It is not hardened against side channels: hash no secrets with it.

#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A digest in progress. Any number of updates between init and final; after final, init comes first again.
typedef struct {
  uint32_t state[8];
  uint64_t count;    ///< bytes taken so far
  uint8_t block[64]; ///< the count % 64 bytes that fill no block yet
} csha256_context;

/// Begins a digest.
void csha256_init(csha256_context *context);

/// Adds `count` bytes; `bytes` may be null when `count` is 0.
void csha256_update(csha256_context *context, const uint8_t *bytes, size_t count);

/// Writes the digest of all bytes added.
void csha256_final(csha256_context *context, uint8_t digest[32]);

/// Writes the digest of `count` bytes; `bytes` may be null when `count` is 0.
void csha256(const uint8_t *bytes, size_t count, uint8_t digest[32]);

/// Whether the processor has instructions for it.
bool csha256_is_accelerated(void);

/// Takes whole blocks of 64 bytes into a state, by the fastest way here.
void csha256_compress(uint32_t state[8], const uint8_t *block, size_t blocks);

/// The same without instructions of its own.
void csha256_compress_portable(uint32_t state[8], const uint8_t *block, size_t blocks);

#ifdef __cplusplus
}
#endif

#endif
