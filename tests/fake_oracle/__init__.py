"""A stand-in for an Oracle database: the real wire protocol over TCP and TLS, sqlite3 behind it."""

from .link.certificates import Authority, Identity
from .link.counters import Counts
from .link.faults import (
    Action,
    Answer,
    Close,
    Delay,
    Fault,
    Faults,
    Garbage,
    LyingLength,
    Refuse,
    Reset,
    ScriptedFault,
    Silence,
    Step,
    Trickle,
    Truncate,
)
from .link.tls import Tls
from .messages.capabilities import ORACLE_12C, ORACLE_19C, ORACLE_23AI, Capabilities
from .server import FakeOracle
from .session.auth import DEFAULT_ACCOUNTS, Account

__all__ = [
    "DEFAULT_ACCOUNTS",
    "ORACLE_12C",
    "ORACLE_19C",
    "ORACLE_23AI",
    "Account",
    "Action",
    "Answer",
    "Authority",
    "Capabilities",
    "Close",
    "Counts",
    "Delay",
    "FakeOracle",
    "Fault",
    "Faults",
    "Garbage",
    "Identity",
    "LyingLength",
    "Refuse",
    "Reset",
    "ScriptedFault",
    "Silence",
    "Step",
    "Tls",
    "Trickle",
    "Truncate",
]
