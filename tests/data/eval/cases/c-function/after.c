#include "ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct ring {
    unsigned char *bytes;
    size_t capacity;
    size_t head;
    size_t used;
};

struct ring *ring_new(size_t capacity)
{
    struct ring *ring = malloc(sizeof(*ring));

    if (!ring)
        return NULL;
    ring->bytes = malloc(capacity);
    if (!ring->bytes) {
        free(ring);
        return NULL;
    }
    ring->capacity = capacity;
    ring->head = 0;
    ring->used = 0;
    return ring;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    free(ring->bytes);
    free(ring);
}

size_t ring_write(struct ring *ring, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t written = 0;

    while (written < size && ring->used < ring->capacity) {
        size_t tail = (ring->head + ring->used) % ring->capacity;

        ring->bytes[tail] = bytes[written++];
        ring->used++;
    }
    return written;
}

size_t ring_read(struct ring *ring, void *data, size_t size)
{
    unsigned char *bytes = data;
    size_t read = 0;

    while (read < size && ring->used > 0) {
        bytes[read++] = ring->bytes[ring->head];
        ring->head = (ring->head + 1) % ring->capacity;
        ring->used--;
    }
    return read;
}

void ring_clear(struct ring *ring)
{
    ring->head = 0;
    ring->used = 0;
}
