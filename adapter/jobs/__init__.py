"""Work that runs later or elsewhere: Redis Streams and workers."""
