"""One connection, served: the handshake, then call after call, and the breaks amid them.

Calls and breaks as the client sees them: impl/thin/protocol.pyx (_process_message, _reset).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..formats.primitives import ProtocolError, Reader
from ..kinds.model import Engine, OraError, SqlSession
from ..link.channel import Channel
from ..link.faults import Step
from ..link.link import BreakError, Link, PeerGoneError
from ..link.trouble import SessionEndError, Trouble
from ..link.wire import Wire
from ..messages import answers
from ..messages.packets import DATA_EOF, MARKER_BREAK, MARKER_RESET, Packet, PacketType
from .conversation import Conversation
from .handshake import Database, Handshake
from .lobs import LobStore
from .open_cursor import CallContext, Reply

logger = logging.getLogger(__name__)

_USER_CANCEL: Final = OraError(answers.USER_CANCEL, "user requested cancel of current operation")


class Session:
    """Serves one connection in a thread of its own, beside the listening one of its link.

    Shared between threads, guarded by _lock: _sql from login to end, _at_work (the same while a
    call is inside it), and _killed_by.
    """

    def __init__(self, channel: Channel, database: Database) -> None:
        self._database = database
        self._counters = database.counters
        self._lock = threading.Lock()
        self._killed_by: int | None = None
        self._at_work: SqlSession | None = None
        self._sql: SqlSession | None = None
        self._calls: Conversation | None = None
        self.link = Link(channel, self._interrupt)
        self._trouble = Trouble(database.faults, self.link)
        self._wire = Wire(self.link, self._trouble)
        self._handshake = Handshake(database, self._wire, self._open)
        self.thread = threading.Thread(target=self._run, name="fake-oracle-session", daemon=True)

    def kill(self, code: int) -> bool:
        """Let the next call fail with that code and end the session; False before the login."""
        with self._lock:
            if self._sql is not None:
                self._killed_by = code
            return self._sql is not None

    def is_alive(self) -> bool:
        """Served, or not closed by the peer yet."""
        return not self.link.closed.is_set() or self.thread.is_alive()

    def _open(self, engine: Engine, user: str) -> None:
        sql = engine.connect(user)
        with self._lock:
            self._sql = sql
        self._wire.in_transaction = lambda: sql.in_transaction
        context = CallContext(
            sql=sql,
            wire=self._wire,
            lobs=LobStore(),
            counters=self._counters,
            begin=self._begin,
            working=self._working,
            check=self.link.check,
        )
        self._calls = Conversation(context)
        self._counters.add(logins=1, open_sessions=1)

    def _run(self) -> None:
        self._counters.add(connections=1)
        try:
            self._handshake.run()
            self._serve()
        except (PeerGoneError, SessionEndError):
            pass
        except (ProtocolError, BreakError) as error:
            logger.warning("the login ended early: %r", error)
        except Exception:
            logger.exception("a session failed")
        finally:
            self.link.finish()
            self._close()

    def _close(self) -> None:
        with self._lock:
            sql, self._sql = self._sql, None
        if sql is not None:
            if self._calls is not None:
                self._calls.close()
            sql.close()
            if self._calls is None or not self._calls.logged_off:
                self._counters.add(open_sessions=-1, lost_sessions=1)

    def _interrupt(self) -> bool:
        """From the listening thread: stop the SQL layer, if a call is inside it."""
        with self._lock:
            if self._at_work is not None:
                self._at_work.interrupt()
            return self._at_work is not None

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._lock:
            self._at_work = self._sql
        try:
            self.link.check()
            yield
        finally:
            with self._lock:
                self._at_work = None

    def _begin(self, step: Step, sql: str = "") -> None:
        """A request has been read and nothing is done yet: the moment for a kill, or a fault."""
        with self._lock:
            killed_by = self._killed_by
        if killed_by is not None:
            raise OraError(killed_by, "your session has been killed")
        self._trouble.strike(step, self._handshake.service, self._handshake.user, sql)

    def _serve(self) -> None:
        assert self._calls is not None
        while not self._calls.logged_off:
            self._serve_one(self._calls)

    def _serve_one(self, calls: Conversation) -> None:
        try:
            packet = self.link.receive()
            if packet.type != PacketType.DATA:
                logger.warning("packet type %d between calls", packet.type)
            elif packet.data_flags & DATA_EOF:
                raise SessionEndError
            else:
                self._answer(calls, packet)
        except BreakError:
            self._answer_break()

    def _answer(self, calls: Conversation, packet: Packet) -> None:
        reply = calls.reply_to(Reader(packet.data, self._wire.more))
        if reply is None:
            return
        self.link.check()
        if reply.rows:
            self._send_rows(reply)
        else:
            self._wire.send(reply.message)
        if reply.is_last:
            raise SessionEndError

    def _send_rows(self, reply: Reply) -> None:
        handshake = self._handshake
        self._trouble.send_rows(
            (reply.before, reply.rows, self._wire.ended(reply.after)),
            self._database.faults.strike(Step.ROWS, handshake.service, handshake.user, reply.sql),
            lambda error: self._wire.ended(self._wire.make_error(error)),
        )

    def _answer_break(self) -> None:
        """protocol.pyx, _reset: break marker, the client's reset marker, ours, then ORA-01013."""
        self._counters.add(breaks=1)
        handshake, error = self._handshake, _USER_CANCEL
        try:
            self._trouble.strike(
                Step.BREAK, handshake.service, handshake.user, "", heed_breaks=False
            )
        except OraError as scripted:
            error = scripted
        self.link.send_marker(MARKER_BREAK)
        self._await_reset()
        self.link.accept_break()
        self.link.send_marker(MARKER_RESET)
        self._wire.send(self._wire.make_error(error))

    def _await_reset(self) -> None:
        """Drop what was under way. A client that lost the break marker sends its next request
        and would wait for ever: it gets the marker again."""
        told_again = False
        while (packet := self.link.receive(heed_breaks=False)).type != PacketType.MARKER:
            if packet.data_flags & DATA_EOF:
                raise SessionEndError
            if not told_again:
                self.link.send_marker(MARKER_BREAK)
                told_again = True
