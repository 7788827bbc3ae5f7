"""How long the tests wait for what a busy machine may take its time for."""

from __future__ import annotations

from typing import Final

PATIENCE_SECONDS: Final = 60.0
"""Only for what never comes."""
