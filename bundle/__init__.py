"""How the binary is made: what is in it, and what is said about it."""
