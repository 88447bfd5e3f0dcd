"""Diagrams of other tools: what means the same here is translated while a file is read, the rest is named.

`vendors.py` knows the namespaces, `language.py` the expressions (JUEL, FEEL, bare names), `translate.py` goes over a
file. The lint judges a file as it is read, so what is deployed is what was judged; `convert.py` writes it down.
"""
