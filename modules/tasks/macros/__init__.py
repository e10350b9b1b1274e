"""Macros: several changes and a reply or note in one step."""
