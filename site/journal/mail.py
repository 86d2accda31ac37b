"""Mail about entries: a follower turns entries into jobs, a job sends each message once and waits out a mail server
that is down for 24 hours. A job holds the entry's id, never an address or a text."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation

from journal import follow, notify, sms
from journal.jobs import job
from journal.models import Entry

#: A deed recorded later than this after it happened (an import, the demo) tells nobody by mail.
TOO_OLD = dt.timedelta(days=3)


class Notifications(follow.Follower):
    """Defers one job for each entry that asks for a message; job and cursor commit together."""

    name = "notifications"

    def handle(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            assert entry.recorded_at is not None
            if entry.recorded_at - entry.timestamp <= TOO_OLD and notify.asks_for_mail(entry.action):
                send_entry_mail.defer(entry_id=entry.pk)


follow.register(Notifications())


@job("mail")
def send_entry_mail(entry_id: int) -> None:
    """Send the message of one entry to each of its readers, each once, over the channels that they have chosen."""
    entry = Entry.objects.get(pk=entry_id)
    mail = notify.mail_of(entry)
    if mail is None:
        return
    wanted = notify.channels(mail, entry.action)
    if wanted.phone and mail.sms:
        send_entry_text.defer(entry_id=entry_id)
    if not wanted.email:
        return
    for number, address in enumerate(mail.to):
        send_once(f"entry:{entry_id}:{number}", address, mail)


@job("mail")
def send_entry_text(entry_id: int) -> None:
    """Send the text message of one entry to its reader's telephone, once."""
    entry = Entry.objects.get(pk=entry_id)
    mail = notify.mail_of(entry)
    number = notify.channels(mail, entry.action).phone if mail else ""
    if mail and mail.sms and number:
        sms.send_once(f"entry:{entry_id}", number, mail.sms)


def send_once(key: str, address: str, mail: notify.Mail) -> bool:
    """Send one message unless one with this key was sent before; returns whether it was sent now.

    The key is claimed, the message handed to the mail server and the claim committed, in that order: a second run
    waits for the first and then does nothing. Only a crash in the instant between hand-over and commit sends twice,
    with the same Message-ID. Raises the mail server's errors.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_sentmail (key, sent_at) VALUES (%s, clock_timestamp()) ON CONFLICT (key) DO NOTHING",
            [key],
        )
        if not cursor.rowcount:
            return False
        build(key, address, mail).send()
    return True


def build(key: str, address: str, mail: notify.Mail) -> EmailMultiAlternatives:
    """The message as plain text and HTML, in the reader's language."""
    with translation.override(mail.language):
        words = {
            **mail.context,
            "mail": mail,
            "subject": mail.subject,
            "lines": mail.lines,
            "link": mail.link,
            "link_text": mail.link_text,
            "site_url": settings.SITE_URL,
            "language": mail.language,
        }
        text = render_to_string(f"notify/{mail.template}.txt", words)
        html = render_to_string(f"notify/{mail.template}.html", words)
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message_id = f"<{hashlib.sha256(f'{settings.SECRET_KEY}:{key}'.encode()).hexdigest()[:32]}@{host}>"
    message = EmailMultiAlternatives(
        " ".join(mail.subject.split()),
        text,
        to=[address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(html, "text/html")
    return message
