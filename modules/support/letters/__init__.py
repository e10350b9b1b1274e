"""Pages about letters: their words, how each list writes, signatures."""
