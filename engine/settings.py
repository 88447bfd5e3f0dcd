"""What can be set from outside, read once, at the edge.

| variable | meaning |
| --- | --- |
| DATABASE_URL | a PostgreSQL server of one's own (15 or newer); without it the embedded server runs |
| ONEWINDOW_DATA | the folder of the embedded server's data |
| ONEWINDOW_FILES | the folder of uploaded files and of documents; by default `files/` in that of the data |
| ONEWINDOW_ADDRESS | the address at which the public reaches the portal, as documents print it: https://… |
| ONEWINDOW_FONTS | a folder of fonts of one's own for documents, asked first |
| ONEWINDOW_SECRET_KEY | the key of this installation; not needed in demonstration mode |
| PORT | the port of the web server, 8000 |
| ONEWINDOW_PROXIES | how many proxies of one's own stand in front, whose X-Forwarded-For is believed; 0 |
| ONEWINDOW_WEBHOOK_HOSTS | the hosts that webhooks may call, with commas between; `host` (443) or `host:port` |
| ONEWINDOW_CREDIT_URL | a source of credit outside, asked as `GET <url>?subject=<number>`; without it local records alone speak |
| ONEWINDOW_CREDIT_TOKEN | the bearer token that it wants, if it wants one |
| ONEWINDOW_CREDIT_TIMEOUT | how many seconds one try may take, 0.1 to 30; 3 |
| ONEWINDOW_CREDIT_RETRIES | how often it is tried again, 0 to 5; 1 |
| ONEWINDOW_CREDIT_UNRECORDED | the grade of whom the local records know nothing bad, A to C, or `none`; B |
| ONEWINDOW_PROCESSES | the folder of processes, items and scenarios; by default `processes/` beside the package |
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import Refused

DEMONSTRATION_PASSWORD = "onewindow-demo"  # noqa: S105 - shown on purpose, exists in demonstration mode only
DEMONSTRATION_CLIENT = "front.office"
DEMONSTRATION_CLIENT_SECRET = "onewindow-demo-client"  # noqa: S105 - shown on purpose, exists in demonstration mode only
DEMONSTRATION_SECRET = "demonstration-only"  # noqa: S105 - no secret is kept by a demonstration


PROCESSES = Path(__file__).resolve().parent.parent / "processes"


_WEB = re.compile(r"https?://[!-~]{1,480}", re.ASCII)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[1-9][0-9]{0,4})?", re.ASCII)


class PortInvalid(Refused):
    """PORT is not a port."""

    code = "port-invalid"
    zh = "PORT={port} 不是有效端口：请使用 1 到 65535 之间的数字。"
    en = "PORT={port} is not a port: use a number from 1 to 65535."


class ProxiesInvalid(Refused):
    """ONEWINDOW_PROXIES is no number of proxies."""

    code = "proxies-invalid"
    zh = "ONEWINDOW_PROXIES={proxies} 无效：请填写前置代理的层数（0 到 9）。"
    en = "ONEWINDOW_PROXIES={proxies} is no number of proxies: use 0 to 9."


class WebhookHostsInvalid(Refused):
    """ONEWINDOW_WEBHOOK_HOSTS names what is no host."""

    code = "webhook-hosts-invalid"
    zh = "ONEWINDOW_WEBHOOK_HOSTS 中的“{host}”不是主机名：请写 host 或 host:port，多个用逗号分隔。"
    en = "“{host}” in ONEWINDOW_WEBHOOK_HOSTS is no host: write host or host:port, with commas between several."


class CreditSettingInvalid(Refused):
    """A setting of the credit source can't be meant."""

    code = "credit-setting-invalid"
    zh = "{name}={value} 无效：{wanted_zh}。"
    en = "{name}={value} is not valid: {wanted_en}."


class ProcessesMissing(Refused):
    """ONEWINDOW_PROCESSES names no folder."""

    code = "processes-missing"
    zh = "ONEWINDOW_PROCESSES={folder} 不是文件夹：请指向存放流程的文件夹，或去掉该设置。"
    en = "ONEWINDOW_PROCESSES={folder} is no folder: name the folder of the processes, or leave the setting out."


class SecretMissing(Refused):
    """Outside demonstration mode there is no default secret."""

    code = "secret-missing"
    zh = "请将 ONEWINDOW_SECRET_KEY 设为只有本系统知道的密钥（至少 16 个字符），或用 onewindow run --demo 启动演示。"
    en = (
        "Set ONEWINDOW_SECRET_KEY to a secret of at least 16 characters that only this installation knows, "
        "or start a demonstration with 'onewindow run --demo'."
    )


class DataPlaceMissing(Refused):
    """Outside demonstration mode nobody chooses by default where lasting data lives."""

    code = "data-place-missing"
    zh = (
        "请指明数据存放位置：用 DATABASE_URL 指向自己的 PostgreSQL，或用 ONEWINDOW_DATA 指定内置数据库的文件夹；"
        "只想试用的，加 --demo。"
    )
    en = (
        "Say where the data lives: set DATABASE_URL to a PostgreSQL server of yours, or ONEWINDOW_DATA to a "
        "folder for the embedded one; to try things out, add --demo."
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. `demo` is demonstration mode: local address only, demonstration accounts, its own clock."""

    database_url: str | None = None
    data: Path | None = None
    secret_key: str = DEMONSTRATION_SECRET
    demo: bool = False
    port: int = 8000
    processes: Path = PROCESSES
    pool_size: int = 16
    proxies: int = 0
    files: Path | None = None
    address: str = ""  #: of the portal, without a slash at its end
    most_file: int = 50 * 1024**2  #: the largest file that is taken, in bytes
    case_quota: int = 500 * 1024**2  #: the files of one case together
    free_floor: int = 1024**3  #: what uploads leave free on the disk
    webhook_hosts: tuple[str, ...] = ()
    credit_url: str = ""
    credit_token: str = ""
    credit_timeout: float = 3.0
    credit_retries: int = 1
    credit_unrecorded: str = "B"  #: the grade of whom the local records know nothing; empty: none

    @property
    def host(self) -> str:
        """The address to listen on: this machine only in demonstration mode."""
        return "127.0.0.1" if self.demo else "0.0.0.0"  # noqa: S104 - a server that citizens reach


def default_home() -> Path:
    """Where data lives: ONEWINDOW_DATA, or /var/lib/onewindow for root, or ~/.local/share/onewindow."""
    if named := os.environ.get("ONEWINDOW_DATA"):
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/onewindow")
    return Path.home() / ".local" / "share" / "onewindow"


def read_settings(environment: Mapping[str, str], demo: bool = False) -> Settings:
    """Read the settings; refuse with a sentence what can't be meant.

    Raises:
        PortInvalid, ProxiesInvalid, WebhookHostsInvalid, ProcessesMissing: PORT is no port, ONEWINDOW_PROXIES no number of
            proxies, ONEWINDOW_WEBHOOK_HOSTS names no hosts, ONEWINDOW_PROCESSES no folder.
        CreditSettingInvalid: a setting of the credit source can't be meant.
    """
    port = environment.get("PORT", "8000")
    if not (port.isascii() and port.isdigit() and len(port) < 6) or not 0 < int(port) < 65536:
        raise PortInvalid(port=port)
    proxies = environment.get("ONEWINDOW_PROXIES") or "0"
    if proxies not in tuple("0123456789"):
        raise ProxiesInvalid(proxies=proxies)
    said = environment.get("ONEWINDOW_WEBHOOK_HOSTS", "").lower()
    hosts = tuple(host.strip() for host in said.split(",") if host.strip())
    if wrong := next((host for host in hosts if not _HOST.fullmatch(host)), None):
        raise WebhookHostsInvalid(host=wrong[:80])
    data = environment.get("ONEWINDOW_DATA")
    files = environment.get("ONEWINDOW_FILES")
    processes = environment.get("ONEWINDOW_PROCESSES")
    if processes and not Path(processes).is_dir():
        raise ProcessesMissing(folder=processes)
    return Settings(
        database_url=environment.get("DATABASE_URL") or None,
        data=Path(data).expanduser().resolve() if data else None,
        secret_key=environment.get("ONEWINDOW_SECRET_KEY") or DEMONSTRATION_SECRET,
        demo=demo,
        port=int(port),
        proxies=int(proxies),
        address=(environment.get("ONEWINDOW_ADDRESS") or (f"http://127.0.0.1:{port}" if demo else "")).rstrip("/"),
        files=Path(files).expanduser().resolve() if files else None,
        webhook_hosts=hosts,
        **_credit(environment),
        processes=Path(processes).resolve() if processes else PROCESSES,
    )


def _credit(environment: Mapping[str, str]) -> dict[str, Any]:
    """What is set of the credit source. Raises CreditSettingInvalid."""
    url = environment.get("ONEWINDOW_CREDIT_URL", "").strip()
    if url and not _WEB.fullmatch(url):
        raise _no_credit("ONEWINDOW_CREDIT_URL", url, "须为 http 或 https 网址", "it must be an http or https address")
    wait = environment.get("ONEWINDOW_CREDIT_TIMEOUT") or "3"
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", wait, re.ASCII) or not 0.1 <= float(wait) <= 30:
        raise _no_credit("ONEWINDOW_CREDIT_TIMEOUT", wait, "须为 0.1 到 30 秒", "use 0.1 to 30 seconds")
    retries = environment.get("ONEWINDOW_CREDIT_RETRIES") or "1"
    if retries not in tuple("012345"):
        raise _no_credit("ONEWINDOW_CREDIT_RETRIES", retries, "须为 0 到 5", "use 0 to 5")
    grade = environment.get("ONEWINDOW_CREDIT_UNRECORDED") or "B"
    if grade not in ("A", "B", "C", "none"):
        raise _no_credit("ONEWINDOW_CREDIT_UNRECORDED", grade, "须为 A、B、C 或 none", "use A, B, C or none")
    return {
        "credit_url": url,
        "credit_token": environment.get("ONEWINDOW_CREDIT_TOKEN", ""),
        "credit_timeout": float(wait),
        "credit_retries": int(retries),
        "credit_unrecorded": "" if grade == "none" else grade,
    }


def _no_credit(name: str, value: str, zh: str, en: str) -> CreditSettingInvalid:
    return CreditSettingInvalid(name=name, value=value[:80], wanted_zh=zh, wanted_en=en)


def check_production(environment: Mapping[str, str]) -> None:
    """Outside demonstration mode nothing secret or lasting is chosen by default.

    Raises:
        SecretMissing, DataPlaceMissing: no ONEWINDOW_SECRET_KEY, or neither DATABASE_URL nor ONEWINDOW_DATA.
    """
    key = environment.get("ONEWINDOW_SECRET_KEY", "")
    if len(key) < 16 or key == DEMONSTRATION_SECRET:
        raise SecretMissing()
    if not environment.get("DATABASE_URL") and not environment.get("ONEWINDOW_DATA"):
        raise DataPlaceMissing()
