"""Where a webhook may point, and one call of a receiver: signed, short, and bounded whatever the other side does."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import re
import socket
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from engine.errors import Invalid

MOST_URL = 500
#: Seconds for each wait of a call, and for the whole of it.
WAIT, WHOLE_CALL = 5.0, 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PLAIN = re.compile(r"[\x21-\x7e]+")


class WebhookUrlRefused(Invalid):
    """An address that this installation does not call. Params: reason, reason_zh."""

    code = "webhook-url-refused"
    zh = "不能推送到该地址：{reason_zh}。"
    en = "Events can't be brought to this address: {reason}."


@dataclass(frozen=True, slots=True)
class Addresses:
    """Which addresses may be called: https at declared hosts; in a demonstration this machine, too, also without TLS."""

    hosts: Collection[str] = ()
    demo: bool = False

    def check(self, url: str) -> SplitResult:
        """The parts of an address that may be called. Raises WebhookUrlRefused."""
        try:
            parts = urlsplit(url)
            port = 443 if parts.port is None else parts.port
        except ValueError:
            parts, port = urlsplit(""), 0
        host = parts.hostname or ""
        if len(url) > MOST_URL or not _PLAIN.fullmatch(url) or not host or port == 0 or parts.fragment:
            raise _refused(
                f"须为不超过 {MOST_URL} 个字符的完整网址", f"it must be a whole URL of at most {MOST_URL} characters"
            )
        if parts.username is not None or parts.password is not None:
            raise _refused("网址不能带用户名或密码", "a URL may not hold a name or a password")
        if self.demo and host in _LOOPBACK and parts.scheme in ("http", "https"):
            return parts
        if parts.scheme != "https":
            raise _refused("须使用 https", "it must begin with https")
        if (host not in self.hosts and f"{host}:{port}" not in self.hosts) or (port != 443 and host in self.hosts):
            zh = "该主机未经系统管理员登记（ONEWINDOW_WEBHOOK_HOSTS）"
            raise _refused(zh, "the operator has not declared this host (ONEWINDOW_WEBHOOK_HOSTS)")
        return parts


def _refused(zh: str, en: str) -> WebhookUrlRefused:
    return WebhookUrlRefused(detail="url", reason=en, reason_zh=zh, fields={"url": [f"{zh}\t{en}"]})


def secret_of(key: str, webhook: UUID, rotation: int) -> str:
    """The secret of a webhook after so many rotations: derived from the installation's, stored nowhere."""
    made = hmac.new(key.encode(), f"webhook:{rotation}:{webhook}".encode(), hashlib.sha256).digest()
    return "ows_" + urlsafe_b64encode(made).decode().rstrip("=")


def signature(secrets: Sequence[str], at: int, body: bytes) -> str:
    """The value of `OneWindow-Signature`: the instant, and for each secret an HMAC-SHA256 of `<instant>.<body>`."""
    signed = (hmac.new(one.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for one in secrets)
    return ",".join([f"t={at}", *(f"v1={made}" for made in signed)])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: the status, or what went wrong before there was one."""

    status: int | None = None
    error: str | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has taken the event: any 2xx, and nothing else."""
        return self.status is not None and 200 <= self.status < 300

    def in_short(self) -> str:
        """What an administrator reads of it."""
        return self.error or f"HTTP {self.status}"


def call(
    parts: SplitResult, body: bytes, headers: Mapping[str, str], wait: float = WAIT, whole: float = WHOLE_CALL
) -> Answer:
    """POST a body. Redirects are not followed, no more than the head of the answer is read, and the whole call ends in time."""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=wait, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=wait)
    over = threading.Event()
    end = threading.Timer(whole, _cut, (connection, over))
    end.daemon = True
    try:
        connection.connect()
        end.start()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {**headers, "Connection": "close"})
        status = connection.getresponse().status
        # A head that was cut off reads like a whole one.
        return Answer(error=f"TimeoutError: no answer within {whole:g} s") if over.is_set() else Answer(status=status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(error=f"{type(error).__name__}: {error}"[:200].replace("\0", ""))
    finally:
        end.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    # A receiver that sends a byte now and then never runs into a timeout of its own.
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
