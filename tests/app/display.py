"""A screen without a monitor, shared by the root and the tests."""

from __future__ import annotations

import os

from .closing import Closing
from .namespace import end
from .root import Root

_SOCKETS = "/tmp/.X11-unix"


class Display(Closing):
    """An Xvfb on the first free number. A context manager."""

    def __init__(self, root: Root, size: str = "1600x1000") -> None:
        read, write = os.pipe()
        self._process = root.namespace.start(
            [
                *("Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24"),
                *("-ac", "-nolisten", "tcp", "-noreset"),
            ],
            env=os.environ,
            pass_fds=(write,),
        )
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        if not number:
            raise OSError(f"Xvfb ended with {self._process.wait()}")
        self.name = f":{number}"
        sockets = str(root.outside(_SOCKETS))
        mount = f"mkdir -p {sockets} && mount --bind {_SOCKETS} {sockets}"
        root.namespace.run(["sh", "-c", mount], os.environ)

    @property
    def environment(self) -> dict[str, str]:
        return {"DISPLAY": self.name}

    def close(self) -> None:
        end(self._process)
