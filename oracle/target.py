"""All that makes two connections the same."""

from __future__ import annotations

from typing import NamedTuple

from common.logs import Secret


class Target(NamedTuple):
    """All that makes two connections the same. Two targets that differ never share a session."""

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
        return f"{self.username}@{self.connect_string}"
