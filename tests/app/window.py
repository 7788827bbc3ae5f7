"""The app's window as X sees it: what a window manager and a person at the keyboard do to it."""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
import time
import zlib
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from functools import cache
from typing import Any, Final

from .closing import Closing
from .patience import PATIENCE_SECONDS

_CLIENT_MESSAGE: Final = 33
_VIEWABLE: Final = 2
_CURRENT_TIME: Final = 0
_ALL_PLANES: Final = 0xFFFFFF
_Z_PIXMAP: Final = 2
_SHIFT: Final = 0xFFE1
_KEYSYMS: Final = {"Return": 0xFF0D, "Escape": 0xFF1B, "Tab": 0xFF09, "Control": 0xFFE3}
# Text cursors do not blink: see make_root.
_STILL_SECONDS: Final = 2.0


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
        ("padding", c_long * 16),  # an XEvent is larger than this one of its forms
    )


class _Attributes(ctypes.Structure):
    """The beginning of XWindowAttributes, and room for its rest."""

    _fields_ = (
        *((name, c_int) for name in ("x", "y", "width", "height", "border_width", "depth")),
        ("visual", c_void_p),
        ("root", c_ulong),
        *((name, c_int) for name in ("class_", "bit_gravity", "win_gravity", "backing_store")),
        *((name, c_ulong) for name in ("backing_planes", "backing_pixel")),
        ("save_under", c_int),
        ("colormap", c_ulong),
        *((name, c_int) for name in ("map_installed", "map_state")),
        ("rest", c_long * 8),
    )


class _Image(ctypes.Structure):
    """The beginning of XImage."""

    _fields_ = (
        *((name, c_int) for name in ("width", "height", "xoffset", "format")),
        ("data", POINTER(c_char)),
        *((name, c_int) for name in ("byte_order", "bitmap_unit", "bitmap_bit_order")),
        *((name, c_int) for name in ("bitmap_pad", "depth", "bytes_per_line", "bits_per_pixel")),
    )


@cache
def _library(name: str) -> Any:
    path = ctypes.util.find_library(name)
    if path is None:
        raise OSError(f"lib{name} is not installed")
    return ctypes.CDLL(path)


@cache
def _x11() -> Any:
    x11 = _library("X11")
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = [c_char_p], c_void_p
    x11.XDefaultRootWindow.argtypes, x11.XDefaultRootWindow.restype = [c_void_p], c_ulong
    x11.XInternAtom.argtypes, x11.XInternAtom.restype = [c_void_p, c_char_p, c_int], c_ulong
    x11.XKeysymToKeycode.argtypes, x11.XKeysymToKeycode.restype = [c_void_p, c_ulong], c_int
    x11.XGetImage.restype = POINTER(_Image)
    return x11


class Screen(Closing):
    """A connection to the X server; a context manager, for one thread."""

    def __init__(self, name: str) -> None:
        self._display = c_void_p(_x11().XOpenDisplay(name.encode()))
        if not self._display:
            raise OSError(f"no X server answers at {name}")
        self._root = c_ulong(_x11().XDefaultRootWindow(self._display))
        # A window may go between two questions; the library's own handler would end the process.
        self._ignore = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda *_: 0)
        _x11().XSetErrorHandler(self._ignore)

    def window(self, title: str) -> Window:
        """The shown one whose title ends so: the page puts more before it. Waits for it."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            for window in self._windows():
                if self._title(window).endswith(title):
                    return Window(self._display, window)
            assert time.monotonic() < give_up, f"no window is called {title}: {self.titles()}"
            time.sleep(0.05)  # without a window manager nobody tells of new windows

    def wait_until_gone(self, title: str) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while title in self.titles():
            assert time.monotonic() < give_up, f"{title} stays"
            time.sleep(0.05)  # as above

    def titles(self) -> list[str]:
        """Of the windows that are shown."""
        titles = [self._title(window) for window in self._windows()]
        return [title for title in titles if title]

    def picture(self) -> bytes:
        """All of it as a PNG, once it stands still. Other windows than the app's are in no
        driver's screenshot."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        before, now = b"", self._picture()
        while now != before and time.monotonic() < give_up:
            time.sleep(_STILL_SECONDS)
            before, now = now, self._picture()
        return now

    def _picture(self) -> bytes:
        attributes = _Attributes()
        _x11().XGetWindowAttributes(self._display, self._root, byref(attributes))
        size = (attributes.width, attributes.height)
        image = _x11().XGetImage(
            self._display, self._root, 0, 0, *size, c_ulong(_ALL_PLANES), _Z_PIXMAP
        )
        try:
            shown = image.contents
            assert (shown.depth, shown.bits_per_pixel) == (24, 32)
            pixels = shown.data[: shown.bytes_per_line * shown.height]
        finally:
            _x11().XDestroyImage(image)
        return _png(pixels, *size)

    def give_keys_to(self, title: str) -> None:
        """To a window that has just been opened. It can take them once it stands still, which is
        later than it is shown."""
        self.window(title).focus()
        self.picture()

    def unfocus(self) -> None:
        """Takes the keys from every window."""
        Window(self._display, self._root).focus()

    def press(self, *names: str) -> None:
        """Keys held together, as from a keyboard."""
        for name in names:
            self._key(_KEYSYMS.get(name) or ord(name), is_down=True)
        for name in reversed(names):
            self._key(_KEYSYMS.get(name) or ord(name), is_down=False)

    def write(self, text: str) -> None:
        """Letters, digits, and the few other characters that stand alone on a key."""
        for character in text:
            keys = [_SHIFT, ord(character)] if character.isupper() else [ord(character)]
            for key in keys:
                self._key(key, is_down=True)
            for key in reversed(keys):
                self._key(key, is_down=False)

    def _key(self, keysym: int, *, is_down: bool) -> None:
        code = _x11().XKeysymToKeycode(self._display, keysym)
        assert code, f"no key gives {keysym:#x}"
        _library("Xtst").XTestFakeKeyEvent(self._display, code, int(is_down), c_ulong(0))
        _x11().XSync(self._display, 0)

    def _windows(self) -> Iterator[c_ulong]:
        """Those without a parent: with no window manager, every one that an app opens."""
        for number in _children(self._display, self._root):
            attributes = _Attributes()
            window = c_ulong(number)
            _x11().XGetWindowAttributes(self._display, window, byref(attributes))
            if attributes.map_state == _VIEWABLE:
                yield window

    def _title(self, window: c_ulong) -> str:
        name = c_char_p()
        if not _x11().XFetchName(self._display, window, byref(name)) or name.value is None:
            return ""
        title = name.value.decode("utf-8", "replace")
        _x11().XFree(name)
        return title

    def close(self) -> None:
        _x11().XCloseDisplay(self._display)


class Window:
    """One window of a screen."""

    def __init__(self, display: c_void_p, window: c_ulong) -> None:
        self._display = display
        self._window = window

    @property
    def has_focus(self) -> bool:
        """Whether it gets the keys, itself or by a window within it."""
        window, revert = c_ulong(), c_int()
        _x11().XGetInputFocus(self._display, byref(window), byref(revert))
        return window.value in (self._window.value, *_children(self._display, self._window))

    def wait_for_focus(self) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not self.has_focus:
            assert time.monotonic() < give_up, "the window has not got the keys"
            time.sleep(0.05)  # it is given without a word to anybody else

    def focus(self) -> None:
        """As a window manager does with a new one."""
        _x11().XSetInputFocus(self._display, self._window, 0, c_ulong(_CURRENT_TIME))
        _x11().XSync(self._display, 0)

    @property
    def size(self) -> tuple[int, int]:
        attributes = _Attributes()
        _x11().XGetWindowAttributes(self._display, self._window, byref(attributes))
        return attributes.width, attributes.height

    def resize(self, width: int, height: int) -> None:
        _x11().XResizeWindow(self._display, self._window, width, height)
        _x11().XSync(self._display, 0)

    def close(self) -> None:
        """As its button in the corner does."""
        event = _ClientMessage(type=_CLIENT_MESSAGE, window=self._window.value, format=32)
        event.message_type = self._atom("WM_PROTOCOLS")
        event.data[0] = self._atom("WM_DELETE_WINDOW")
        _x11().XSendEvent(self._display, self._window, 0, c_long(0), byref(event))
        _x11().XSync(self._display, 0)

    def _atom(self, name: str) -> int:
        return int(_x11().XInternAtom(self._display, name.encode(), 0))


def _children(display: c_void_p, window: c_ulong) -> list[int]:
    count, children = c_uint(), POINTER(c_ulong)()
    ignored = (byref(c_ulong()), byref(c_ulong()))
    _x11().XQueryTree(display, window, *ignored, byref(children), byref(count))
    numbers = list(children[: count.value]) if count.value else []
    if children:
        _x11().XFree(children)
    return numbers


def _png(pixels: bytes, width: int, height: int) -> bytes:
    """Of pixels of four bytes: blue, green, red, and one that says nothing."""
    rgb = bytearray(3 * width * height)
    for place, colour in enumerate((2, 1, 0)):
        rgb[place::3] = pixels[colour::4]
    lines = b"".join(
        b"\0" + rgb[start : start + 3 * width] for start in range(0, len(rgb), 3 * width)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
