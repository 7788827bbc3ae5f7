"""All that makes two connections the same."""

from __future__ import annotations

import logging
import queue
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from common.deadline import Deadline
from common.errors import ApiError, refuse
from common.logs import Secret
from common.threads import start_thread
from connect_strings.meaning import Meaning, alias_meaning, direct_meaning
from connect_strings.written import shown
from oracle import driver as oracle_driver
from oracle.error_codes import from_oracle

logger = logging.getLogger(__name__)


class Target(NamedTuple):
    """Where a caller wants to connect, and as whom, in the caller's words."""

    connect_string: str
    username: str
    password: Secret
    config_dir: str | None = None
    wallet_location: str | None = None
    wallet_password: Secret | None = None
    mode: str | None = None

    @property
    def label(self) -> str:
        """`user@connect_string`, for logs and /pools."""
        return f"{self.username}@{shown(self.connect_string)}"


@dataclass(frozen=True)
class Destination:
    """Where a target leads now. Two that differ never share a session, two that are equal may.

    How a connect string is spelt makes no difference, what an alias stands for does.
    """

    meaning: str
    options: Target
    """The target, without its connect string."""
    connect_string: str = field(compare=False)
    """What the driver is given; no alias, which could come to mean something else."""
    shown_as: str = field(compare=False)
    """The caller's connect string, as it may be shown."""

    @property
    def label(self) -> str:
        """`user@connect_string`, for logs and /pools."""
        return f"{self.options.username}@{self.shown_as}"

    @property
    def order(self) -> tuple[str, ...]:
        """One order for all of them. It holds the passwords, so it is to be compared only."""
        parts = (self.meaning, *self.options)
        return tuple(part.reveal() if isinstance(part, Secret) else part or "" for part in parts)


def destination_of(target: Target, deadline: Deadline) -> Destination:
    """Find out where a target leads. ApiError 400 or 422; 500 or 503 where there is no driver.

    Waits for the driver, and for a folder of tnsnames.ora on a slow drive, until the deadline.
    """
    try:
        driver = oracle_driver.driver(deadline.remaining())
    except oracle_driver.DriverMissingError as error:
        raise refuse("DPY-3016", str(error)) from error
    except TimeoutError:
        raise refuse("DPY-4005", "the database driver was not loaded in time") from None
    meaning = _meaning(driver, target, deadline)
    options = target._replace(connect_string="")
    return Destination(meaning.key, options, meaning.connect_string, shown(target.connect_string))


def _meaning(driver: Any, target: Target, deadline: Deadline) -> Meaning:
    try:
        meaning = direct_meaning(driver, target.connect_string, target.config_dir)
        return meaning or _alias_meaning(driver, target, deadline)
    except driver.Error as error:
        raise _unparsed(target, error) from error


def _alias_meaning(driver: Any, target: Target, deadline: Deadline) -> Meaning:
    """On a thread of its own: a network drive that is gone can hold whoever reads from it."""
    outcomes: queue.SimpleQueue[Meaning | ApiError] = queue.SimpleQueue()

    def find() -> None:
        try:
            outcomes.put(alias_meaning(driver, target.connect_string, target.config_dir))
        except ApiError as error:
            outcomes.put(error.fresh())
        except driver.Error as error:
            outcomes.put(_unparsed(target, error))
        except BaseException:
            logger.exception("an alias could not be looked up, in an unexpected way")
            outcomes.put(refuse("INTERNAL", "the alias could not be looked up"))

    start_thread("tnsnames", find)
    try:
        outcome = outcomes.get(timeout=deadline.remaining())
    except queue.Empty:
        raise refuse(
            "ORA-12170", f"the folder {target.config_dir!r} of tnsnames.ora did not answer in time"
        ) from None
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


def _unparsed(target: Target, error: Exception) -> ApiError:
    """The driver quotes the whole text, with what must not be shown."""
    meaning = from_oracle(error)
    text = target.connect_string.strip()
    meaning.message = meaning.message.replace(text, shown(text))
    return meaning
