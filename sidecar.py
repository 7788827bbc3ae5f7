"""The process: settings in, exit code out; every object wired up in one screen."""

from __future__ import annotations

import gc
import os
import signal

# Nothing that is imported is garbage: the collector waits until all of it is there (_load), and
# never looks at it again. A batch of rows is thousands of tuples at once, which are not garbage
# either: Python's own threshold would have it look through them several times.
gc.disable()
gc.set_threshold(20_000)

# SIGHUP comes when a terminal is closed, SIGBREAK (Windows) when a console is. nohup(1) starts what
# is to outlive its terminal with SIGHUP ignored.
STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM]
if hasattr(signal, "SIGBREAK"):
    STOP_SIGNALS.append(signal.SIGBREAK)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
    STOP_SIGNALS.append(signal.SIGHUP)

if __name__ == "__main__":
    # The imports below are most of the start. A stop that comes during them finds nothing to close:
    # without this it would end the process by the signal, or with a traceback.
    for _number in STOP_SIGNALS:
        signal.signal(_number, lambda *_: os._exit(0))

import errno
import json
import logging
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from api.loading import LoadingApp
from common import logs
from common import settings as settings_module
from common.deadline import Deadline
from common.errors import ApiError
from common.settings import VERSION, Settings, SettingsError
from common.threads import start_thread
from http_server.guard import Guard
from http_server.server import SidecarServer
from process import one_file, parent_watch
from process.stopping import StopRequests

if TYPE_CHECKING:
    from handlers import App

EXIT_OK, EXIT_DEFECT, EXIT_BAD_SETTINGS, EXIT_PORT_TAKEN = 0, 1, 2, 3
# What comes after the drain time: to break off what still runs, and to log off.
CLEAN_UP_SECONDS = 0.8
# The drain time where the parent is gone, and with it, most likely, every reader of an answer.
PARENT_GONE_SECONDS = 1.0

# What only some sessions need is loaded this long after the driver: it is not to hold up a query
# that comes with the ready line.
LOAD_REST_SECONDS = 1.0
LOAD_AGAIN_SECONDS = 5.0

# A thread that encodes rows gives way to others after this long. Python's own 5 ms add up where
# /health waits for its turn several times behind large answers.
SWITCH_SECONDS = 0.001
MOST_DESCRIPTORS = 4096
logger = logging.getLogger("sidecar")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sidecar until it is told to stop; returns the exit code."""
    _hold_standard_descriptors()
    try:
        settings = settings_module.load(sys.argv[1:] if argv is None else argv, os.environ)
    except SettingsError as error:
        return _cannot_start(str(error), error.log_file, EXIT_BAD_SETTINGS)
    if settings.self_test:
        from process import self_test

        return self_test.run(os.environ)
    logs.configure(settings.log_level, settings.log_file)
    for warning in settings.warnings:
        logger.warning(warning)
    try:
        exit_code = _serve(settings)
    except BaseException:
        # The main thread's entry point: all that the app's user can look at may be the log file.
        logger.exception("the sidecar failed")
        exit_code = EXIT_DEFECT
    logs.close()
    bootloader = one_file.bootloader_pid()
    if bootloader is not None and os.getppid() != bootloader:
        one_file.remove_own_folder()
    return exit_code


def _serve(settings: Settings) -> int:
    sys.setswitchinterval(SWITCH_SECONDS)
    stops = StopRequests()
    stops.listen_to_signals(STOP_SIGNALS)
    app = LoadingApp(lambda started: _load(settings, stops, started))
    try:
        server = SidecarServer(
            app,
            lambda address: Guard(*address, settings.origins, settings.token),
            settings,
        )
    except OSError as error:
        return _cannot_listen(settings, error)
    threading.Thread(target=server.serve_forever, name="accept", daemon=True).start()
    app.start_loading()
    one_file.hold_own_folder()
    bootloader = one_file.bootloader_pid()
    _watch_parent(settings, bootloader, stops)
    # On a thread of its own: a pipe that is not read may be full.
    threading.Thread(target=_tell_ready, args=(server,), name="ready", daemon=True).start()
    stops.wait()
    _drain(server, app, stops, settings.drain_timeout)
    return EXIT_OK


def _load(settings: Settings, stops: StopRequests, started: float) -> App:
    """What takes the time to import: the API, and behind it the driver, on a thread of its own."""
    from handlers import App
    from oracle.failed_logins import FailedLogins, LoginTrials
    from oracle.login import start_loading_driver
    from oracle_pool import Pools
    from query.queries import Queries

    start_loading_driver(_load_the_rest)
    _set_own_limits()
    failed_logins = FailedLogins(settings.pool_timeout)
    pools = Pools(settings, failed_logins)
    queries = Queries(pools, settings)
    return App(pools, LoginTrials(failed_logins), queries, settings, stops.request_once, started)


def _load_the_rest() -> None:
    """On the thread that loaded the driver."""
    from oracle.driver import load_the_rest

    gc.freeze()
    gc.enable()
    time.sleep(LOAD_REST_SECONDS)
    # Tracebacks take linecache and tokenize, the end of a one-file build takes shutil.
    at_the_end = ("shutil",) if one_file.own_folder() is not None else ()
    rest = ("oracle.tls_socket", "api.openapi", "linecache", "tokenize", *at_the_end)
    while not load_the_rest(rest):
        time.sleep(LOAD_AGAIN_SECONDS)  # nothing tells when files, or descriptors, are there again


def _drain(
    server: SidecarServer, loading_app: LoadingApp[App], stops: StopRequests, seconds: float
) -> None:
    """Let running requests end, then end them; a second stop skips the waiting."""
    logger.info("stopping")

    def wait_for_requests() -> None:
        server.drain(Deadline.after(seconds))
        stops.request()

    try:
        start_thread("drain", wait_for_requests)
    except ApiError:
        wait_for_requests()  # a second stop then skips nothing
    stops.wait()
    clean_up = Deadline.after(CLEAN_UP_SECONDS)
    app = loading_app.app()
    if app is not None:
        app.pools.start_closing()
        stopped = app.queries.cancel_all()
        if stopped:
            logger.warning("stopped %d queries that still ran", stopped)
            server.wait_until_quiet(clean_up)
        app.pools.close_all(clean_up)
    server.cut_connections()
    logger.info("stopped")


def _tell_ready(server: SidecarServer) -> None:
    host, port = server.address
    line = {"event": "ready", "host": host, "port": port, "pid": os.getpid(), "version": VERSION}
    logger.info("listening on %s port %d", host, port)
    try:
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):  # AttributeError: it was closed from the start
        logger.warning("nobody takes the ready line: standard output is closed")


def _watch_parent(settings: Settings, bootloader: int | None, stops: StopRequests) -> None:
    is_noticed = threading.Lock()

    def stop_soon() -> None:
        if not is_noticed.acquire(blocking=False):
            return  # told in two ways of one death
        stops.request_once()  # a drain that is under way already is not cut by it
        time.sleep(PARENT_GONE_SECONDS)  # the process ends sooner if nothing runs
        stops.request()

    if settings.exit_on_stdin_close:
        parent_watch.watch_stdin(stop_soon)
    if settings.parent_pid is not None:
        parent_watch.watch_process(settings.parent_pid, stop_soon)
    if bootloader is not None:
        # To kill the first of the two processes means both.
        parent_watch.watch_process(bootloader, stop_soon)
        with suppress(ApiError):  # the next start sweeps
            start_thread("sweep", one_file.sweep)


def _cannot_listen(settings: Settings, error: OSError) -> int:
    address = f"{settings.host} port {settings.port}"
    if error.errno == errno.EACCES and os.name == "posix":
        sentence = f"{address} is for privileged programs only; choose one from 1024 on with --port"
        return _cannot_start(sentence, settings.log_file, EXIT_BAD_SETTINGS)
    # On Windows EACCES says that another program holds the port for itself alone.
    if error.errno not in (errno.EADDRINUSE, errno.EACCES):
        sentence = f"cannot listen on {address}: {error.strerror}"
        return _cannot_start(sentence, settings.log_file, EXIT_BAD_SETTINGS)
    holder = _who_holds(settings)
    sentence = (
        f"{address} is taken{holder}; choose another with --port, or --port 0 for any free one"
    )
    return _cannot_start(sentence, settings.log_file, EXIT_PORT_TAKEN)


def _who_holds(settings: Settings) -> str:
    """` by another sidecar (pid 123)`, where one answers there."""
    from process.loopback_client import ask

    try:
        _, health = ask((settings.host, settings.port), "/health")
        if "driver" in health and "active_pools" in health:
            return f" by another oracle-sidecar (pid {int(health['pid'])})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return ""


def _cannot_start(sentence: str, log_file: str | None, exit_code: int) -> int:
    """One line to what started the process, and to the log file, which may be all that is kept.

    Where neither can be written to, the exit code speaks.
    """
    logs.say(f"oracle-sidecar: {sentence}")
    if log_file is not None:
        logs.configure("error", log_file)
        logger.error("cannot start: %s", sentence)
        logs.close()
    return exit_code


def _hold_standard_descriptors() -> None:
    """Where a parent closed one of the three, the first socket would take its place."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, False)
    os.close(descriptor)


def _set_own_limits() -> None:
    """Raise this process's own limit on open descriptors, and have it leave no core dump.

    macOS starts programs with 256 descriptors, which 128 callers and the sessions of 32 pools are
    more than; where the limit cannot be raised it stays. A core dump would hold passwords.
    """
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(MOST_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return


if __name__ == "__main__":
    # Not sys.exit: the interpreter unwinds its daemon threads at its end, and one that is inside
    # the driver's compiled code just then (still loading it, most likely) aborts the process. All
    # that there is to close has been closed, and the streams hold nothing back.
    os._exit(main())
