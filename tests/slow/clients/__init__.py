"""Other people's clients, each used as its own manual says, against a local Kiwoom server under Kiwoom's names.

Each module runs in a virtual environment of its own: ``python -m tests.slow.clients.stage MODULE`` prints a JSON object
that says of each thing to do "ok" or what happened instead.
"""
