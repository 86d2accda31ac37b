"""Text messages: short, without personal data, sent once, by jobs, through the provider that `SMS_URL` names.

A provider is one function behind a name. `demo` writes files as the mail of an installation without a mail server does;
`smsapi` speaks the REST interface of SMSAPI.pl (POST /sms.do, bearer token, `idx` against doubles).
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

#: GSM 03.38: what one message holds of its own alphabet, and of UCS-2; of a message in several parts each holds less.
GSM = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
                "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")  # fmt: skip
GSM_TWICE = frozenset("^{}\\[~]|€")
_WAIT_SECONDS = 20
NUMBER = re.compile(r"\+[1-9]\d{7,14}")


class NotSent(Exception):
    """The provider did not take the message; the job tries again."""


def number_of(text: str) -> str:
    """A telephone number as E.164, a Polish one where no country is named; empty for what is none."""
    digits = re.sub(r"[\s().-]+", "", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if re.fullmatch(r"\d{9}", digits):
        digits = "+48" + digits
    return digits if NUMBER.fullmatch(digits) and digits.isascii() else ""


def plain(text: str) -> str:
    """The text in letters that every telephone has and that cost one place each: Polish letters lose their marks."""
    folded = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    for odd, usual in {"„": '"', "”": '"', "–": "-", "—": "-", "…": "...", "’": "'"}.items():
        kept = kept.replace(odd, usual)
    return " ".join(kept.split())


def parts(text: str) -> int:
    """How many messages a text is billed as (GSM 03.38: 160 or 153 places each; anything else UCS-2: 70 or 67)."""
    if set(text) <= GSM | GSM_TWICE:
        length, one, each = len(text) + sum(c in GSM_TWICE for c in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)


def _demo(number: str, text: str, key: str, _options: dict[str, str]) -> str:
    folder = Path(settings.VAR_DIR) / "sms"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    (folder / f"{name}.txt").write_text(f"{number}\n{text}\n", encoding="utf-8")
    return name


def _smsapi(number: str, text: str, key: str, options: dict[str, str]) -> str:
    fields = {"to": number.removeprefix("+"), "message": text, "format": "json", "encoding": "utf-8",
              "idx": hashlib.sha256(key.encode()).hexdigest()[:32], "check_idx": "1"}  # fmt: skip
    if options.get("from"):
        fields["from"] = options["from"]
    request = urllib.request.Request(  # noqa: S310  # the scheme is checked where SMS_URL is read
        f"{options['address']}/sms.do", data=urllib.parse.urlencode(fields).encode(),
        headers={"Authorization": f"Bearer {options['token']}"}, method="POST",
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=_WAIT_SECONDS) as answer:  # noqa: S310
            said = json.loads(answer.read(100_000))
    except (urllib.error.URLError, TimeoutError, ValueError, OSError) as error:
        raise NotSent(str(error)) from error
    if "error" in said:
        if said["error"] == 53:  # this idx was sent before
            return fields["idx"]
        raise NotSent(f"{said['error']}: {said.get('message', '')}")
    return str(said["list"][0]["id"])


Provider = Callable[[str, str, str, dict[str, str]], str]
#: name -> function(number, text, key, options) that gives the provider's own number of the message.
PROVIDERS: dict[str, Provider] = {"demo": _demo, "smsapi": _smsapi}


def available() -> bool:
    """Whether this installation sends text messages."""
    return settings.SMS["provider"] in PROVIDERS


def send_once(key: str, number: str, text: str) -> bool:
    """Send one text message unless one with this key was sent before; returns whether it was sent now. As
    `mail.send_once`. Raises NotSent."""
    if not available():
        return False
    options: dict[str, Any] = settings.SMS
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_sentmail (key, sent_at) VALUES (%s, clock_timestamp()) ON CONFLICT (key) DO NOTHING",
            [f"sms:{key}"],
        )
        if not cursor.rowcount:
            return False
        PROVIDERS[options["provider"]](number, plain(text), key, options)
    return True
