"""Cases from other systems: over the HTTP API, and from Open ePlatform's documents."""
