"""`/docs`: the API's description as a page to read and to try, from this host alone."""

from __future__ import annotations

from flask import Blueprint, Response

from api.problems import language
from api.resource import PREFIX
from web.assets import asset_path

docs_page = Blueprint("docs", __name__, url_prefix=PREFIX)

HEADERS = {
    # Swagger UI writes style attributes; scripts are the bundle's alone.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}
WORDS = {
    "zh": ("zh-CN", "一窗接口文档", "浏览器未启用 JavaScript。接口描述（OpenAPI 3.1）："),
    "en": ("en", "OneWindow API", "JavaScript is off. The description (OpenAPI 3.1): "),
}
PAGE = """<!doctype html>
<html lang="{lang}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="{style}">
  <script src="{script}" defer></script>
</head>
<body>
  <main id="swagger-ui" data-url="{description}"></main>
  <noscript><p>{words}<a href="{description}">{description}</a></p></noscript>
</body>
</html>
"""


@docs_page.get("/docs")
def show() -> Response:
    """The page, in the reader's language."""
    lang, title, words = WORDS[language()]
    assets = {"style": asset_path("docs.css"), "script": asset_path("docs.js")}
    page = PAGE.format(lang=lang, title=title, words=words, description=f"{PREFIX}/openapi.json", **assets)
    return Response(page, mimetype="text/html", headers=HEADERS)
