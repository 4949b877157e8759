"""One page's changes of each type on their way into the mirror and the engine: who is concerned, facts, rows.

A sheet first mentions everybody it speaks of; when all sheets have, numbers are settled and facts and rows are made.
"""
