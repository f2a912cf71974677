"""This package beside the libraries that users have: the tests run the recipes with the real libraries."""
