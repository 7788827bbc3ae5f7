"""A bare connection: bytes out, answers in, and nothing in between that would put them right."""

from __future__ import annotations

from tests.harness import Answer, Sidecar

JSON_TYPE = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
EXPECT = b"Expect: 100-continue\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
QUERY_ID = b'{"query_id":"x"}'
CANCELLED = {"cancelled": False}
MEBIBYTE = 1024 * 1024


class Wire:
    """One bare connection: bytes out, answers in. A context manager."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.host = f"Host: {sidecar.host}:{sidecar.port}\r\n".encode()
        self.socket = sidecar.connect()
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, target: str = "/health", version: str = "1.1", headers: bytes = b"") -> None:
        self.send(f"GET {target} HTTP/{version}\r\n".encode() + self.host + headers + b"\r\n")

    def post(self, headers: bytes, body: bytes = b"", path: str = "/cancel") -> None:
        """A POST of JSON whose framing the caller chooses."""
        start = f"POST {path} HTTP/1.1\r\n".encode() + self.host + JSON_TYPE
        self.send(start + headers + b"\r\n" + body)

    def post_value(self, body: bytes, path: str = "/cancel") -> None:
        self.post(b"Content-Length: %d\r\n" % len(body), body, path)

    def answer(self, to: str = "GET") -> Answer:
        """Read one answer, and not a byte of the next one."""
        head, _, self._buffer = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        length = 0 if to == "HEAD" else int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            self._buffer += self._received()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Answer(int(status_line.split()[1]), headers, body)

    def exactly(self, expected: bytes) -> bytes:
        while len(self._buffer) < len(expected):
            self._buffer += self._received()
        taken, self._buffer = self._buffer[: len(expected)], self._buffer[len(expected) :]
        return taken

    def rest(self) -> bytes:
        """What comes until the server closes the connection; a reset is an end too."""
        rest, self._buffer = self._buffer, b""
        try:
            while received := self.socket.recv(65_536):
                rest += received
        except ConnectionError:
            pass
        return rest

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += self._received()
        return self._buffer

    def _received(self) -> bytes:
        received = self.socket.recv(65_536)
        assert received, f"the server closed the connection after {self._buffer!r}"
        return received

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def assert_refused(answer: Answer, status: int, full_code: str) -> None:
    """Every refusal has one shape."""
    assert (answer.status, answer.detail["full_code"]) == (status, full_code)
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json) == ["detail"]
    assert answer.detail["code"] == 0
    assert answer.detail["message"]


def make_busy(sidecar: Sidecar) -> Wire:
    """A connection whose request is known to run: it has been told to send its body."""
    wire = Wire(sidecar)
    wire.post(EXPECT + b"Content-Length: 16\r\n")
    assert wire.exactly(CONTINUE) == CONTINUE
    return wire


def make_idle(sidecar: Sidecar) -> Wire:
    wire = Wire(sidecar)
    wire.get()
    assert wire.answer().status == 200
    return wire
