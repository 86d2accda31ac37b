"""Whose fault is an error: the world outside, which is waited for, or the piece of work, which is set aside?"""

from __future__ import annotations

import errno
import smtplib
import socket

import psycopg.errors
from django.db import InterfaceError, OperationalError


class TryLater(Exception):
    """Raised by a job or follower: something outside is down, this piece of work is not to blame."""


_CLASSES = (TryLater, ConnectionError, TimeoutError, socket.gaierror, InterfaceError, smtplib.SMTPServerDisconnected)
_NUMBERS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.EIO,
        errno.EROFS,
        errno.ESTALE,
        errno.EAGAIN,
    }
)
_DATABASE = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.TooManyConnections,
    psycopg.errors.DiskFull,
)


def is_outside(error: BaseException) -> bool:
    """True for trouble that passes without anybody touching this piece of work: no network, mail server down or busy
    (4xx), full disk, database restarting or deadlocked. A missing file, a refused address (5xx) or a statement that
    ran too long is the work's own."""
    if isinstance(error, _CLASSES):
        return True
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500 or isinstance(error, smtplib.SMTPAuthenticationError)
    if isinstance(error, OperationalError):
        cause = error.__cause__
        return isinstance(cause, _DATABASE) or getattr(cause, "sqlstate", None) is None
    return isinstance(error, OSError) and error.errno in _NUMBERS
