"""The main navigation of the public zone."""

from __future__ import annotations

LINKS = [
    ("/", "nav.progress"),
    ("/items", "nav.items"),
    ("/account", "nav.account"),
    ("/verify", "verify.link"),
    ("/admin/", "nav.log_in"),
]
