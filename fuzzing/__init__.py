"""Bytes that nobody meant: one module a door that bytes come in by, each with `seeds` and `check`."""
