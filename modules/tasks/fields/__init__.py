"""Custom fields of a task list: what it asks beside subject and details.

A ticket keeps its values in `Task.custom`, by the field's id, so that other fields need no other
schema; `field_values` holds the same as keys that an index finds. A field is shown to customers or
to staff only, and may depend on another one. What is not shown has no value; fields of another list
keep theirs, unseen, until the ticket comes back.
"""

from modules.tasks.fields.conditions import condition
from modules.tasks.fields.models import CustomField, FieldKind, FieldValue
from modules.tasks.fields.reading import (
    Cell,
    answered,
    cells,
    cells_of,
    fields_of,
    fields_of_lists,
    in_lists,
    read,
    shown,
)
from modules.tasks.fields.writing import carried, defaults, for_filing, input_name, keep, write

__all__ = [
    "Cell",
    "CustomField",
    "FieldKind",
    "FieldValue",
    "answered",
    "carried",
    "cells",
    "cells_of",
    "condition",
    "defaults",
    "fields_of",
    "fields_of_lists",
    "for_filing",
    "in_lists",
    "input_name",
    "keep",
    "read",
    "shown",
    "write",
]
