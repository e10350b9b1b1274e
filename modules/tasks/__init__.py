"""Tasks: the shared core of tickets."""

from groupware.module import Module
from modules.tasks import models  # noqa: F401  # its tables belong to the schema

module = Module(name="tasks")
