"""What a build may be at most. Here, and nowhere else."""

from __future__ import annotations

# In bytes, by layout.
SIZE = {"compressed": 13_000_000, "uncompressed": 36_000_000, "onedir": 34_000_000}

# The newest glibc that a Linux build may need, and so the oldest system that it runs on: Debian 12,
# Ubuntu 22.10, RHEL 10. A build on an older system needs less.
GLIBC = (2, 36)
