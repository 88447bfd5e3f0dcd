"""The rules of the lint: one rule or one close family a file.

Each file declares its `Rule`s and a `check(subject)` that yields findings; `lint.py` runs them all. A check is linear
in the size of the diagram, or runs only on diagrams of a bearable size (`subject.bearable`), and walks without
recursion.
"""
