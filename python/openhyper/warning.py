"""The warning for objects that were left open."""

__all__ = ["UnclosedObjectWarning"]


class UnclosedObjectWarning(Warning):
    """A process, connection, result or inserter was collected while it was open."""
