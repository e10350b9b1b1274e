"""Secrets that are given out: 256 bits, of which only the hash is kept."""

import hashlib
import secrets


def new_secret() -> str:
    """A secret of 256 bits that fits into an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is kept of a secret; it needs no salt, being random."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
