"""Documents as files: what a sheet says is decided by the caller, how it looks is decided here."""
