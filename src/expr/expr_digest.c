#include "expr/digest.h"

#include <sodium.h>
#include <string.h>

#include "core/text.h"

/*
 * The hashes of digest(). SHA-2 is libsodium's; MD5 and SHA-1 are written out here, since XForms
 * asks for them. They check nothing and protect nothing.
 */

#define BLOCK 64

struct hash {
    uint32_t state[5];
    size_t words; /* of the state in the result */
    bool big;     /* byte order: SHA-1 */
    void (*block)(uint32_t *state, const unsigned char *p);
};

static uint32_t rotate(uint32_t x, unsigned int n)
{
    return (x << n) | (x >> (32 - n));
}

static uint32_t load(const unsigned char *p, bool big)
{
    uint32_t a = p[big ? 0 : 3];
    uint32_t b = p[big ? 1 : 2];
    uint32_t c = p[big ? 2 : 1];
    uint32_t d = p[big ? 3 : 0];

    return a << 24 | b << 16 | c << 8 | d;
}

/* floor(2^32 * |sin(i + 1)|), RFC 1321. */
static const uint32_t md5_table[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void md5_block(uint32_t *state, const unsigned char *p)
{
    static const unsigned int shifts[4][4] = {
        { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
    };
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];

    for (size_t i = 0; i < 64; i++) {
        uint32_t f = i < 16   ? (b & c) | (~b & d)
                     : i < 32 ? (d & b) | (~d & c)
                     : i < 48 ? b ^ c ^ d
                              : c ^ (b | ~d);
        size_t word = i < 16 ? i : i < 32 ? 5 * i + 1 : i < 48 ? 3 * i + 5 : 7 * i;
        uint32_t sum = a + f + md5_table[i] + load(p + word % 16 * 4, false);

        a = d;
        d = c;
        c = b;
        b += rotate(sum, shifts[i / 16][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static void sha1_block(uint32_t *state, const unsigned char *p)
{
    static const uint32_t constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    uint32_t w[80];
    uint32_t s[5];

    memcpy(s, state, sizeof(s));
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? (s[1] & s[2]) | (~s[1] & s[3])
                     : i < 40 ? s[1] ^ s[2] ^ s[3]
                     : i < 60 ? (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])
                              : s[1] ^ s[2] ^ s[3];
        uint32_t sum;

        w[i] = i < 16 ? load(p + (size_t)i * 4, true)
                      : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        sum = rotate(s[0], 5) + f + s[4] + constants[i / 20] + w[i];
        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotate(s[1], 30);
        s[1] = s[0];
        s[0] = sum;
    }
    for (int i = 0; i < 5; i++)
        state[i] += s[i];
}

static size_t hash_bytes(struct hash *h, const unsigned char *p, size_t len, unsigned char *out)
{
    unsigned char last[2 * BLOCK] = { 0 };
    size_t rest = len % BLOCK;
    size_t tail = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;

    for (size_t i = 0; i + BLOCK <= len; i += BLOCK)
        h->block(h->state, p + i);
    memcpy(last, p + len - rest, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[h->big ? tail - 1 - i : tail - 8 + i] = (unsigned char)((uint64_t)len * 8 >> i * 8);
    for (size_t i = 0; i < tail; i += BLOCK)
        h->block(h->state, last + i);
    for (size_t i = 0; i < h->words * 4; i++)
        out[i] = (unsigned char)(h->state[i / 4] >> (h->big ? 24 - i % 4 * 8 : i % 4 * 8));
    return h->words * 4;
}

/* SHA-512 with other first values, cut off. */
static size_t sha384(const unsigned char *p, size_t len, unsigned char *out)
{
    static const uint64_t first[8] = { 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
                                       0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                       0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 };
    crypto_hash_sha512_state state;

    crypto_hash_sha512_init(&state);
    memcpy(state.state, first, sizeof(first));
    crypto_hash_sha512_update(&state, p, len);
    crypto_hash_sha512_final(&state, out);
    return 48;
}

bool digest_of(const char *algorithm, const char *bytes, size_t len, unsigned char out[DIGEST_MAX],
               size_t *len_out)
{
    struct hash h = { .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
    const unsigned char *p = (const unsigned char *)bytes;

    if (ascii_casecmp(algorithm, "MD5") == 0) {
        h.words = 4;
        h.block = md5_block;
        *len_out = hash_bytes(&h, p, len, out);
    } else if (ascii_casecmp(algorithm, "SHA-1") == 0) {
        h.words = 5;
        h.big = true;
        h.block = sha1_block;
        *len_out = hash_bytes(&h, p, len, out);
    } else if (ascii_casecmp(algorithm, "SHA-256") == 0) {
        crypto_hash_sha256(out, p, len);
        *len_out = crypto_hash_sha256_BYTES;
    } else if (ascii_casecmp(algorithm, "SHA-384") == 0) {
        *len_out = sha384(p, len, out);
    } else if (ascii_casecmp(algorithm, "SHA-512") == 0) {
        crypto_hash_sha512(out, p, len);
        *len_out = crypto_hash_sha512_BYTES;
    } else {
        return false;
    }
    return true;
}
