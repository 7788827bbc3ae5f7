"""XMLTYPE: values in rows.

Values: impl/thin/packet.pyx (read_xmltype) and impl/thin/dbobject.pyx (read_xmltype, read_header).
"""

from __future__ import annotations

import struct
from typing import Final

from .columns import XMLTYPE_OID
from .object_images import framed, make_head

# Longer documents come as the locator of a CLOB, which the client then reads.
LONGEST_INLINE_BYTES: Final = 32767

_IS_LOB: Final = 0x0001
_IS_TEXT: Final = 0x0004


def text_image(document: str) -> bytes:
    return _image(_IS_TEXT, document.encode("utf-8", "surrogateescape"))


def locator_image(locator: bytes) -> bytes:
    return _image(_IS_LOB, locator)


def _image(flag: int, content: bytes) -> bytes:
    return make_head(0, b"\x01" + struct.pack(">I", flag) + content)


def encode(image: bytes) -> bytes:
    return framed(XMLTYPE_OID, image)
