"""Coverage-guided fuzzing of every place where bytes from outside become a decision.

`make fuzz` runs each target with atheris; `test_corpus.py` runs each kept input without it.
"""
