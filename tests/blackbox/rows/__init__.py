"""The rows of docs/bad-input-matrix.md, grouped as there: before login, commands, LMTP."""
