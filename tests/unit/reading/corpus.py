"""Files made at test time: honest ones of every type, and hostile ones."""

from __future__ import annotations

import io
import zipfile
import zlib
from email.message import EmailMessage

import pikepdf

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TEXT = "Wniosek o wydanie dowodów – zażółć gęślą jaźń"


def zipped(members: dict[str, bytes | str], *, stored: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(body: str = f"<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>", *, before: str = "", **extra: str) -> bytes:
    document = f'<?xml version="1.0"?>{before}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    members: dict[str, bytes | str] = {"[Content_Types].xml": "<Types/>", "word/document.xml": document}
    return zipped(members | {f"word/{name}.xml": text for name, text in extra.items()})


def odt(body: str = f"<text:p>{TEXT}</text:p>", *, kind: str = "text", manifest: str = "<manifest/>") -> bytes:
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">'
        f"<office:body>{body}</office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        },
        stored=("mimetype",),
    )


def xlsx() -> bytes:
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": f"<workbook {ns}/>",
            "xl/sharedStrings.xml": f"<sst {ns}><si><t>Podatek</t></si><si><r><t>od </t></r><r><t>psa</t></r></si>"
            "</sst>",
            "xl/worksheets/sheet1.xml": f"<worksheet {ns}><sheetData>"
            '<row><c t="s"><v>0</v></c><c><v>12.5</v></c></row>'
            '<row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>gmina</t></is></c></row>'
            "</sheetData></worksheet>",
            "xl/worksheets/sheet10.xml": f"<worksheet {ns}/>",
            "xl/worksheets/sheet2.xml": f'<worksheet {ns}><row><c t="s"><v>77</v></c><c><v>5</v></c></row></worksheet>',
        }
    )


def _pdf_of(content: bytes, *, filtered: bool = False) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    stream = pikepdf.Stream(pdf, b"")
    if filtered:
        stream.write(content, filter=pikepdf.Name.FlateDecode)
    else:
        stream.write(content)
    page.Contents = stream
    return pdf


def _bytes(pdf: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def pdf(*texts: str) -> bytes:
    """A PDF with a line of ASCII text per page."""
    whole = pikepdf.new()
    for text in texts or ("Decyzja o podatku",):
        whole.pages.extend(_pdf_of(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("ascii")).pages)
    return _bytes(whole)


def encrypted_pdf() -> bytes:
    return _bytes(_pdf_of(b""), encryption=pikepdf.Encryption(owner="a", user="b"))


def flate_bomb_pdf(gigabytes: int = 2) -> bytes:
    """A page whose content stream inflates to gigabytes."""
    packer = zlib.compressobj(9)
    block = b"0 0 m 1 1 l S\n" * 74898  # about 1 MB
    packed = b"".join(packer.compress(block) for _ in range(1024 * gigabytes)) + packer.flush()
    return _bytes(_pdf_of(packed, filtered=True), compress_streams=False)


def billion_laughs_docx() -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    return docx("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", before=f"<!DOCTYPE x [{entities}]>")


def external_entity_docx(path: str) -> bytes:
    return docx("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", before=f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{path}">]>')


def zip_bomb_docx() -> bytes:
    return docx(f"<w:p><w:r><w:t>{'x' * 60_000_000}</w:t></w:r></w:p>")


def lying_zip_bomb_docx() -> bytes:
    """The headers claim that little is packed."""
    data = bytearray(docx("<w:p/>" * 12_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        real = archive.getinfo("word/document.xml").file_size
    return bytes(data).replace(real.to_bytes(4, "little"), (5000).to_bytes(4, "little"))


def deep_docx() -> bytes:
    return docx("<w:p>" * 200_000 + "</w:p>" * 200_000)


def message(depth: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Anna Żółć <anna@example.test>"
    mail["To"] = "urzad@example.test"
    mail["Date"] = "Tue, 24 Nov 2026 10:00:00 +0100"
    mail["Subject"] = f"Podatek od nieruchomości {depth}"
    mail.set_content(f"Treść wiadomości numer {depth}.")
    mail.add_alternative(f"<p>Treść <b>HTML</b> {depth}</p>", subtype="html")
    mail.add_attachment(docx(), maintype="application", subtype="octet-stream", filename="wniosek.docx")
    mail.add_attachment(encrypted_pdf(), maintype="application", subtype="pdf", filename="tajne.pdf")
    if depth > 1:
        mail.add_attachment(message(depth - 1))
    return mail


RTF = (
    rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0 Arial;}}{\*\generator Msftedit;}{\info{\author Jan}}"
    rb"\pard Za\'bf\'f3\'b3\'e6 g\u281?\'9cl\u261?\line druga\tab kolumna\par"
    rb"{\pict\bin5 \}{}\x00 0102}Po obrazie \{nawias\}\page Druga strona}"
)
