"""Agents' pages, a file per noun; each has a blueprint, which the module's declaration lists."""
