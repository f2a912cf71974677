"""What the plugin costs: ``python -m tests.bench`` measures it in one run, row by row."""
