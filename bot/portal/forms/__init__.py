"""Posted forms of all pages: their limits, reading, uploads and questions, and what an ended session leaves of them."""
