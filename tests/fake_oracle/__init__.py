"""A stand-in for an Oracle database: the real wire protocol over TCP, sqlite3 behind it."""
