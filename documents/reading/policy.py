"""Which uploaded files are taken in, decided by content, size and name before anything is stored.

Decision: the formats of the 2011 regulation on minimum requirements for public IT systems are accepted, and e-mail
messages. SVG is on that list, so it is accepted, but like every upload it is only ever served as an attachment under a
sandbox policy, never shown. HTML and XHTML are not on the list and are refused under any name, as are documents with
macros, documents locked with a password (nobody here could read them) and archives.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import BinaryIO

import puremagic
from django.utils.translation import gettext as _

from documents.reading import sniff

# extension -> media type; the first extension of a type is the one given to a file whose name has none
TYPES = MappingProxyType(
    {
        "pdf": sniff.PDF, "doc": sniff.DOC, "docx": sniff.DOCX, "odt": sniff.ODT, "rtf": sniff.RTF, "txt": sniff.TXT,
        "xls": sniff.XLS, "xlsx": sniff.XLSX, "ods": sniff.ODS, "jpg": sniff.JPEG, "jpeg": sniff.JPEG, "png": sniff.PNG,
        "gif": sniff.GIF, "tif": sniff.TIFF, "tiff": sniff.TIFF, "svg": sniff.SVG, "xml": sniff.XML, "eml": sniff.EML,
    }
)  # fmt: skip
# Plain text is a subset of what some text formats look like: such content may keep the narrower name.
_TEXT_KIN = frozenset({sniff.TXT, sniff.XML, sniff.EML})
_MAX_NAME = 128  # e-delivery takes no longer names
MB = 1024 * 1024


class UploadRefused(ValueError):
    """The file is not taken in. `code` is stable: type, content, empty, too_large, active, macros, encrypted, too_many.
    `message` is a translated sentence for the person who sent it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """What one field takes. Sizes in bytes; `extensions` is a subset of TYPES."""

    extensions: frozenset[str] = frozenset(TYPES)
    max_bytes: int = 25 * MB
    max_total_bytes: int = 100 * MB
    max_files: int = 20

    def __post_init__(self) -> None:
        if unknown := self.extensions - set(TYPES):
            raise ValueError(f"unknown file extensions: {', '.join(sorted(unknown))}")

    def narrowed(
        self, extensions: Iterable[str] = (), *, max_bytes: int | None = None, max_files: int | None = None
    ) -> UploadPolicy:
        """The policy of one field: never wider than this one. No extensions means all of them."""
        wanted = frozenset(e.lower().lstrip(".") for e in extensions) or self.extensions
        return replace(
            self,
            extensions=self.extensions & wanted,
            max_bytes=min(self.max_bytes, max_bytes or self.max_bytes),
            max_files=min(self.max_files, max_files or self.max_files),
        )

    @property
    def media_types(self) -> frozenset[str]:
        return frozenset(TYPES[e] for e in self.extensions)

    @property
    def accept(self) -> str:
        """For the `accept` attribute of a file field."""
        return ",".join(f".{e}" for e in TYPES if e in self.extensions)

    def words(self) -> str:
        """The types as people know them: “PDF, DOC, DOCX”."""
        return ", ".join(e.upper() for e in TYPES if e in self.extensions and e not in ("jpeg", "tiff"))


DEFAULT = UploadPolicy()


def check_upload(name: str, size: int, content: BinaryIO | bytes, policy: UploadPolicy = DEFAULT) -> str:
    """The media type of an acceptable file, by its content. Raises UploadRefused.

    `content` is the whole file (seekable; its position is kept). A name without an extension is judged by content
    alone; a name whose extension belongs to another accepted type is forgiven (`clean_filename` corrects it).
    """
    shown = clean_filename(name)
    if size <= 0:
        raise UploadRefused("empty", _("The file “%(name)s” is empty.") % {"name": shown})
    if size > policy.max_bytes:
        raise UploadRefused(
            "too_large",
            _("The file “%(name)s” is too large: %(size)s. The limit is %(limit)s.")
            % {"name": shown, "size": size_words(size), "limit": size_words(policy.max_bytes)},
        )
    extension = _extension(shown)
    if extension and extension not in policy.extensions:
        raise UploadRefused("type", _wrong_type(shown, policy))
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    found = sniff.sniff(file)
    if found == sniff.HTML:
        raise UploadRefused(
            "active", _("The file “%(name)s” is a web page. Save it as PDF and add it again.") % {"name": shown}
        )
    if found == sniff.MACRO_OFFICE:
        raise UploadRefused(
            "macros", _("The file “%(name)s” contains macros. Save it without macros or as PDF.") % {"name": shown}
        )
    if found == sniff.ENCRYPTED_OFFICE:
        raise UploadRefused(
            "encrypted", _("The file “%(name)s” is locked with a password. Remove the password.") % {"name": shown}
        )
    if found == sniff.TXT and extension and TYPES[extension] in _TEXT_KIN:
        found = TYPES[extension]
    if found not in policy.media_types:
        raise UploadRefused("content", _wrong_content(shown, file, policy))
    return found


def check_set(sizes: Iterable[int], policy: UploadPolicy = DEFAULT) -> None:
    """Refuse too many files, or files too large together. Raises UploadRefused."""
    sizes = list(sizes)
    if len(sizes) > policy.max_files:
        raise UploadRefused("too_many", _("At most %(count)d files can be added.") % {"count": policy.max_files})
    if sum(sizes) > policy.max_total_bytes:
        raise UploadRefused(
            "too_large",
            _("The files are too large together: %(size)s. The limit is %(limit)s.")
            % {"size": size_words(sum(sizes)), "limit": size_words(policy.max_total_bytes)},
        )


_FORBIDDEN = re.compile(r'[<>:"/\\|?*%#&{}~]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def clean_filename(name: str, media_type: str | None = None) -> str:
    """A name that is safe to show, store as metadata and offer for download: no folders, no control, invisible or
    direction-changing characters, at most 128 characters, Polish letters kept. With `media_type` the extension is made
    to agree with the content. Never empty; cleaning twice changes nothing."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/"))
    text = text.rsplit("/", 1)[-1]
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    text = _FORBIDDEN.sub("_", text)
    text = re.sub(r"\s+", " ", text).strip(" .")
    if _DEVICES.match(text):
        text = f"_{text}"
    extension = _extension(text)
    if media_type is not None and media_type in TYPES.values() and TYPES.get(extension) != media_type:
        proper = next(e for e, m in TYPES.items() if m == media_type)
        stem = text[: -len(extension) - 1] if extension in TYPES else text
        text = f"{stem.rstrip(' .') or _('file')}.{proper}"
    if not text or text == "_":
        text = _("file")
    if len(text) > _MAX_NAME:
        suffix = PurePosixPath(text).suffix[:16]
        text = text[: _MAX_NAME - len(suffix)].rstrip(" .") + suffix
    return text


def size_words(size: int) -> str:
    """A size for people, in kB or MB (powers of 1024)."""
    if size < MB:
        return _("%(n)d kB") % {"n": max(1, size // 1024)}
    whole = f"{size / MB:.1f}".removesuffix(".0")
    return _("%(n)s MB") % {"n": whole.replace(".", ",")}


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem and re.fullmatch(r"[A-Za-z0-9]{1,8}", extension) else ""


def _wrong_type(shown: str, policy: UploadPolicy) -> str:
    return _("The file “%(name)s” is of a type that is not accepted. Accepted: %(types)s.") % {
        "name": shown,
        "types": policy.words(),
    }


def _wrong_content(shown: str, file: BinaryIO, policy: UploadPolicy) -> str:
    """Say what the file really is where the library of signatures knows it (a phone's HEIC photo, an archive ...)."""
    file.seek(0)
    try:
        guesses = puremagic.magic_string(file.read(8192))
    except (puremagic.PureError, ValueError):
        guesses = []
    kind = next((g.extension.lstrip(".").upper() for g in guesses if g.extension), "")
    if not kind:
        return _wrong_type(shown, policy)
    return _("The file “%(name)s” looks like %(kind)s, which is not accepted. Accepted: %(types)s.") % {
        "name": shown,
        "kind": kind,
        "types": policy.words(),
    }
