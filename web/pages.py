"""Pages: a blueprint whose views answer HTML in the reader's language, with strict headers, and with a page for every error.

Language: `?lang=` wins and is remembered in a cookie, else that cookie, else Chinese.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import ApprovalError, Invalid, Unauthenticated
from engine.logs import request_id
from web import words
from web.assets import asset_path
from web.clock import DATABASE_AWAY, clock_panel
from web.origin import refuse_foreign
from web.serving import engine
from web.sessions import csrf_is_good, csrf_token, current, inside
from web.texts import COMMON, Texts
from web.words import language, t

log = logging.getLogger("onewindow.pages")

LANGUAGES = ("zh", "en")
LANGUAGE_COOKIE = "lang"
A_YEAR = 31_536_000
MOST_SEGMENT = 200
#: Fields that a log-in form carries along.
MOST_AGAIN = 100
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
DATA = ("application/json", "application/xml", "text/xml", "application/octet-stream")
#: Werkzeug holds the pieces of a file that it reads to the limit of a form's fields: less than two of them refuses files.
PIECES = 1024 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not `no-referrer`: with that, a form's Origin is `null` and can't be checked. No address of ours holds a secret.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Pages(Blueprint):
    """A blueprint of pages. `texts` are its words, key -> (Chinese, English).

    With `log_in` (the address of the page to log in at) its pages are for those signed in, but for the `open_to_all` ones,
    and every form has to carry the session's token. `inside` pages are for officers, all others for applicants.
    """

    def __init__(
        self,
        name: str,
        import_name: str,
        texts: Texts,
        *,
        log_in: str | None = None,
        open_to_all: tuple[str, ...] = (),
        most_body: int = 4096,
        inside: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(name, import_name, template_folder="templates", **options)
        self.texts, self.log_in, self.most_body = {**COMMON, **texts}, log_in, most_body
        self.inside = inside
        self.open_to_all = {f"{name}.{one}" for one in open_to_all}
        self.files_at: set[str] = set()
        self.data_at: dict[str, int] = {}
        self.large_at: dict[str, int] = {}
        self.before_request(self._begin)
        self.after_request(_finish)
        self.register_error_handler(HTTPException, _http_error)
        self.register_error_handler(ApprovalError, self._refused)
        for away in DATABASE_AWAY:
            self.register_error_handler(away, _away)
        self.register_error_handler(Exception, _unexpected)

    def _begin(self) -> AnyResponse | None:
        g.texts, g.lang, g.inside = self.texts, _language(), self.inside
        g.data = request.endpoint in self.data_at
        # No id and no number of ours is so long or holds a NUL, which PostgreSQL could not even be asked about.
        if any("\0" in value or len(value) > MOST_SEGMENT for value in (request.view_args or {}).values()):
            return error_page(404, t("error.not_found"))
        if request.method == "POST" and (refused := self._refuse_body()):
            return refused
        if self.log_in is None or request.endpoint in self.open_to_all:
            return None
        if current() is None:
            raise Unauthenticated()
        if request.method == "POST" and not csrf_is_good():
            if g.data:
                return error_page(403, t("error.csrf"), "csrf")
            return render(
                "web/again.html", 403, path=request.path, fields=list(sent_fields()), expired=False, log_in=self.log_in
            )
        return None

    def take_files(self, *views: str) -> None:
        """Let these views take one file each, in a form of parts; any other takes plain forms only."""
        self.files_at |= {f"{self.name}.{view}" for view in views}

    def take_large(self, most: int, *views: str) -> None:
        """Let these views take `most` bytes of fields, in a form of parts; a file among them counts."""
        self.large_at |= {f"{self.name}.{view}": most for view in views}

    def take_data(self, most: int, *views: str) -> None:
        """Let these views, which scripts of our pages ask, take `most` bytes of JSON or XML and answer JSON, errors too. The
        session's token comes in the header `X-CSRF-Token`."""
        self.data_at |= {f"{self.name}.{view}": most for view in views}

    def _refuse_body(self) -> AnyResponse | None:
        refuse_foreign()
        files, large = request.endpoint in self.files_at, request.endpoint in self.large_at
        taken = DATA if g.data else (FORM, PARTS) if files or large else (FORM,)
        bounds = self.data_at | self.large_at
        fields = bounds.get(str(request.endpoint), max(self.most_body, PIECES) if files else self.most_body)
        most = engine().settings.most_file + fields if files else fields
        request.max_content_length, request.max_form_memory_size = most, fields
        length = request.content_length  # None for a chunked body, too
        if length is None or "Transfer-Encoding" in request.headers:
            return error_page(411, t("error.length_missing"))
        if length > most:
            said = (
                t("error.file_too_large", most=engine().settings.most_file // 1024**2)
                if files
                else t("error.too_large")
            )
            return error_page(413, said)
        if length and request.mimetype not in taken:
            return error_page(415, t("error.no_form"))
        if files:
            engine().files.check_room(length)
        return None

    def _refused(self, error: ApprovalError) -> AnyResponse:
        if isinstance(error, Unauthenticated) and self.log_in:
            if request.method == "GET" and not request.headers.get("HX-Request"):
                wanted = request.full_path.rstrip("?")
                return redirect(f"{self.log_in}?next={quote(wanted, safe='/')}", 303)
            if request.method == "POST" and not g.data:
                # What was written is not lost: it is sent again after the log-in.
                shown = {"path": request.path, "fields": list(sent_fields()), "log_in": self.log_in}
                return render("web/again.html", 401, expired=True, **shown)
        response = error_page(error.status, error.sentence(language()), error.code)
        if "retry_after" in error.params:
            response.headers["Retry-After"] = str(error.params["retry_after"])
        return response


def kept_fields() -> list[tuple[str, str]]:
    """What was written when the session was over, as the log-in form carries it to be sent again."""
    kept = [
        (name.removeprefix("again."), value)
        for name, values in request.form.lists()
        if name.startswith("again.")
        for value in values
    ]
    return kept[:MOST_AGAIN]


def sent_fields() -> Iterator[tuple[str, str]]:
    """What a form sent, without the token and without what logs in."""
    for name, values in request.form.lists():
        if name not in ("csrf", "password", "username") and not name.startswith("again."):
            yield from ((name, value) for value in values)


def render(template: str, status: int = 200, **shown: Any) -> Response:
    """A page. Templates know `t`, `own`, `name`, `minute`, `light_words`, `demonstration`, `lang`, `me` (who is signed in),
    `csrf`, `asset`."""
    known: dict[str, Any] = {
        "t": t,
        "own": words.own,
        "name": words.name,
        "minute": words.minute,
        "light_words": words.light_words,
        "counted": words.counted,
        "marked": words.marked,
        "demonstration": words.demonstration,
        "texts": g.texts,
        "lang": language(),
        "asset": asset_path,
        "demo": engine().settings.demo,
        "most": engine().settings.most_file // 1024**2,
        "me": None,
        "inside": inside(),
        "csrf": "",
        "clock": None,
        "here": _here(),
        "links": [],
    }
    if status != 503:
        panel = clock_panel(engine())
        g.today = panel["today"] if panel else None
        me = current()
        known |= {"me": me, "csrf": csrf_token() if me else "", "clock": panel}
    known |= shown
    known["other_lang_url"] = _other_language_url(known["here"])
    return make_response(render_template(template, **known), status)


def answer_data(data: Any, status: int = 200) -> Response:
    """An answer to a script of our pages."""
    body = json.dumps(data, ensure_ascii=False)
    return Response(body.encode("utf-8", "replace"), status, mimetype="application/json")


def error_page(status: int, sentence: str, code: str = "") -> Response:
    """A page that says what is wrong and what to do; its request's number is for the administrator."""
    if g.get("data"):
        return answer_data({"code": code or f"http-{status}", "status": status, "detail": sentence}, status)
    if request.headers.get("HX-Request"):
        return make_response(render_template("web/problem.html", sentence=sentence, t=t), status)
    return render("web/error.html", status, sentence=sentence, code=code, request_id=request_id.get())


def unmatched_page(error: HTTPException) -> AnyResponse:
    """The page for an address that no view has: there is none, or not for this method."""
    g.texts, g.lang, g.inside = COMMON, _language(), False
    answer = _http_error(error)
    return _finish(answer) if isinstance(answer, Response) else answer


def field(name: str, most: int) -> str:
    """A field of the form, trimmed; "" when it is not there. Raises Invalid for what can't be kept or is too long."""
    value = request.form.get(name, "").strip().replace("\r\n", "\n")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise Invalid(detail=name, fields={name: ["NUL"]})
    if len(value) > most:
        raise Invalid(detail=f"{name} ≤ {most}", fields={name: [f"≤ {most}"]})
    return value


def local_path(text: str | None, otherwise: str) -> str:
    """A path of this site that a form or an address named; `otherwise` for anything else (no open redirects)."""
    fine = text is not None and re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", text) and len(text) < 1000
    return text if fine and text is not None else otherwise


def _http_error(error: HTTPException) -> AnyResponse:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    status = error.code or 500
    key = {404: "error.not_found", 405: "error.method", 413: "error.too_large"}.get(status, "error.bad_request")
    return error_page(status, t(key), f"http-{status}")


def _away(error: Exception) -> Response:
    log.warning("the database does not answer", exc_info=error)
    response = error_page(503, t("error.away"), "database-unavailable")
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error: %s %s", request.method, request.url_rule, exc_info=error)
    g.signed_in = None
    return error_page(500, t("error.internal"), "internal-error")


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Content-Language"] = "en" if language() == "en" else "zh-CN"
    if request.args.get("lang") in LANGUAGES:
        secure = not engine().settings.demo
        response.set_cookie(
            LANGUAGE_COOKIE, language(), max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure, path="/"
        )
    return response


def _language() -> str:
    for said in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if said in LANGUAGES:
            return str(said)
    return "zh"


def _here() -> str:
    """Where this page is read again. What a POST answered has no address of its own, so that is the page it was sent from,
    as the browser says, else the first page."""
    if request.method in ("GET", "HEAD"):
        return request.path
    sent_from = urlsplit(request.headers.get("Referer", ""))
    return local_path(sent_from.path if sent_from.netloc == request.host else None, "/")


def _other_language_url(here: str) -> str:
    """This page in the other language."""
    wanted = request.args.to_dict(flat=False) if request.method in ("GET", "HEAD") else {}
    return f"{here}?{urlencode(wanted | {'lang': ['en' if language() == 'zh' else 'zh']}, doseq=True)}"
