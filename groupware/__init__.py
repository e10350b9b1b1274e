"""Groupware Support: the core that every module stands on."""

__version__ = "0.1.0"
