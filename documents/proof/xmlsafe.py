"""Reading XML that somebody else made: no entities, no DTD, no network, bounded size."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from lxml import etree

MAX_RECEIPT_BYTES = 1 << 20
MAX_SIGNED_BYTES = 20 << 20

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlRefused(ValueError):
    """The XML is not read; the text says why, for the person who gave the file."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.line = line
        """Line of the first error, from 1; 0 when there is none."""


def parser() -> etree.XMLParser:
    """A parser that opens nothing and expands nothing. Make a new one per document."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )


def read(data: bytes, *, limit: int = MAX_RECEIPT_BYTES) -> etree._Element:
    """The root element. Raises XmlRefused for anything too large, broken, or carrying a document type."""
    if len(data) > limit:
        raise XmlRefused(_("The file is larger than %(size)d kB.") % {"size": limit // 1024})
    try:
        root = etree.fromstring(data, parser=parser())
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise XmlRefused(_("The file is not correct XML (error in line %(line)d).") % {"line": line}, line) from error
    except ValueError as error:  # lxml: wrong encoding declaration and the like
        raise XmlRefused(_("The file is not correct XML.")) from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None or info.doctype:
        raise XmlRefused(_("The file declares a document type, which is not allowed."))
    return root


def legal(text: str) -> str:
    """The text with every character that XML 1.0 cannot carry replaced by U+FFFD, and CR LF as LF."""
    return _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def local(element: etree._Element) -> str:
    """Name of the element without its namespace."""
    return etree.QName(element).localname


def serialise(root: etree._Element) -> bytes:
    """The one byte form in which our XML is kept: always the same declaration, UTF-8, no end of line at the end."""
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + etree.tostring(root, encoding="UTF-8", xml_declaration=False)
