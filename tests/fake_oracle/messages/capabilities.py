"""What one stand-in database can do: the choices that rule the layout of every message.

Sources: impl/thin/capabilities.pyx; impl/thin/messages/auth.pyx (_get_version_tuple).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# TNS_CCAP_FIELD_VERSION_MAX: the newest layout the drivers of 2026 know.
NEWEST_FIELD_VERSION: Final = 24


@dataclass(frozen=True)
class Capabilities:
    """The default is a current Oracle Database 23ai.

    oob: urgent bytes are taken as breaks. field_version: the newest message layout known (24 is
    23.4, 13 is 19c, 8 is 12.2, 7 is 12.1).
    """

    fast_auth: bool = True
    end_of_response: bool = True
    oob: bool = True
    field_version: int = NEWEST_FIELD_VERSION
    version: str = "23.26.1.0.0"
    request_boundaries: bool = True

    @property
    def protocol_version(self) -> int:
        if self.end_of_response:
            return 319
        return 318 if self.field_version >= 10 else 315

    @property
    def banner(self) -> str:
        return "x86_64/Linux 2.4.xx"

    @property
    def version_number(self) -> int:
        """The version as the client takes it apart; the places changed with field version 11."""
        major, minor, patch, fourth, fifth = map(int, self.version.split("."))
        if self.field_version >= 11:
            return major << 24 | minor << 16 | patch << 12 | fourth << 4 | fifth
        return major << 24 | minor << 20 | patch << 12 | fourth << 8 | fifth


ORACLE_23AI: Final = Capabilities()
ORACLE_19C: Final = Capabilities(
    fast_auth=False, end_of_response=False, field_version=13, version="19.24.0.0.0"
)
ORACLE_12C: Final = Capabilities(
    fast_auth=False,
    end_of_response=False,
    oob=False,
    field_version=7,
    version="12.1.0.2.0",
    request_boundaries=False,
)
