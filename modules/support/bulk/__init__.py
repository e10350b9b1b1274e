"""One act on many tickets at once, with a report and one way back."""
