"""Letters and filings as PDF: sanitised text, placeholders, the unit's header. Nothing is fetched from outside."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import nh3
from django.db import transaction
from django.template.loader import select_template
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from documents import files
from documents.filing import Answer, Attachment, Filing, FormRef, Sender
from documents.models import Case, Document, DocumentVersion, Letter
from documents.proof.letters import filed_document_pdf
from documents.proof.pdf import render_pdf
from documents.text import Reading, put_pages
from journal.clock import WARSAW, db_now, warsaw_day
from journal.jobs import job

#: HTML id of the room kept free for the visible signature.
SIGNATURE_ANCHOR = "podpis"
_TAGS = frozenset({"p", "br", "h2", "h3", "h4", "ul", "ol", "li", "strong", "b", "em", "i", "u", "blockquote", "table",
                   "thead", "tbody", "tr", "th", "td", "hr", "sub", "sup"})
_CELL = {"colspan", "rowspan"}
_PLACEHOLDER = re.compile(r"\[\[\s*([\w ]{1,40}?)\s*\]\]")
#: What a clerk may write in a letter, in Polish since letters are: filled when the letter is rendered.
PLACEHOLDERS = ("znak sprawy", "tytuł sprawy", "data wpływu", "adresat", "adres", "jednostka", "data pisma",
                "prowadzący")


def clean_html(html: str) -> str:
    """Only the plain structure of a letter: no links, pictures, styles, scripts."""
    return nh3.clean(html, tags=set(_TAGS), attributes={"td": _CELL, "th": _CELL}, url_schemes=set(), link_rel=None)


def clean_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """A letter's content as it is kept: `html` sanitised, all else (plain text, escaped in templates) as given."""
    kept = dict(content)
    if "html" in kept:
        kept["html"] = clean_html(str(kept["html"]))
    return kept


def fill(html: str, values: Mapping[str, str]) -> str:
    """Replace `[[placeholder]]` in sanitised HTML by escaped values; an unknown one stays as written, so that the
    person who approves sees it."""
    return _PLACEHOLDER.sub(lambda m: escape(values[m[1].lower()]) if m[1].lower() in values else m[0], html)


def noon(day: dt.date | None) -> dt.datetime:
    """Noon of a day in Europe/Warsaw; the database's now when no day is given."""
    return db_now() if day is None else dt.datetime.combine(day, dt.time(12), tzinfo=WARSAW)


def letter_pdf(letter: Letter) -> bytes:
    """The letter as PDF/A-3a from `letters/<kind>.html` (else `letters/plain.html`), in Polish, the language of the
    proceedings. The same letter gives the same bytes. `letter` with unit, body, case, correspondent."""
    with translation.override("pl"):
        context = letter_context(letter)
        html = select_template([f"letters/{letter.kind}.html", "letters/plain.html"]).render(context)
        return render_pdf(html, title=letter.subject, created=noon(letter.letter_date))


def letter_context(letter: Letter) -> dict[str, Any]:
    """What letter templates get: letter, case, unit, body, addressee, content, items, body_html, signature_anchor.

    `items` beside `content`: in a template `content.items` would be the dictionary's method."""
    case = letter.case
    assert case is not None
    return {
        "letter": letter, "case": case, "unit": letter.unit, "body": letter.body, "addressee": letter.correspondent,
        "content": letter.content, "items": letter.content.get("items", []),
        "body_html": fill(str(letter.content.get("html", "")), _values(letter, case)),
        "signature_anchor": SIGNATURE_ANCHOR, "title": letter.subject,
    }


def _values(letter: Letter, case: Case) -> dict[str, str]:
    to = letter.correspondent
    return {
        # Not the tracking code: staff read every letter, and one may go to another office than the party's.
        "znak sprawy": case.reference or pgettext("paper", "no reference"),
        "tytuł sprawy": case.title,
        "data wpływu": f"{warsaw_day(case.received_at):%d.%m.%Y}",
        "adresat": to.name if to else "",
        "adres": ", ".join(filter(None, [to.street, f"{to.postcode} {to.town}".strip()])) if to else "",
        "jednostka": letter.body.name,
        "data pisma": f"{letter.letter_date:%d.%m.%Y}" if letter.letter_date else "",
        "prowadzący": str(case.handler) if case.handler else "",
    }


@job(name="documents.print_filed")
def print_filed(letter_id: int) -> None:
    """Make the readable PDF beside the filed XML, and give search the text of the answers. Idempotent."""
    letter = Letter.objects.select_related("unit", "body", "case", "correspondent").get(pk=letter_id)
    if letter.documents.filter(kind="filed_pdf").exists():
        return
    filed = DocumentVersion.objects.select_related("blob").get(document__letter=letter, document__kind="filed")
    assert letter.received_at is not None
    pdf = filed_document_pdf(filing_of(letter), files.read_blob(filed.blob_id), unit_name=letter.unit.name,
                             filed_at=letter.received_at, register_number=letter.register_number)
    with translation.override("pl"):
        name, title = _("filing") + ".pdf", _("The filing in a readable form")
    blob = files.store(pdf, media_type="application/pdf")
    with transaction.atomic():
        Letter.objects.select_for_update(of=("self",)).get(pk=letter_id)
        if letter.documents.filter(kind="filed_pdf").exists():
            return
        document = Document.objects.create(case_id=letter.case_id, letter=letter, unit_id=letter.unit_id,
                                           title=title, kind="filed_pdf", public=True,
                                           created_at=filed.created_at)
        DocumentVersion.objects.create(document=document, number=1, blob=blob, file_name=name,
                                       created_at=filed.created_at, reading=Reading.NO_TEXT)
        put_pages(filed, [_text(letter)], Reading.READ)


def filing_of(letter: Letter) -> Filing:
    """The filing that a registered incoming letter keeps, as it came (without key and second factors)."""
    to = letter.correspondent
    sender = Sender(**{field.name: getattr(to, field.name) for field in dataclasses.fields(Sender)}) if to else Sender()
    rows = (DocumentVersion.objects.filter(document__letter=letter, document__kind__in=["attachment", "scan"], number=1)
            .select_related("blob", "document").order_by("document__position"))
    return Filing(
        channel=letter.channel, unit_id=letter.unit_id, subject=letter.subject, sender=sender, intake_key="",
        answers=tuple(Answer(**answer) for answer in letter.answers),
        attachments=tuple(Attachment(v.blob_id, v.document.title, v.blob.media_type, v.blob.size) for v in rows),
        service_code=letter.service_code or None, form=FormRef(**letter.form) if letter.form else None,
        letter_date=letter.letter_date, sender_mark=letter.correspondent_mark, received_at=letter.received_at,
        language=letter.language, remarks=letter.remarks, assurance=letter.assurance)


def sections(answers: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Answers by section, in order."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for answer in answers:
        grouped.setdefault(answer.get("section", ""), []).append(answer)
    return list(grouped.items())


def _text(letter: Letter) -> str:
    lines = [letter.subject, *(f"{a['label']}: {a['display']}" for a in letter.answers), letter.remarks]
    return "\n".join(line for line in lines if line)
