"""Requests in and answers out on one link, for the handshake and for the calls alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..formats.primitives import ProtocolError, Reader
from ..kinds.model import OraError
from ..messages.answers import END_OF_RESPONSE, BatchError, make_error
from ..messages.capabilities import NEWEST_FIELD_VERSION
from ..messages.packets import DATA_END_OF_RESPONSE, PacketType
from .link import Link
from .trouble import Trouble


@dataclass
class Wire:
    """in_transaction is asked for every answer.

    field_version: what both sides agreed on. Until the client has our answer to its protocol
    message it reads everything in the newest layout it knows.
    """

    link: Link
    trouble: Trouble
    field_version: int = NEWEST_FIELD_VERSION
    in_transaction: Callable[[], bool] = lambda: False

    def next_request(self) -> Reader:
        return Reader(self.more(), self.more)

    def more(self) -> bytes:
        """The next packet of a request that is not complete yet."""
        packet = self.link.receive()
        if packet.type != PacketType.DATA:
            raise ProtocolError(f"packet type {packet.type} inside a request")
        return packet.data

    def enable_end_of_response(self) -> None:
        """From here on each answer says where it ends (packet.pyx: has_end_of_response)."""
        self.link.end_flag = DATA_END_OF_RESPONSE

    def ended(self, message: bytes) -> bytes:
        return message + bytes((END_OF_RESPONSE,)) if self.link.end_flag else message

    def send(self, message: bytes) -> None:
        self.trouble.send(self.ended(message))

    def make_error(
        self,
        error: OraError | None,
        cursor_id: int = 0,
        row_count: int = 0,
        batch_errors: Sequence[BatchError] = (),
    ) -> bytes:
        return make_error(
            error,
            in_transaction=self.in_transaction(),
            field_version=self.field_version,
            cursor_id=cursor_id,
            row_count=row_count,
            batch_errors=batch_errors,
        )
