"""What the driver imports for nothing stays out, and what a login needs is there for it.

Each check runs in an interpreter of its own: pytest has asyncio loaded already.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from oracle import driver_imports
from tests.fake_oracle import FakeOracle
from tests.harness import ROOT


def run(script: str) -> str:
    """What a script prints that runs where the product's modules are."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


IMPORT = """
    import sys
    from oracle import driver_imports
    oracledb, thin_impl, _ = driver_imports.import_driver()
"""


IMPORTED_ON_USE = (
    *driver_imports.ON_USE,
    *driver_imports.MODULES_ON_USE,
    *(module for module, _ in driver_imports.CLASSES_ON_USE),
)


def test_the_driver_comes_without_what_is_not_needed_or_not_yet() -> None:
    heavy = (*driver_imports.UNUSED, *IMPORTED_ON_USE, "_ssl", "_hashlib")
    loaded = run(f"{IMPORT}\n    print([name for name in {heavy!r} if name in sys.modules])")
    assert loaded == "[]"


def test_asyncio_and_cryptography_can_be_imported_behind_it() -> None:
    assert run(f"{IMPORT}\n    import asyncio, cryptography.x509; print(asyncio.run)")


def test_what_is_imported_already_is_left_in_its_place() -> None:
    script = f"""
    import asyncio
    {IMPORT}
    print(asyncio is sys.modules["asyncio"], issubclass(thin_impl.AsyncProtocol, asyncio.Protocol))
    """
    assert run(script) == "True True"


def test_a_login_imports_what_it_needs_and_no_more(database: FakeOracle) -> None:
    script = f"""
    {IMPORT}
    with oracledb.connect(user="compare", password="compare_pw", dsn="{database.dsn()}") as c:
        print([name for name in ("cryptography.x509", "_hashlib", "ssl") if name in sys.modules])
    """
    assert run(script) == "[]"


def test_a_session_of_ours_brings_openssl_in_where_tls_is_wanted(
    tls_database: FakeOracle, wallet: str
) -> None:
    script = f"""
    import sys
    from oracle import login, target
    from common.deadline import Deadline
    from common.logs import Secret
    login.start_loading_driver()
    for dsn in ("{tls_database.dsn()}", "{tls_database.tcps_dsn()}"):
        who = target.Target(dsn, "compare", Secret("compare_pw"), wallet_location="{wallet}")
        where = target.destination_of(who, Deadline.after(10))
        login.log_in(where, Deadline.after(10), 10).close()
        print("ssl" in sys.modules)
    """
    assert run(script).split() == ["False", "True"]
    assert tls_database.counts().tls_handshakes == 2


def test_another_thread_that_imports_meanwhile_gets_what_it_asks_for() -> None:
    script = """
    import sys
    from common.lean_imports import standing_in
    from oracle import driver_imports
    with standing_in(driver_imports._stand_ins()):
        from hmac import compare_digest
        import ssl
        print(ssl.create_default_context().verify_mode.value)
    import hmac
    print(hmac.compare_digest is compare_digest, type(sys.modules["ssl"]).__name__)
    """
    assert run(script).split() == ["2", "True", "module"]


def test_what_the_driver_keeps_becomes_the_real_modules() -> None:
    script = f"""
    {IMPORT}
    import ssl, oracledb.base_impl as base
    print(base.ssl.TLSVersion is ssl.TLSVersion, thin_impl.ssl.SSLError is ssl.SSLError)
    print(thin_impl.x509.__name__, thin_impl.Cipher.__name__)
    """
    assert run(script).split()[:2] == ["True", "True"]


def test_thick_mode_is_out_of_reach_and_says_so_at_once() -> None:
    script = f"""
    {IMPORT}
    try:
        oracledb.init_oracle_client()
    except AttributeError as error:
        print(error)
    """
    assert "init_oracle_client" in run(script)


@pytest.mark.parametrize("name", driver_imports.UNUSED)
def test_nothing_stands_in_for_a_module_that_the_driver_does_not_import(name: str) -> None:
    """A stand-in that is not needed any more is to go."""
    script = f"""
    import sys
    sys.modules[{name!r}] = None
    try:
        import oracledb
    except (ImportError, AttributeError) as error:
        print("missed:", error)
    """
    assert run(script).startswith("missed")


def test_the_driver_still_has_a_use_for_what_is_imported_on_use() -> None:
    names = [
        *driver_imports.ON_USE,
        *(name.rpartition(".")[2] for name in driver_imports.MODULES_ON_USE),
        *(name for _, name in driver_imports.CLASSES_ON_USE),
    ]
    script = f"""
    from oracledb import thin_impl
    print([name for name in {names!r} if not hasattr(thin_impl, name)])
    """
    assert run(script) == "[]"


def test_everything_that_is_imported_on_use_can_be() -> None:
    assert (
        run("from oracle import driver_imports; driver_imports.import_all(); print('all')") == "all"
    )


def test_the_server_s_base_class_comes_without_what_its_request_handlers_need() -> None:
    heavy = ("email", "email.utils", "html", "http.client", "mimetypes", "shutil", "calendar")
    script = f"""
    import sys
    before = set(sys.modules)
    from http_server import server
    print([name for name in {heavy!r} if name in sys.modules.keys() - before])
    """
    assert run(script) == "[]"


def test_the_request_handlers_of_the_standard_library_work_behind_it() -> None:
    script = """
    from http_server import server
    import http.server, socket, threading, urllib.request
    assert issubclass(server.SidecarServer, http.server.ThreadingHTTPServer)
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words): pass
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    with urllib.request.urlopen(f"http://127.0.0.1:{httpd.server_port}/sidecar.py") as answer:
        print(answer.status, answer.headers["Content-Type"], bool(answer.headers["Date"]))
    """
    assert run(script).startswith("200 text/x-python True")
