"""The public check of a receipt: is it ours, is it unchanged, and is this the document it attests?"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
from dataclasses import dataclass

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents import files
from documents.models import Receipt
from documents.proof.verify import verify_receipt
from journal import keyring
from journal.clock import WARSAW
from journal.errors import NotFound

logger = logging.getLogger("documents")

_HEX = re.compile(r"[0-9a-f]{64}")
MAX_DOCUMENT_BYTES = 25 * 1024 * 1024


class CheckForm(forms.Form):
    """Receipt number, and the document as a file or its digest."""

    number = forms.CharField(label=gettext_lazy("Receipt number"), max_length=60, strip=True,
                             help_text=gettext_lazy("It stands at the top of the receipt, for example "
                                                    "UPP-OR-20260105-7."))
    document = forms.FileField(label=gettext_lazy("The document that was filed or delivered"), required=False,
                               help_text=gettext_lazy("The file is only compared, it is not kept."))
    digest = forms.CharField(label=gettext_lazy("Or its SHA-256 digest"), max_length=120, required=False)

    def clean_digest(self) -> str:
        text = re.sub(r"[\s:]+", "", self.cleaned_data["digest"]).lower()
        if text and not _HEX.fullmatch(text):
            raise forms.ValidationError(_("A SHA-256 digest has 64 characters: digits and letters from a to f."))
        return text

    def clean_document(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["document"]
        if file is not None and (file.size or 0) > MAX_DOCUMENT_BYTES:
            raise forms.ValidationError(_("The file is larger than 25 MB."))
        return file

    def clean(self) -> dict[str, object]:
        data: dict[str, object] = super().clean() or {}
        if not self.errors and not data.get("document") and not data.get("digest"):
            raise forms.ValidationError(_("Add the document, or paste its digest."))
        return data


@dataclass(frozen=True)
class Outcome:
    """The answer of the check page. Shows what stands on the receipt only to those who gave the right document."""

    valid: bool
    reasons: tuple[str, ...]
    number: str
    digest: str
    waiting: bool = False
    kind: str = ""
    happened_at: dt.datetime | None = None
    issuer: str = ""
    is_demo: bool = False

    @property
    def rows(self) -> list[dict[str, str]]:
        """What the page lists about a receipt whose document was given."""
        if self.happened_at is None:
            return []
        when = _("Date of filing") if self.kind == Receipt.Kind.FILING else _("Date of receipt")
        return [
            {"label": _("Receipt number"), "value": self.number},
            {"label": _("Issued by"), "value": self.issuer},
            {"label": when, "value": date_format(self.happened_at.astimezone(WARSAW), "j E Y, H:i:s")},
            {"label": _("SHA-256 digest of the document"), "value": self.digest},
        ]


def check(form: CheckForm) -> Outcome:
    """Check a valid form. The kept receipt is verified anew (signature, certificate, every element), then compared
    with the document. An unknown number and a wrong document give answers of their own; neither tells whose it is."""
    number = form.cleaned_data["number"]
    digest = _digest(form)
    receipt = Receipt.objects.select_related("body", "xml").filter(number=number).first()
    if receipt is None:
        return Outcome(False, (_("There is no receipt with this number."),), number, digest)
    if receipt.document_sha256 != digest:
        text = _("The document is not the one that this receipt attests: its SHA-256 digest is another.")
        return Outcome(False, (text,), number, digest)
    known = {"number": number, "digest": digest, "kind": receipt.kind, "happened_at": receipt.happened_at,
             "issuer": receipt.body.name}
    if receipt.xml is None:
        return Outcome(False, (_("The receipt is being signed. Check again in a minute."),), waiting=True, **known)
    try:
        xml = files.read_blob(receipt.xml)
    except (NotFound, OSError):  # lost, or changed on the disk
        logger.exception("receipt %s cannot be read from the store", number)
        return Outcome(False, (_("The kept receipt is damaged. Write to the office; it has been noticed."),), **known)
    verdict = verify_receipt(xml, anchors=keyring.trust_anchors(), document_sha256=digest)
    reasons = tuple(reason.text for reason in verdict.reasons)
    said = verdict.receipt
    if said is not None and said.receipt_id != receipt.number:
        reasons = (*reasons, _("The kept receipt carries another number."))
    return Outcome(not reasons, reasons, is_demo=verdict.is_demo, **known)


def _digest(form: CheckForm) -> str:
    file: UploadedFile | None = form.cleaned_data.get("document")
    if file is None:
        return str(form.cleaned_data["digest"])
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()
