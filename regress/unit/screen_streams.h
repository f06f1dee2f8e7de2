#ifndef UNIT_SCREEN_STREAMS_H
#define UNIT_SCREEN_STREAMS_H
/*
 * Terminal output made by chance, the same for the same seed: valid sequences
 * of every kind that screens know, broken ones, and bytes.
 */

#include <stddef.h>
#include <stdint.h>

#define STREAM_MAX 16384

/* Fills data, names a size for the screen, returns how many bytes. */
size_t stream_random(uint64_t seed, uint8_t data[STREAM_MAX],
    unsigned int *cols, unsigned int *rows);
/* Lines of text, with now and then something else. */
size_t stream_flood(uint64_t seed, uint8_t data[STREAM_MAX], unsigned int *cols,
    unsigned int *rows);

#endif /* UNIT_SCREEN_STREAMS_H */
