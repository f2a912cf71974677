"""The libraries that users have around this package: the real ones, with the README's recipes as the tests' code."""
