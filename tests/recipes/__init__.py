"""Recipes: short programs that show this package beside other libraries. Each runs by itself on a local Kiwoom server.

The docstring of each says what it shows, what it needs and, after "Prints::", what it prints.
"""
