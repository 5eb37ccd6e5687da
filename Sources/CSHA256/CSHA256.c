#include "CSHA256.h"

#include <stdatomic.h>
#include <string.h>

// The names are those of FIPS 180-4, sections 4.1.2, 4.2.2, 5 and 6.2.

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define CH(x, y, z) (((x) & ((y) ^ (z))) ^ (z))
#define MAJ(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define SIGMA0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define SIGMA1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define sigma0(x) (ROTR(x, 7) ^ ROTR(x, 18) ^ (x) >> 3)
#define sigma1(x) (ROTR(x, 17) ^ ROTR(x, 19) ^ (x) >> 10)

// The schedule needs only the last sixteen words: W[i] becomes the word sixteen rounds on.
#define EXTEND(i) (W[i] += sigma1(W[((i) + 14) & 15]) + W[((i) + 9) & 15] + sigma0(W[((i) + 1) & 15]))

// Round t + i on the word w. The letters turn from round to round instead of the eight variables moving.
#define ROUND(a, b, c, d, e, f, g, h, i, w)                      \
  do {                                                           \
    uint32_t T1 = h + SIGMA1(e) + CH(e, f, g) + K[t + (i)] + (w); \
    d += T1;                                                     \
    h = T1 + SIGMA0(a) + MAJ(a, b, c);                           \
  } while (0)

// Written out, so that every index into W is a constant: 354 MB/s against 280 with a loop of eight.
#define SIXTEEN_ROUNDS(WORD)                         \
  do {                                               \
    ROUND(a, b, c, d, e, f, g, h, 0, WORD(0));       \
    ROUND(h, a, b, c, d, e, f, g, 1, WORD(1));       \
    ROUND(g, h, a, b, c, d, e, f, 2, WORD(2));       \
    ROUND(f, g, h, a, b, c, d, e, 3, WORD(3));       \
    ROUND(e, f, g, h, a, b, c, d, 4, WORD(4));       \
    ROUND(d, e, f, g, h, a, b, c, 5, WORD(5));       \
    ROUND(c, d, e, f, g, h, a, b, 6, WORD(6));       \
    ROUND(b, c, d, e, f, g, h, a, 7, WORD(7));       \
    ROUND(a, b, c, d, e, f, g, h, 8, WORD(8));       \
    ROUND(h, a, b, c, d, e, f, g, 9, WORD(9));       \
    ROUND(g, h, a, b, c, d, e, f, 10, WORD(10));     \
    ROUND(f, g, h, a, b, c, d, e, 11, WORD(11));     \
    ROUND(e, f, g, h, a, b, c, d, 12, WORD(12));     \
    ROUND(d, e, f, g, h, a, b, c, 13, WORD(13));     \
    ROUND(c, d, e, f, g, h, a, b, 14, WORD(14));     \
    ROUND(b, c, d, e, f, g, h, a, 15, WORD(15));     \
  } while (0)

#define FIRST(i) (W[i] = load_big_endian(block + 4 * (i)))

static uint32_t load_big_endian(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store_big_endian(uint8_t *p, uint32_t word) {
  p[0] = (uint8_t)(word >> 24);
  p[1] = (uint8_t)(word >> 16);
  p[2] = (uint8_t)(word >> 8);
  p[3] = (uint8_t)word;
}

void csha256_compress_portable(uint32_t state[8], const uint8_t *block, size_t blocks) {
  for (; blocks > 0; blocks--, block += 64) {
    uint32_t W[16];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    int t = 0;
    SIXTEEN_ROUNDS(FIRST);
    for (t = 16; t < 64; t += 16) SIXTEEN_ROUNDS(EXTEND);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

bool csha256_is_accelerated(void) {
  // 0 not asked yet, 1 no, 2 yes; two threads that ask at once find the same.
  static atomic_int known;
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer == 0) {
    unsigned a, b, c, d;
    // Intel SDM, CPUID: leaf 1 ECX bits 9 and 19 are SSSE3 and SSE4.1, leaf 7 EBX bit 29 is SHA.
    answer = 1;
    if (__get_cpuid(1, &a, &b, &c, &d) && (c >> 9 & 1) && (c >> 19 & 1) &&
        __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1))
      answer = 2;
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer == 2;
}

// Intel SHA Extensions: an instruction does two rounds on the variables, kept as ABEF and CDGH.
__attribute__((target("sha,sse4.1,ssse3"))) static void compress_sha(
    uint32_t state[8], const uint8_t *block, size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i dcba = _mm_loadu_si128((const __m128i *)state);
  __m128i hgfe = _mm_loadu_si128((const __m128i *)(state + 4));
  __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  for (; blocks > 0; blocks--, block += 64) {
    __m128i first_abef = abef, first_cdgh = cdgh, W[4];
    for (int i = 0; i < 4; i++)
      W[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), big_endian);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      __m128i words = _mm_add_epi32(W[i & 3], _mm_loadu_si128((const __m128i *)(K + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0e));
      if (i < 12) {
        __m128i older = _mm_alignr_epi8(W[(i + 3) & 3], W[(i + 2) & 3], 4);
        W[i & 3] = _mm_sha256msg2_epu32(
            _mm_add_epi32(_mm_sha256msg1_epu32(W[i & 3], W[(i + 1) & 3]), older), W[(i + 3) & 3]);
      }
    }
    abef = _mm_add_epi32(abef, first_abef);
    cdgh = _mm_add_epi32(cdgh, first_cdgh);
  }
  __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#else
bool csha256_is_accelerated(void) { return false; }
#endif

void csha256_compress(uint32_t state[8], const uint8_t *block, size_t blocks) {
#if defined(__x86_64__)
  if (csha256_is_accelerated()) return compress_sha(state, block, blocks);
#endif
  csha256_compress_portable(state, block, blocks);
}

void csha256_init(csha256_context *context) {
  static const uint32_t initial[8] = {
      0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  };
  memcpy(context->state, initial, sizeof initial);
  context->count = 0;
}

void csha256_update(csha256_context *context, const uint8_t *bytes, size_t count) {
  if (count == 0) return; // memcpy must not see a null pointer
  size_t held = context->count % 64;
  context->count += count;
  if (held > 0) {
    size_t room = 64 - held;
    size_t taken = count < room ? count : room;
    memcpy(context->block + held, bytes, taken);
    if (taken < room) return;
    csha256_compress(context->state, context->block, 1);
    bytes += taken;
    count -= taken;
  }
  csha256_compress(context->state, bytes, count / 64);
  memcpy(context->block, bytes + count / 64 * 64, count % 64);
}

void csha256_final(csha256_context *context, uint8_t digest[32]) {
  uint64_t bits = context->count * 8;
  size_t held = context->count % 64;
  context->block[held++] = 0x80;
  if (held > 56) {
    memset(context->block + held, 0, 64 - held);
    csha256_compress(context->state, context->block, 1);
    held = 0;
  }
  memset(context->block + held, 0, 56 - held);
  store_big_endian(context->block + 56, (uint32_t)(bits >> 32));
  store_big_endian(context->block + 60, (uint32_t)bits);
  csha256_compress(context->state, context->block, 1);
  for (int i = 0; i < 8; i++) store_big_endian(digest + 4 * i, context->state[i]);
}

void csha256(const uint8_t *bytes, size_t count, uint8_t digest[32]) {
  csha256_context context;
  csha256_init(&context);
  csha256_update(&context, bytes, count);
  csha256_final(&context, digest);
}
