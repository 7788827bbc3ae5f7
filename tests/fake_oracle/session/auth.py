"""The login exchange: who may log in, the challenge of phase one, the check of phase two.

Sources: impl/thin/messages/auth.pyx (_generate_verifier, _encrypt_passwords), impl/thin/crypto.pyx.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ..formats.primitives import ProtocolError
from ..kinds.calendar_days import in_zone, now_utc
from ..kinds.model import OraError
from ..messages.messages import Auth

AccountState = Literal[
    "open",
    "locked",
    "expired",
    "no_create_session",
    "10g_verifier",
    "directory",
    "session_limit",
]

_VERIFIER_12C: Final = 0x4815
_VERIFIER_11G: Final = 0x1B25
_VERIFIER_10G: Final = 0x939
_VERIFIER_DIRECTORY: Final = 0x1E81
# Rounds a fresh Oracle database uses.
_VERIFIER_ROUNDS: Final = 4096
_SESSION_KEY_ROUNDS: Final = 3
_BLOCK_BYTES: Final = 16
# SYSDBA and its like, token logins, new passwords (constants.pxi: TNS_AUTH_MODE_*).
_UNKNOWN_MODES: Final = ~(0x1 | 0x100)


@dataclass(frozen=True)
class Account:
    """Who may log in; service None means every service."""

    user: str
    password: str
    state: AccountState = "open"
    service: str | None = None
    verifier: Literal["12c", "11g"] = "12c"


DEFAULT_ACCOUNTS: Final = (
    Account("COMPARE", "compare_pw"),
    Account("APP", "app_pw"),
    Account("LOCKED", "locked_pw", state="locked"),
    Account("EXPIRED", "expired_pw", state="expired"),
    Account("NOLOGIN", "nologin_pw", state="no_create_session"),
    Account("OLDPW", "oldpw_pw", state="10g_verifier"),
    Account("DIRECTORY", "directory_pw", state="directory"),
    Account("LIMITED", "limited_pw", state="session_limit"),
    Account("ELEVENG", "eleveng_pw", verifier="11g"),
)

_WRONG_PASSWORD: Final = OraError(1017, "invalid credential or not authorized; logon denied")
_LOCKED: Final = OraError(28000, "The account is locked.")
_AFTER_PASSWORD: Final = {
    "expired": OraError(28001, "The account has expired."),
    "no_create_session": OraError(
        1045, "Login denied. User lacks CREATE SESSION privilege; logon denied"
    ),
    "session_limit": OraError(2391, "exceeded simultaneous SESSIONS_PER_USER limit"),
}


_TIME_ZONE: Final = re.compile(
    r"\bTIME_ZONE\s*=\s*(?:'([^']*)'|(LOCAL|DBTIMEZONE)\b)", re.IGNORECASE
)


def session_time_zone(request: Auth) -> str | None:
    """What phase two asks for, where it does (auth.pyx: _get_alter_session_statement); OraError,
    as of any statement that a database runs by itself, where there is no such zone.
    """
    found = _TIME_ZONE.search(request.pairs.get("AUTH_ALTER_SESSION", ""))
    if found is None:
        return None
    name, keyword = found.groups()
    if keyword is None:
        try:
            in_zone(now_utc(), name)
        except OraError as error:
            raise OraError(604, f"error occurred at recursive SQL level 1\n{error}") from error
    return name if keyword is None else keyword


def find_account(accounts: Sequence[Account], user: str, service: str) -> Account:
    """The account, or for an unknown user one with a password nobody knows."""
    for account in accounts:
        here = account.service is None or account.service.upper() == service.upper()
        if here and account.user.upper() == user.upper():
            return account
    return Account(user, secrets.token_hex(16))


class Login:
    """One login: the challenge for phase one, then the verdict on phase two."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._is_12c = account.verifier == "12c"
        self._salt = secrets.token_bytes(16 if self._is_12c else 10)
        self._session_salt = secrets.token_bytes(16)
        self._server_part = secrets.token_bytes(32 if self._is_12c else 48)
        self._password_hash = self._hash_password(account.password.encode())

    def _hash_password(self, password: bytes) -> bytes:
        if not self._is_12c:
            return hashlib.sha1(password + self._salt).digest() + bytes(4)  # noqa: S324
        speedy_salt = self._salt + b"AUTH_PBKDF2_SPEEDY_KEY"
        key = hashlib.pbkdf2_hmac("sha512", password, speedy_salt, _VERIFIER_ROUNDS, 64)
        return hashlib.sha512(key + self._salt).digest()[:32]

    def challenge(self) -> list[tuple[str, str, int]]:
        """Key, value, flags; OraError where the account may not even try."""
        if self._account.state == "locked":
            raise _LOCKED
        pairs = [
            ("AUTH_SESSKEY", _encrypt(self._password_hash, self._server_part).hex().upper(), 0),
            ("AUTH_VFR_DATA", self._salt.hex().upper(), self._verifier_type()),
        ]
        if self._is_12c:
            pairs += [
                ("AUTH_PBKDF2_CSK_SALT", self._session_salt.hex().upper(), 0),
                ("AUTH_PBKDF2_VGEN_COUNT", str(_VERIFIER_ROUNDS), 0),
                ("AUTH_PBKDF2_SDER_COUNT", str(_SESSION_KEY_ROUNDS), 0),
            ]
        return pairs

    def _verifier_type(self) -> int:
        if self._account.state == "10g_verifier":
            return _VERIFIER_10G
        if self._account.state == "directory":
            return _VERIFIER_DIRECTORY
        return _VERIFIER_12C if self._is_12c else _VERIFIER_11G

    def check(self, request: Auth) -> str:
        """The proof that the server knew the password too; OraError when the login fails."""
        _refuse_unknown(request)
        combo_key = self._combo_key(bytes.fromhex(request.pairs["AUTH_SESSKEY"]))
        sent = _decrypt(combo_key, bytes.fromhex(request.pairs["AUTH_PASSWORD"]))
        if not hmac.compare_digest(_unpadded(sent), self._account.password.encode()):
            raise _WRONG_PASSWORD
        if self._account.state in _AFTER_PASSWORD:
            raise _AFTER_PASSWORD[self._account.state]
        proof = secrets.token_bytes(_BLOCK_BYTES) + b"SERVER_TO_CLIENT"
        padding = bytes((_BLOCK_BYTES,)) * _BLOCK_BYTES
        return _encrypt(combo_key, proof + padding).hex().upper()

    def _combo_key(self, client_key: bytes) -> bytes:
        client_part = _decrypt(self._password_hash, client_key)
        server_part = self._server_part
        if self._is_12c:
            mixed = (client_part[:32] + server_part[:32]).hex().upper().encode()
            return hashlib.pbkdf2_hmac("sha512", mixed, self._session_salt, _SESSION_KEY_ROUNDS, 32)
        crossed = bytes(a ^ b for a, b in zip(server_part[16:40], client_part[16:40], strict=True))
        halves = (crossed[:16], crossed[16:])
        return b"".join(hashlib.md5(half).digest() for half in halves)[:24]  # noqa: S324


def _refuse_unknown(request: Auth) -> None:
    if request.mode & _UNKNOWN_MODES:
        raise OraError(1031, f"insufficient privileges (authentication mode {request.mode:#x})")
    if "PROXY_CLIENT_NAME" in request.pairs:
        raise OraError(28150, "proxy not authorized to connect as client")
    if not request.pairs.keys() >= {"AUTH_SESSKEY", "AUTH_PASSWORD"}:
        raise ProtocolError(f"a login with {sorted(request.pairs)}")


def _unpadded(sent: bytes) -> bytes:
    """The password behind 16 random bytes and before its padding."""
    padding = sent[-1]
    return sent[_BLOCK_BYTES:-padding] if 0 < padding <= _BLOCK_BYTES else b""


def _encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(bytes(_BLOCK_BYTES))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = Cipher(AES(key), CBC(bytes(_BLOCK_BYTES))).decryptor()
    return decryptor.update(data) + decryptor.finalize()
