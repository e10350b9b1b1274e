"""Mail, from bytes to something to work with: `read_safely(raw)` gives a `Message`."""
