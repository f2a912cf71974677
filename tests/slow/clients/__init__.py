"""Third-party clients, each used as its manual says, with a local Kiwoom server that has Kiwoom's host names.

Each module runs in a virtual environment of its own: ``python -m tests.slow.clients.stage MODULE`` prints a JSON object
with the result of each step: "ok", or what happened instead.
"""
