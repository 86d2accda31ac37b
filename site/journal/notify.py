"""What an entry says: to the clerk (a label), to the citizen (a sentence), by mail (a message without personal data).

The app that owns a deed registers its action here, in its `actions.py`, imported by its AppConfig.ready().
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from wagtail.log_actions import registry as log_actions

from journal.models import Audience, Entry

Text = str | Promise


@dataclass(frozen=True)
class Mail:
    """A message about an entry. No personal data: it says that something happened and where to look.

    `to`: addresses; `language`: pl, en or uk; `subject` and `lines` (paragraphs) already translated; `link`: an
    absolute address or empty; `link_text` is its label. `reader`: the account whose choices of channels apply, if any;
    `sms`: one short sentence for a telephone, empty where there is none.
    """

    to: tuple[str, ...]
    subject: str
    lines: tuple[str, ...]
    link: str = ""
    link_text: str = ""
    language: str = "pl"
    #: Further words for the template `notify/<template>.html|txt`.
    template: str = "base"
    context: dict[str, Any] = field(default_factory=dict)
    reader: int | None = None
    sms: str = ""


@dataclass(frozen=True)
class Channels:
    """Where a reader wants to hear of one kind of message: by e-mail or not, and at which telephone number, if any."""

    email: bool = True
    phone: str = ""


@dataclass(frozen=True)
class Words:
    """What is registered for one action."""

    sentence: Callable[[Entry], str] | None = None
    mail: Callable[[Entry], Mail | None] | None = None
    #: Kind of message, for the reader's choice of channels; empty: always by e-mail.
    kind: str = ""


_words: dict[str, Words] = {}


def register(
    action: str,
    *,
    label: Text | None = None,
    message: Text | Callable[[Entry], str] | None = None,
    sentence: Callable[[Entry], str] | None = None,
    mail: Callable[[Entry], Mail | None] | None = None,
    kind: str = "",
) -> None:
    """Register the words of an action. `label` (and `message`, by default the label) also registers it with Wagtail's
    log registry, without which it cannot be recorded. Raises ValueError when the action has words already."""
    if action in _words:
        raise ValueError(f"action {action!r} is registered twice")
    _words[action] = Words(sentence, mail, kind)
    if label is not None:
        _register_with_wagtail(action, label, message)


def _register_with_wagtail(action: str, label: Text, message: Text | Callable[[Entry], str] | None) -> None:
    if callable(message) and not isinstance(message, Promise):
        said = message
        formatter = type("Formatter", (_Formatter,), {"label": label, "format_message": lambda _self, e: said(e)})
        log_actions.register_action(action)(formatter)
    else:
        log_actions.register_action(action, label, message or label)


class _Formatter:
    """Wagtail's LogFormatter with the comment left to `data`."""

    label: Text = ""
    comment = ""

    def format_comment(self, log_entry: Entry) -> str:
        return ""


def has_sentence(action: str) -> bool:
    """Whether the action has a sentence of its own for the citizen."""
    return action in _words and _words[action].sentence is not None


def sentence(entry: Entry) -> str:
    """The plain sentence of an entry for the parties of its case; the label where none is registered.

    Raises PermissionError for an entry that is not for parties: staff entries never reach the portal by mistake.
    """
    if entry.audience != Audience.PARTY:
        raise PermissionError(f"entry {entry.pk} is not for parties")
    words = _words.get(entry.action)
    if words and words.sentence:
        return words.sentence(entry)
    return str(entry.message) if log_actions.action_exists(entry.action) else _("Something was done in the case.")


def asks_for_mail(action: str) -> bool:
    """Whether messages are registered for the action."""
    return action in _words and _words[action].mail is not None


def mail_of(entry: Entry) -> Mail | None:
    """The message that an entry asks for, if any."""
    words = _words.get(entry.action)
    return words.mail(entry) if words and words.mail else None


def kind_of(action: str) -> str:
    """The kind of message that an action asks for; empty for one that nobody chooses about."""
    return _words[action].kind if action in _words else ""


def _usual(_reader: int, _kind: str) -> Channels:
    return Channels()


_chooser: Callable[[int, str], Channels] = _usual


def choose_by(chooser: Callable[[int, str], Channels]) -> None:
    """Register who knows the readers' choices: (account, kind) -> channels."""
    global _chooser
    _chooser = chooser


def channels(mail: Mail, action: str) -> Channels:
    """Where the reader of a message about an action wants it."""
    kind = kind_of(action)
    return _chooser(mail.reader, kind) if mail.reader and kind else Channels()
