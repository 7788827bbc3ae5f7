"""A stand-in for an Oracle database: the real wire protocol over TCP, sqlite3 behind it."""

from .auth import DEFAULT_ACCOUNTS, Account
from .capabilities import ORACLE_12C, ORACLE_19C, ORACLE_23AI, Capabilities
from .counters import Counts
from .faults import (
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
from .server import FakeOracle

__all__ = [
    "DEFAULT_ACCOUNTS",
    "ORACLE_12C",
    "ORACLE_19C",
    "ORACLE_23AI",
    "Account",
    "Action",
    "Answer",
    "Capabilities",
    "Close",
    "Counts",
    "Delay",
    "FakeOracle",
    "Fault",
    "Faults",
    "Garbage",
    "LyingLength",
    "Refuse",
    "Reset",
    "ScriptedFault",
    "Silence",
    "Step",
    "Trickle",
    "Truncate",
]
