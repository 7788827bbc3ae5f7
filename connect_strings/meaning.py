"""What a connect string means: the same for all its spellings, and for an alias what its file says.

The driver's own parser decides. It asks no network for that.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import Any, NamedTuple

from common.errors import refuse
from connect_strings import tnsnames
from connect_strings.written import MOST_REMEMBERED_CHARACTERS, holds_credentials

# How the driver says that it takes a text for an alias, where there is no tnsnames.ora.
_ALIAS = "DPY-4026"
# Compiled; the driver takes it out of its package's names.
_PARSERS = "oracledb.base_impl"


class Meaning(NamedTuple):
    """connect_string: for the driver, with no alias in it. key: equal for all spellings."""

    connect_string: str
    key: str


def direct_meaning(driver: Any, connect_string: str, config_dir: str | None) -> Meaning | None:
    """None for an alias. Reads no file, unless the text itself names one (`config-file://`).

    Raises what the driver raises for a text that it cannot parse.
    """
    text = connect_string.strip()
    protocol, separator, _ = text.partition("://")
    if separator and protocol.lower() not in ("tcp", "tcps"):
        # The driver remembers for a day what such a file said (impl/base/parsers.pyx).
        sys.modules[_PARSERS].update_config_cache_from_notification(text, True)
        return _parse(driver, text, config_dir)
    parse = _parse_cached if len(text) <= MOST_REMEMBERED_CHARACTERS else _parse
    try:
        # No folder can be there: where the driver looks for tnsnames.ora, the text is an alias.
        return parse(driver, text, os.devnull)
    except driver.Error as error:
        if error.args[0].full_code == _ALIAS:
            return None
        raise


def alias_meaning(driver: Any, alias: str, config_dir: str | None) -> Meaning:
    """ApiError 400 or 422, or what the driver raises. Reads tnsnames.ora, which may take long."""
    folder = config_dir or driver.defaults.config_dir
    if folder is None:
        return _parse(driver, alias, None)
    found = tnsnames.look_up(folder, alias)
    value = found.entry.value
    if holds_credentials(value):
        raise refuse("BAD_FIELD", f"{found.place} must not hold credentials")
    try:
        meaning = direct_meaning(driver, value, config_dir)
    except driver.Error as error:
        code = error.args[0].full_code
        raise refuse("DPY-4018", f"DPY-4018: cannot parse {found.place} ({code})") from error
    if meaning is None:
        raise refuse("DPY-4018", f"DPY-4018: {found.place} is neither an address nor a descriptor")
    return meaning


def _parse(driver: Any, text: str, config_dir: str | None) -> Meaning:
    params = driver.ConnectParams(config_dir=config_dir)
    params.parse_connect_string(text)
    # The first leaves out what is set for the session (`?pyo.edition=...`), the second what is
    # passed on to the database.
    return Meaning(text, f"{params.get_connect_string()}\n{params!r}")


_parse_cached = lru_cache(maxsize=100)(_parse)
