"""The main navigation of the public zone."""

from __future__ import annotations

LINKS = [("/", "nav.progress"), ("/items", "nav.items"), ("/verify", "verify.link"), ("/admin/", "nav.log_in")]
