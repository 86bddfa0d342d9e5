"""PDF files of one page with lines of Chinese and English text.

The font is a standard font for simplified Chinese, which PDF readers provide and which need not be
embedded. The same lines result in the same bytes.

Source: ISO 32000-1:2008 (7.5 File Structure, 9.7.5.2 Predefined CMaps)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["page"]

FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
    b"/DescendantFonts [6 0 R] >>",
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] "
    b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)
SIZE, LEADING = 12, 24
"""Font size and line spacing, in points."""


def page(lines: Iterable[str]) -> bytes:
    """Return a PDF file with lines of text.

    Args:
        lines: text of the Basic Multilingual Plane.
    """
    text = b"\n".join(b"<%s> Tj T*" % _hex(line) for line in lines)
    drawn = b"BT /F1 %d Tf %d TL 60 780 Td\n%s\nET" % (SIZE, LEADING, text)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        b"/Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        *FONT,
    )
    return _file(objects)


def _hex(line: str) -> bytes:
    return line.encode("utf-16-be", "replace").hex().upper().encode()


def _file(objects: Sequence[bytes]) -> bytes:
    """Return a file with objects, and the cross-reference table of their offsets."""
    content, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start, count = len(content), len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return content + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        start,
    )
