#include <stddef.h>
#include <stdlib.h>

struct buffer {
    unsigned char *bytes;
    size_t length;
    size_t capacity;
};

/* Makes room for `more` bytes; returns 0, or -1 when there is no memory. */
int buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed = buffer->length + more;
    if (needed <= buffer->capacity)
        return 0;
    unsigned char *bytes = realloc(buffer->bytes, needed);
    if (!bytes)
        return -1;
    buffer->bytes = bytes;
    buffer->capacity = needed;
    return 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
}
