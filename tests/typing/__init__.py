"""What users' code looks like to type checkers."""
