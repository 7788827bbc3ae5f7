"""The calls of a logged-in session: reads one whole request, acts on it, gives the answer."""

from __future__ import annotations

import logging
from typing import Final

from ..formats.primitives import ProtocolError, Reader
from ..kinds.model import OraError
from ..link.faults import Step
from ..link.link import BreakError, PeerGoneError
from ..link.trouble import SessionEndError
from ..messages import messages
from ..messages.answers import make_status
from .cursors import Cursors
from .lobs import READ
from .open_cursor import CallContext, CursorError, Reply
from .piggybacks import Piggybacks, read_piggyback

logger = logging.getLogger(__name__)

# After one of these the database ends the session.
FATAL_CODES: Final = frozenset(
    {
        *(28, 31, 41, 45, 600, 602, 603, 1012, 1033, 1034, 1041, 1089, 1090, 1092),
        *(2390, 2396, 2399, 3113, 3114, 3135, 12153, 12571, 56600),
    }
)


class Conversation:
    """Used by the session's thread alone."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._cursors = Cursors(context)
        self.logged_off = False

    def close(self) -> None:
        """The session has ended, and its cursors with it."""
        self._cursors.close_all()

    def reply_to(self, reader: Reader) -> Reply | None:
        """The answer, also when it is an error; None where the client expects none."""
        try:
            reply = self._respond(reader)
        except OraError as error:
            reply = self._make_error(error, 0)
        except CursorError as raised:
            reply = self._make_error(raised.error, raised.cursor_id)
        except (BreakError, PeerGoneError, SessionEndError):
            raise
        except ProtocolError as error:
            logger.warning("refused: %s", error)
            reader.discard()
            unknown = f"unsupported network datatype or representation: {error}"
            reply = self._make_error(OraError(3115, unknown), 0)
        except Exception as error:
            logger.exception("a call failed")
            reader.discard()
            internal = f"internal error code, arguments: [stand-in], [{error}]"
            reply = self._make_error(OraError(600, internal), 0)
        if reader.left:
            logger.error("%d bytes of a request were not understood", reader.discard())
        return reply

    def _make_error(self, error: OraError, cursor_id: int) -> Reply:
        # A break or a closed peer shows as ORA-01013 of the SQL layer, and is no answer.
        self._context.check()
        message = self._context.wire.make_error(error, cursor_id)
        return Reply(after=message, is_last=error.code in FATAL_CODES)

    def _respond(self, reader: Reader) -> Reply | None:
        piggybacks = Piggybacks()
        field_version = self._context.wire.field_version
        while True:
            kind = reader.ub1()
            if kind == messages.PIGGYBACK:
                code = messages.read_function_header(reader, field_version)
                read_piggyback(reader, code, piggybacks)
            elif kind == messages.FUNCTION:
                code = messages.read_function_header(reader, field_version)
                self._take_up(piggybacks)
                return self._function(code, reader)
            elif kind == messages.ONE_WAY:
                messages.read_function_header(reader, field_version)
                messages.read_session_release(reader)
                return None
            elif kind != 0:
                # Zero is what an empty text at the end of a piggyback leaves behind.
                raise ProtocolError(f"message {kind}")

    def _take_up(self, piggybacks: Piggybacks) -> None:
        self._cursors.close(piggybacks.closed_cursors)
        self._context.lobs.free(piggybacks.freed_lobs)

    def _function(self, code: int, reader: Reader) -> Reply:
        cursors, field_version = self._cursors, self._context.wire.field_version
        if code == messages.EXECUTE:
            return cursors.execute(messages.read_execute(reader, field_version), reader)
        if code in (messages.REEXECUTE, messages.REEXECUTE_AND_FETCH):
            fetches = code == messages.REEXECUTE_AND_FETCH
            return cursors.execute_again(messages.read_reexecute(reader, fetches), reader)
        if code == messages.FETCH:
            return cursors.fetch(messages.read_fetch(reader), reader)
        if code == messages.LOB_OP:
            return self._lob_operation(reader)
        simple = {
            messages.COMMIT: self._commit,
            messages.ROLLBACK: self._rollback,
            messages.PING: self._ping,
            messages.LOGOFF: self._log_off,
        }
        if code not in simple:
            raise ProtocolError(f"function {code}")
        simple[code]()
        return Reply(after=make_status(self._context.sql.in_transaction))

    def _lob_operation(self, reader: Reader) -> Reply:
        request = messages.read_lob_operation(reader)
        self._context.begin(Step.LOB, "")
        answer = self._context.lobs.operate(request)
        self._context.counters.add(lob_reads=int(request.operation == READ))
        return Reply(answer, after=self._context.wire.make_error(None))

    def _commit(self) -> None:
        self._context.begin(Step.COMMIT, "")
        with self._context.working():
            self._context.sql.commit()
        self._context.counters.add(commits=1)

    def _rollback(self) -> None:
        self._context.begin(Step.ROLLBACK, "")
        with self._context.working():
            self._context.sql.rollback()
        self._context.counters.add(rollbacks=1)

    def _ping(self) -> None:
        self._context.begin(Step.PING, "")
        self._context.counters.add(pings=1)

    def _log_off(self) -> None:
        self._context.begin(Step.LOGOFF, "")
        self.close()
        # In one step: who sees the logoff sees that its session is gone.
        self._context.counters.add(logoffs=1, open_sessions=-1)
        self.logged_off = True
