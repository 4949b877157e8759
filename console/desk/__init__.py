"""The desk: deciding and its records, who may, and what an operator does from the command line."""
