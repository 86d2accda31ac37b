"""Members of a ZIP and hostile XML, within budgets. Child side: standard library and lxml."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType

from lxml import etree

from documents.reading.sandbox import MB, ReadingError, Reason

MAX_MEMBERS = 4_000
MAX_MEMBER = 48 * MB  # one member, unpacked
MAX_TOTAL = 160 * MB  # all members together, as their headers say
MAX_READ = 96 * MB  # really unpacked in one run
MAX_RATIO = 250  # unpacked to packed, for members above RATIO_FROM
RATIO_FROM = 4 * MB


class Archive:
    """A ZIP whose unpacked size is budgeted before and while it is unpacked. Context manager."""

    def __init__(self, path: str | Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
            raise ReadingError(Reason.BROKEN, "not a ZIP") from error
        self._left = MAX_READ
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise ReadingError(Reason.TOO_LARGE, "too many members")
        if sum(m.file_size for m in members) > MAX_TOTAL:
            raise ReadingError(Reason.TOO_LARGE, "unpacked size")
        for member in members:
            if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1):
                raise ReadingError(Reason.TOO_LARGE, "packing ratio")
        self.names = [m.filename for m in members]

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """One member. Raises ReadingError: broken, encrypted, too_large. Headers are not believed."""
        try:
            info = self._zip.getinfo(name)
            if info.flag_bits & 0x1:
                raise ReadingError(Reason.ENCRYPTED)
            most = min(MAX_MEMBER, self._left)
            with self._zip.open(info) as member:
                data = member.read(most + 1)
        except KeyError as error:
            raise ReadingError(Reason.BROKEN, "a part is missing") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
            raise ReadingError(Reason.BROKEN, type(error).__name__) from error
        if len(data) > most:
            raise ReadingError(Reason.TOO_LARGE, "unpacked size")
        self._left -= len(data)
        return data

    def xml(self, name: str) -> etree._Element:
        return parse_xml(self.read(name))


def parse_xml(data: bytes) -> etree._Element:
    """The root of foreign XML: no document type, so no entities; no network; no huge trees."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise ReadingError(Reason.BROKEN, "XML") from error
    except ValueError as error:
        raise ReadingError(Reason.BROKEN, "XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ReadingError(Reason.BROKEN, "document type not allowed")
    return root
