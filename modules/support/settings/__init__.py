"""The Support panel: task lists and who may use them, categories, locations, *Check a person*."""
