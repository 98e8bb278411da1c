"""Proof that the books are true: documents, ledger, stored balances, numbers and log say the same."""
