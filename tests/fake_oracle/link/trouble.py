"""Carries out scripted faults on one link: before an answer, in its bytes, or amid its rows."""

from __future__ import annotations

from collections.abc import Callable

from ..kinds.model import OraError
from ..messages.packets import make_packet, split_data
from .faults import (
    Answer,
    Close,
    Delay,
    Faults,
    Garbage,
    LyingLength,
    Refuse,
    Reset,
    ScriptedFault,
    Silence,
    Step,
    Trickle,
    Truncate,
)
from .link import Link

_FAR_TOO_LONG = 0x00FFFFFF
_TRICKLES_A_SECOND = 20


class SessionEndError(Exception):
    """Nothing more is to be said on this connection."""


class Trouble:
    """The faults of one session, and its answers as the faults bend them."""

    def __init__(self, faults: Faults, link: Link) -> None:
        self._faults = faults
        self._link = link
        self._bend: Truncate | LyingLength | Trickle | None = None

    def strike(
        self, step: Step, service: str, user: str, sql: str, heed_breaks: bool = True
    ) -> None:
        """Let a due fault happen. OraError is the answer it gives; others may end the session."""
        scripted = self._faults.strike(step, service, user, sql)
        if scripted is not None:
            self._act(scripted, heed_breaks)

    def _act(self, scripted: ScriptedFault, heed_breaks: bool) -> None:
        action = scripted.fault.do
        if isinstance(action, Delay):
            self._link.wait(action.seconds, heed_breaks=heed_breaks)
        elif isinstance(action, Silence):
            self._keep_silent(scripted, heed_breaks and not action.ignore_break)
        elif isinstance(action, Answer):
            raise OraError(action.code, action.text)
        elif isinstance(action, Refuse):
            raise OraError(action.code, "refused")
        elif isinstance(action, (Close, Reset, Garbage)):
            self._break_off(action)
        else:
            self._bend = action

    def _keep_silent(self, scripted: ScriptedFault, heed_breaks: bool) -> None:
        scripted.on_release(self._link.wake)
        self._link.wait(None, lambda: scripted.released, heed_breaks)

    def _break_off(self, action: Close | Reset | Garbage) -> None:
        if isinstance(action, Reset):
            self._link.reset()
        elif isinstance(action, Garbage):
            self._link.send_raw(action.says)
        raise SessionEndError

    def send(self, message: bytes) -> None:
        """A whole answer as DATA packets."""
        if self._bend is None:
            self._link.send_data(message)
        else:
            self._send_bent(list(split_data(message, self._link.sdu, self._link.end_flag)))

    def send_narrow(self, kind: int, payload: bytes) -> None:
        """One packet of the listener's."""
        if self._bend is None:
            self._link.send_narrow(kind, payload)
        else:
            self._send_bent([make_packet(kind, payload, wide=False)])

    def _send_bent(self, packets: list[bytes]) -> None:
        bend, self._bend = self._bend, None
        first = packets[0]
        if isinstance(bend, Truncate):
            self._link.send_raw(first[: len(first) // 2])
            raise SessionEndError
        if isinstance(bend, LyingLength):
            # Four bytes where lengths are wide, two where they are not: both then lie.
            self._link.send_raw(_FAR_TOO_LONG.to_bytes(4, "big") + first[4:])
            self._link.wait(None, heed_breaks=False)
        if isinstance(bend, Trickle):
            self._trickle(b"".join(packets), bend.bytes_per_second)

    def _trickle(self, data: bytes, bytes_per_second: float) -> None:
        size = max(1, int(bytes_per_second / _TRICKLES_A_SECOND))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self._link.send_raw(piece)
            # A break must not cut a packet in two: it is answered behind the slow bytes.
            self._link.wait(len(piece) / bytes_per_second, heed_breaks=False)

    def send_rows(
        self,
        parts: tuple[bytes, list[bytes], bytes],
        scripted: ScriptedFault | None,
        make_error: Callable[[OraError], bytes],
    ) -> None:
        """An answer with rows: what goes before them, the rows, what goes after."""
        before, rows, after = parts
        if scripted is None:
            self.send(before + b"".join(rows) + after)
            return
        half = (len(rows) + 1) // 2
        first, rest = before + b"".join(rows[:half]), b"".join(rows[half:]) + after
        action = scripted.fault.do
        if isinstance(action, (Answer, Refuse)):
            text = action.text if isinstance(action, Answer) else "refused"
            self.send(first + make_error(OraError(action.code, text)))
            return
        self._link.send_data(first, end_flag=0)
        self._act(scripted, heed_breaks=True)
        self.send(rest)
