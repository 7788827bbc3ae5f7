"""TLS on the stand-in's side of a connection, in memory: what came in, what is to go out. No I/O.

The driver's side: impl/thin/transport.pyx (negotiate_tls, renegotiate_tls, _calc_sni_data).
"""

from __future__ import annotations

import re
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .certificates import Authority, Identity

_MOST_BYTES = 65536
# S<length>.<service>, then perhaps .T1.<kind of server>, then .V3.<protocol version>
_SERVICE_IN_SNI = re.compile(r"S\d+\.(.+?)(?:\.T1\.\w)?\.V3\.\d+")


@dataclass(frozen=True)
class Tls:
    """How the port with TLS behaves.

    clients: whoever comes must show a certificate of that authority. hands_over: after CONNECT the
    listener passes the client on to another process, with which TLS begins anew, as a dedicated
    server does; unless the client's hello said which service it wants.
    """

    identity: Identity
    clients: Authority | None = None
    hands_over: bool = True

    def context(self) -> ssl.SSLContext:
        """One for each connection: it is told what a hello names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "identity.pem")
            file.write_bytes(self.identity.pem())
            context.load_cert_chain(file)
        if self.clients is not None:
            context.load_verify_locations(cadata=self.clients.pem.decode())
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class TlsEnd:
    """One end of one connection. Safe to call from any thread: a lock guards what OpenSSL holds.

    Nothing is answered before begin().
    """

    def __init__(self, tls: Tls, on_handshake: Callable[[], None]) -> None:
        self._context = tls.context()
        self._context.sni_callback = self._hear_name
        self._on_handshake = on_handshake
        self._lock = threading.Lock()
        self.hands_over = tls.hands_over
        self.has_hello = threading.Event()
        self._start()

    def _start(self) -> None:
        """Needs the lock, but when it is made."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_begun = self.is_set_up = False
        self.has_hello.clear()

    def begin(self) -> None:
        """Answer the client's hello."""
        with self._lock:
            self._is_begun = True
            self._shake_hands()

    def begin_anew(self) -> None:
        """What comes from now on is another hello; what was sealed is still to be taken."""
        with self._lock:
            sealed = self._outgoing.read()
            self._start()
            self._outgoing.write(sealed)
            self.hands_over = False

    def open(self, data: bytes) -> bytes:
        """What is to be read in it, if anything is whole yet. ssl.SSLError."""
        with self._lock:
            self._incoming.write(data)
            self.has_hello.set()
            if self._is_begun and not self.is_set_up:
                self._shake_hands()
            pieces = []
            while self.is_set_up and (piece := self._read()):
                pieces.append(piece)
            return b"".join(pieces)

    def seal(self, data: bytes) -> None:
        with self._lock:
            self._session.write(data)

    def say_goodbye(self) -> None:
        """Nothing is sealed after this."""
        with self._lock:
            try:
                self._session.unwrap()
            except ssl.SSLError:
                return  # the client's own goodbye is not waited for

    def take(self) -> bytes:
        """What is to be sent: whoever takes it must send it before the next one takes more."""
        with self._lock:
            return self._outgoing.read()

    def _shake_hands(self) -> None:
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.is_set_up = True
        self._on_handshake()

    def _hear_name(self, _session: object, name: str | None, _context: object) -> None:
        """Needs the lock: it is called amid a handshake."""
        if name is not None and _SERVICE_IN_SNI.fullmatch(name):
            self.hands_over = False

    def _read(self) -> bytes:
        try:
            return self._session.read(_MOST_BYTES)
        except ssl.SSLWantReadError:
            return b""
