"""Where a request comes from: the pages of another site can't act through somebody's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from engine.errors import Forbidden


class ForeignPage(Forbidden):
    """Another site's page asked, through somebody's browser."""

    code = "foreign-page"
    zh = "不接受其他网站的页面发出的请求。请从本系统的页面操作。"
    en = "Requests from the pages of another site are not taken. Use the pages of this one."


def refuse_foreign() -> None:
    """Raise ForeignPage when the browser says that another site's page asked. Programs say nothing, and pass."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise ForeignPage()
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise ForeignPage()
