"""From CONNECT to a login: the listener's answer, the negotiation, the two phases.

The order of messages: impl/thin/connection.pyx (_connect_phase_one, _connect_phase_two).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from ..formats.primitives import ProtocolError, Reader
from ..kinds.model import Engine, OraError
from ..link.counters import Counters
from ..link.faults import Faults, Step
from ..link.trouble import SessionEndError
from ..link.wire import Wire
from ..messages import answers, messages
from ..messages.capabilities import Capabilities
from ..messages.packets import FLAG_REDIRECT, PacketType
from .auth import Account, Login, find_account, session_time_zone
from .cursors import MAX_OPEN_CURSORS
from .listener import (
    REDIRECT_TARGET,
    SPECIAL_SERVICES,
    UNKNOWN_SERVICE,
    UNKNOWN_SID,
    ConnectRequest,
    Special,
    named,
    read_connect,
    redirect_data,
)

_STARTING = OraError(1033, "ORACLE initialization or shutdown in progress")
_MOST_SDU = 2 * 1024 * 1024
# Fast authentication writes its login message for this field version (fast_auth.pyx).
_FAST_AUTH_FIELD_VERSION = 13


@dataclass(frozen=True)
class Database:
    """What all sessions of one stand-in share; engines by service name in upper case."""

    engines: Mapping[str, Engine]
    accounts: Sequence[Account]
    capabilities: Capabilities
    counters: Counters
    faults: Faults
    address: Callable[[bool], tuple[str, int]]
    """Where it listens: with TLS, or without."""
    next_session_id: Callable[[], int]


class Handshake:
    """Serves one connection up to its login. Afterwards service and user say whose it is.

    open_session: called when the login is good, before the client hears of it.
    """

    def __init__(
        self, database: Database, wire: Wire, open_session: Callable[[Engine, str], None]
    ) -> None:
        self._database = database
        self._wire = wire
        self._link = wire.link
        self._open_session = open_session
        # What fast authentication wants said in front of the first answer to the login.
        self._prelude = b""
        self.service = ""
        self.user = ""

    def run(self) -> None:
        """Returns when the client is logged in; SessionEndError when it was turned away."""
        self._connect()
        try:
            self._negotiate_and_log_in()
        except OraError as error:
            self._database.counters.add(failed_logins=1)
            self._wire.send(self._prelude + self._wire.make_error(error))
            raise SessionEndError from error

    def _negotiate_and_log_in(self) -> None:
        reader = self._wire.next_request()
        kind = reader.ub1()
        if kind == messages.FAST_AUTH:
            self._negotiate_fast(reader)
        elif kind == messages.PROTOCOL:
            reader = self._negotiate(reader)
        else:
            raise ProtocolError(f"message {kind} instead of a negotiation")
        self._log_in(reader)

    def _strike(self, step: Step) -> None:
        self._wire.trouble.strike(step, self.service, self.user, "")

    @property
    def _special(self) -> Special | int | None:
        return SPECIAL_SERVICES.get(self.service)

    def _connect(self) -> None:
        self._strike_or_refuse(Step.ACCEPT)
        self._begin_tls()
        request = self._read_connect()
        self._answer_connect(request)

    def _begin_tls(self) -> None:
        if self._link.has_tls:
            self._link.await_hello()
            self._strike(Step.HELLO)
            self._link.begin_tls()

    def _read_connect(self) -> ConnectRequest:
        packet = self._link.receive()
        if packet.type != PacketType.CONNECT:
            raise ProtocolError(f"packet type {packet.type} instead of CONNECT")
        request = read_connect(packet.payload)
        data = request.data or self._link.receive().data.decode()
        sid = named(data, "SID")
        self.service = (sid or named(data, "SERVICE_NAME") or "").upper()
        if packet.flags & FLAG_REDIRECT and self._special is Special.REDIRECT:
            self.service = REDIRECT_TARGET
        self._strike_or_refuse(Step.CONNECT)
        if sid is not None:
            self._refuse(UNKNOWN_SID)
        return request

    def _strike_or_refuse(self, step: Step) -> None:
        try:
            self._strike(step)
        except OraError as error:
            self._refuse(error.code)

    def _answer_connect(self, request: ConnectRequest) -> None:
        special = self._special
        if isinstance(special, int):
            self._refuse(special)
        if special is None and self.service not in self._database.engines:
            self._refuse(UNKNOWN_SERVICE)
        if special is Special.SILENT:
            self._link.wait(None)
        if special is Special.REDIRECT:
            self._redirect()
        if self._link.is_handed_over:
            request = self._hand_over()
        self._accept(request)

    def _hand_over(self) -> ConnectRequest:
        """The dedicated server knows nothing of the TLS that its listener agreed on."""
        self._link.hand_over()
        self._begin_tls()
        return self._read_connect()

    def _refuse(self, code: int) -> NoReturn:
        self._wire.trouble.send_narrow(PacketType.REFUSE, answers.make_refuse(code))
        raise SessionEndError

    def _redirect(self) -> NoReturn:
        """The length comes in the REDIRECT packet, the text in a DATA packet after it.

        Over TCPS the client's next CONNECT bears the flags of that DATA packet, not its own.
        """
        protocol = "tcps" if self._link.has_tls else "tcp"
        data = redirect_data(protocol, *self._database.address(self._link.has_tls)).encode()
        self._link.send_narrow(PacketType.REDIRECT, len(data).to_bytes(2, "big"))
        self._link.send_narrow(PacketType.DATA, b"\x00\x00" + data, FLAG_REDIRECT)
        raise SessionEndError

    def _accept(self, request: ConnectRequest) -> None:
        able = self._database.capabilities
        version = min(able.protocol_version, request.version)
        flags = options = 0
        if able.oob and request.options & answers.OPTION_URGENT_DATA:
            options = answers.OPTION_URGENT_DATA
            flags |= request.flags & answers.ACCEPT_CHECK_OOB
        if able.end_of_response:
            flags |= answers.ACCEPT_END_OF_RESPONSE
        if able.fast_auth:
            flags |= answers.ACCEPT_FAST_AUTH
        native = answers.NATIVE_ENCRYPTION_OFF
        if self._special is Special.NATIVE_ENCRYPTION:
            native = answers.NATIVE_ENCRYPTION_REQUIRED
        if self._special is Special.OLD_VERSION:
            version = 314
        self._link.sdu = min(request.sdu, _MOST_SDU)
        payload = answers.make_accept(version, options, self._link.sdu, native, flags)
        self._link.widen()
        self._wire.trouble.send_narrow(PacketType.ACCEPT, payload)

    def _negotiate(self, reader: Reader) -> Reader:
        """The replies to these two requests never carry an end of response."""
        messages.read_protocol(reader)
        self._strike(Step.PROTOCOL)
        self._wire.send(self._make_protocol())
        self._wire.field_version = self._database.capabilities.field_version
        reader = self._wire.next_request()
        if reader.ub1() != messages.DATA_TYPES:
            raise ProtocolError("no data types after the protocol")
        self._wire.send(self._agree(reader))
        self._end_responses()
        reader = self._wire.next_request()
        _expect_function(reader, messages.AUTH_ONE, self._wire.field_version)
        return reader

    def _negotiate_fast(self, reader: Reader) -> None:
        """fast_auth.pyx: both requests, and the first of the login, in one."""
        messages.read_fast_auth_start(reader)
        self._end_responses()
        self._strike(Step.PROTOCOL)
        types = self._agree(reader)
        _expect_function(reader, messages.AUTH_ONE, _FAST_AUTH_FIELD_VERSION)
        self._prelude = self._make_protocol() + types

    def _end_responses(self) -> None:
        if self._database.capabilities.end_of_response:
            self._wire.enable_end_of_response()

    def _make_protocol(self) -> bytes:
        able = self._database.capabilities
        return answers.make_protocol(able.banner, able.field_version, able.request_boundaries)

    def _agree(self, reader: Reader) -> bytes:
        types = messages.read_data_types(reader)
        self._strike(Step.DATA_TYPES)
        able = self._database.capabilities
        self._wire.field_version = min(able.field_version, types.field_version)
        return answers.make_data_types(types.types, types.has_time_zone)

    def _log_in(self, reader: Reader) -> None:
        request = messages.read_auth(reader)
        self.user = request.user.upper()
        login = Login(find_account(self._database.accounts, self.user, self.service))
        self._strike(Step.AUTH_ONE)
        if self._special is Special.STARTING:
            raise _STARTING
        self._send_parameters(login.challenge())
        reader = self._wire.next_request()
        _expect_function(reader, messages.AUTH_TWO, self._wire.field_version)
        request = messages.read_auth(reader)
        self._strike(Step.AUTH_TWO)
        parameters = self._session_parameters(login.check(request))
        if (time_zone := session_time_zone(request)) is not None:
            self._database.counters.add_time_zone(time_zone)
        self._open_session(self._database.engines[self.service], self.user)
        self._send_parameters(parameters)

    def _send_parameters(self, parameters: list[tuple[str, str, int]]) -> None:
        prelude, self._prelude = self._prelude, b""
        answer = answers.make_auth_parameters(parameters) + answers.make_status(False)
        self._wire.send(prelude + answer)

    def _session_parameters(self, proof: str) -> list[tuple[str, str, int]]:
        """connection.pyx: _post_connect says which are read."""
        number = self._database.next_session_id()
        values = {
            "AUTH_SVR_RESPONSE": proof,
            "AUTH_SESSION_ID": str(number),
            "AUTH_SERIAL_NUM": str(number % 0x7FFF + 1),
            "AUTH_VERSION_NO": str(self._database.capabilities.version_number),
            "AUTH_MAX_OPEN_CURSORS": str(MAX_OPEN_CURSORS),
            "AUTH_SC_SERVICE_NAME": self.service,
            "AUTH_INSTANCENAME": "fake1",
            "AUTH_SC_DBUNIQUE_NAME": "FAKE",
            "AUTH_MAX_IDEN_LENGTH": "128",
        }
        return [(key, value, 0) for key, value in values.items()]


def _expect_function(reader: Reader, code: int, field_version: int) -> None:
    if reader.ub1() != messages.FUNCTION:
        raise ProtocolError("a function was expected")
    found = messages.read_function_header(reader, field_version)
    if found != code:
        raise ProtocolError(f"function {found} instead of {code}")
