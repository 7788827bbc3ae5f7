"""The listener's part: the CONNECT packet, and which service gets which answer.

Sources: impl/thin/messages/connect.pyx (send, process); impl/thin/connection.pyx (redirects).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ..formats.primitives import ProtocolError

UNKNOWN_SERVICE: Final = 12514
UNKNOWN_SID: Final = 12505

_CONNECT_FIXED_BYTES: Final = 74
_LARGE_SDU_OFFSET: Final = 58
_FLAGS_OFFSET: Final = 70
_HEADER_BYTES: Final = 8


class Special(Enum):
    """What a service does that no engine stands behind."""

    OLD_VERSION = "accepts with protocol version 314, as Oracle 11g does"
    NATIVE_ENCRYPTION = "accepts, but demands native network encryption"
    STARTING = "accepts, then answers the login with ORA-01033"
    SILENT = "takes the connection and never answers"
    REDIRECT = "sends the client to this same listener again, for service DEV"


# Names are matched without regard to case, before the engines; a number is a refusal.
SPECIAL_SERVICES: Final[dict[str, Special | int]] = {
    "OLD11G": Special.OLD_VERSION,
    "NNE": Special.NATIVE_ENCRYPTION,
    "NNE2": 12660,
    "FULL": 12516,
    "STARTING": Special.STARTING,
    "NOACCEPT": Special.SILENT,
    "REDIRECTED": Special.REDIRECT,
}
REDIRECT_TARGET: Final = "DEV"


@dataclass(frozen=True)
class ConnectRequest:
    """What a CONNECT packet asks for; its data may follow in another packet."""

    version: int
    options: int
    sdu: int
    flags: int
    data: str


def read_connect(payload: bytes) -> ConnectRequest:
    """connect.pyx: send; offsets there count from the packet's first byte."""
    if len(payload) < _CONNECT_FIXED_BYTES - _HEADER_BYTES:
        raise ProtocolError(f"a CONNECT packet of {len(payload)} bytes")
    version, _lowest, options, sdu = struct.unpack_from(">HHHH", payload)
    (large_sdu,) = struct.unpack_from(">I", payload, _LARGE_SDU_OFFSET - _HEADER_BYTES)
    (flags,) = struct.unpack_from(">I", payload, _FLAGS_OFFSET - _HEADER_BYTES)
    data = payload[_CONNECT_FIXED_BYTES - _HEADER_BYTES :].decode()
    return ConnectRequest(version, options, large_sdu or sdu, flags, data)


def named(data: str, key: str) -> str | None:
    """The value of (KEY=value) in connect data."""
    found = re.search(rf"\({key}=([^()]*)\)", data, re.IGNORECASE)
    return found[1].strip() if found else None


def redirect_data(protocol: str, host: str, port: int) -> str:
    """connection.pyx, _connect_phase_one: the address, a zero, what to ask for there."""
    address = f"(ADDRESS=(PROTOCOL={protocol})(HOST={host})(PORT={port}))"
    wanted = f"(CONNECT_DATA=(SERVICE_NAME={REDIRECT_TARGET}))"
    return f"{address}\0(DESCRIPTION={address}{wanted})"
