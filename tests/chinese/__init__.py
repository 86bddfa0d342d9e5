"""The Chinese that readers see: punctuation and spaces by AutoCorrect, and terms by a word list.

`python -m tests.chinese` prints what it finds, and fails if that is anything. `make lint`
runs it.
"""
