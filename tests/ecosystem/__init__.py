"""How this package behaves beside the libraries that users have: the real ones, with the recipes as the code."""
