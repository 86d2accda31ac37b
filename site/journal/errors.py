"""Errors of the domain. Views, API and commands turn them into their own kind of answer."""

from __future__ import annotations


class DomainError(Exception):
    """Something the office's rules do not allow. `message` is a translated sentence for the person who acts."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


class NotAllowed(DomainError):
    """The actor lacks the permission in that unit. Shown as 404 for things the actor may not even see."""


class NotFound(DomainError):
    """No such thing, or none that the actor may know of (the same answer for both)."""


class Refused(DomainError):
    """The input breaks a rule; nothing was done."""


class Conflict(DomainError):
    """Somebody else was first (names who and when), or the same key came with other content."""
