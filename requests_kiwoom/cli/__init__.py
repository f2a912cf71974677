"""The command line: each command is a small function over the public names of this package."""
