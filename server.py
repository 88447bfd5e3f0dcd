"""The web wiring and the console script: `onewindow run` supervises a web server and a worker on one database.

    onewindow run ── web (gunicorn) ── its workers, each with an engine opened after the fork
                  └─ worker (jobs, timers, incidents)

`python -m server web …` and `python -m server worker …` are those children; they are told the database by DATABASE_URL.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import os
import socket
import struct
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import sleep
from typing import Any

from flask import Flask
from gunicorn import glogging  # type: ignore[import-untyped]
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from werkzeug.middleware.proxy_fix import ProxyFix

from admin.app import register_admin
from api.app import register_api
from api.health import health_of
from api.problems import handle_unmatched
from api.request_id import watch_requests
from engine import cli
from engine.assemble import Engine, open_engine
from engine.background.app import Pace
from engine.background.supervise import Child, Supervisor, leave_with, on_stop_requests
from engine.background.worker import work
from engine.clock import monotonic
from engine.commands import line
from engine.commands.start import guarded
from engine.demonstration import check_mode, load_demonstration
from engine.errors import Refused
from engine.logs import set_up_logs
from engine.settings import DEMONSTRATION_PASSWORD, Settings, check_production, read_settings
from engine.store.database import connect_engine
from engine.store.embedded import EmbeddedServer
from engine.store.location import Location, locate
from engine.store.schema import migrate
from portal.home import demonstration_accounts, demonstration_applicants, register_portal
from web.assets import assets_blueprint
from web.clock_page import register_clock
from web.serving import serve_engine

WEB_WORKERS = 2
WEB_THREADS = 8
JOB_CONNECTIONS = 6
PARTS = ("api", "portal", "admin")
SLOWEST_CLIENT_SECONDS = 5
#: How often the embedded database and the web server's first answer are looked for, in seconds.
CHECK_SECONDS = 1.0
#: A web server that dies this often before it ever answered won't come up.
MOST_DEATHS = 4
#: What a server whose supervisor was killed may take to let go of the port.
PORT_SECONDS = 3.0


class PortTaken(Refused):
    """The port can't be had. Params: port, reason."""

    code = "port-taken"
    status = 409
    zh = "无法使用端口 {port}（{reason}）。请停止占用它的程序，或用 PORT 指定另一个端口，例如 PORT=8080 onewindow run。"
    en = "Port {port} can't be used ({reason}). Stop the program that has it, or choose another: PORT=8080 onewindow run."


class WebDidNotStart(Refused):
    """The web server ended again and again before it ever answered."""

    code = "web-did-not-start"
    zh = "网页服务未能启动，原因见上方日志。"
    en = "The web server did not start; the log above says why."


def create_app(engine: Engine, serve: Sequence[str] = PARTS) -> Flask:
    """The web application on an engine: the parts that are asked for, and `/healthz` always."""
    app = Flask("onewindow", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if "api" in serve:
        register_api(app, engine)
    else:
        watch_requests(app)
        handle_unmatched(app)
        app.register_blueprint(health_of(engine))
    if engine.settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=engine.settings.proxies)  # type: ignore[method-assign]
    serve_engine(app, engine)
    app.register_blueprint(assets_blueprint())
    if "portal" in serve:
        register_portal(app, engine)
    if "admin" in serve:
        register_admin(app)
    if engine.settings.demo and {"portal", "admin"} & set(serve):
        register_clock(app)
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """The console script `onewindow`; answers its exit code."""
    return cli.main(argv, more=_add_run)


# -- onewindow run


def _add_run(commands: line.Commands) -> None:
    told = "启动一窗：网页、接口与后台 / start OneWindow; Ctrl-C stops it"
    run = commands.add_parser("run", help=told, description=told)
    run.add_argument("--demo", action="store_true", help="演示模式 / demonstration mode, on this machine only")
    run.add_argument("--serve", type=_parts, default=PARTS, metavar="api,portal,admin", help="提供的部分 / which parts")
    run.set_defaults(command=_run)


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"choose from {','.join(PARTS)}")
    return parts


def _run(asked: argparse.Namespace) -> int:
    if not asked.demo:
        check_production(os.environ)
    settings = read_settings(os.environ, asked.demo)
    set_up_logs()
    on_stop_requests(_interrupt)
    with _listening(settings) as listener, locate(settings, make=True) as found:
        _prepare(settings, found)
        children = [
            _child("web", settings, found, asked.serve, listener),
            _child("worker", settings, found, asked.serve),
        ]
        Supervisor(children, _Watch(settings, found.server, children[0], asked.serve)).run()
    line.say("已停止。/ Stopped.")
    return 0


def _interrupt(*_: object) -> None:
    """Until the supervisor takes the signals over, TERM unwinds as Ctrl-C does: what was started is stopped."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, kept by the supervisor: while a web server is started again, clients wait in its queue."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by every connection: a client that stops sending in the middle of a request does not keep a thread.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SLOWEST_CLIENT_SECONDS, 0))
        _bind(listener, settings)
        listener.listen(512)
        yield listener


def _bind(listener: socket.socket, settings: Settings) -> None:
    deadline = monotonic() + PORT_SECONDS
    while True:
        try:
            return listener.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or monotonic() > deadline:
                raise PortTaken(port=settings.port, reason=error.strerror)
        sleep(0.1)


def _prepare(settings: Settings, found: Location) -> None:
    database = connect_engine(found.url, 0)
    migrate(database)
    database.dispose()
    engine = open_engine(settings, found.url, pool_size=2)
    try:
        check_mode(engine)
        if settings.demo:
            load_demonstration(engine)
    finally:
        engine.close()


def _child(
    name: str, settings: Settings, found: Location, serve: Sequence[str], listener: socket.socket | None = None
) -> Child:
    """`-P`: a `server.py` in the folder where somebody stands is not ours."""
    command = [sys.executable, "-P", "-m", "server", name, "--parent", str(os.getpid()), "--serve", ",".join(serve)]
    command += ["--demo"] if settings.demo else []
    command += ["--fd", str(listener.fileno())] if listener else []
    environment = {**os.environ, "DATABASE_URL": found.url, "PORT": str(settings.port)}
    return Child(name, command, environment, (listener.fileno(),) if listener else ())


class _Watch:
    """What the supervisor looks at between its children: the database's life, and the web server's first answer."""

    def __init__(self, settings: Settings, server: EmbeddedServer | None, web: Child, serve: Sequence[str]) -> None:
        self.settings, self.server, self.web, self.serve = settings, server, web, serve
        self.announced, self.next_look = False, 0.0

    def __call__(self) -> None:
        if not self.announced and self.web.deaths >= MOST_DEATHS:
            raise WebDidNotStart()
        if monotonic() < self.next_look:
            return
        if self.server is not None:
            self.server.ensure_running()
        if not self.announced and _answers(self.settings.port):
            self.announced = True
            _announce(self.settings, self.serve)
        self.next_look = monotonic() + (CHECK_SECONDS if self.announced else CHECK_SECONDS / 4)


def _answers(port: int) -> bool:
    """Whether the web server answers anything at all."""
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/healthz", timeout=2)
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True


def _announce(settings: Settings, serve: Sequence[str]) -> None:
    address = f"http://127.0.0.1:{settings.port}/"
    lines = ["", f"一窗 OneWindow  {address}"]
    lines += [f"工作人员 staff  {address}admin/"] if "admin" in serve else []
    lines += [f"接口 API        {address}api/v1/docs"] if "api" in serve else []
    if settings.demo:
        lines += ["", f"演示账号 / demonstration accounts（口令 / password: {DEMONSTRATION_PASSWORD}）"]
        lines += [f"  {one.username:<16}{one.name}　{one.work}" for one in demonstration_accounts(settings.processes)]
        lines += ["", f"演示申请人 / demonstration applicants  {address}account"] if "portal" in serve else []
        lines += [f"  {one.username:<16}{one.name}　{one.work}" for one in demonstration_applicants(settings.processes)]
        lines += ["", "先试 / begin with: clerk.chen（窗口 window）、fire.liu（审查 review）、fire.wei（处长 head）"]
    print("\n".join([*lines, "", "按 Ctrl-C 停止。/ Ctrl-C stops it."]), flush=True)


# -- its children


class _Logger(glogging.Logger):  # type: ignore[misc]
    """Gunicorn's own lines go where ours go, in the same form."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True


class Web(BaseApplication):  # type: ignore[misc]
    """Gunicorn on a socket that was opened before: `make` builds the application in each worker, after its fork."""

    def __init__(self, listener: int, make: Callable[[], Flask]) -> None:
        self._listener, self._make = listener, make
        super().__init__()

    def load_config(self) -> None:
        """The settings; nothing is read from the environment or from files."""
        chosen = {
            "bind": f"fd://{self._listener}",
            "workers": WEB_WORKERS,
            "threads": WEB_THREADS,
            "worker_class": "gthread",
            "logger_class": _Logger,
            "post_fork": lambda arbiter, _: leave_with(arbiter.pid),
            "graceful_timeout": 8,
            "timeout": 60,
            "keepalive": 5,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each worker."""
        return self._make()


def _child_main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="server")
    parser.add_argument("name", choices=("web", "worker"))
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--serve", type=_parts, default=PARTS)
    parser.add_argument("--fd", type=int)
    parser.add_argument("--demo", action="store_true")
    parser.set_defaults(lang=None)
    asked = parser.parse_args(argv)
    set_up_logs()
    leave_with(asked.parent)
    return guarded(_work if asked.name == "worker" else _web, asked, cli.meaning)


def _web(asked: argparse.Namespace) -> int:
    settings = read_settings(os.environ, asked.demo)
    url = settings.database_url or ""

    def make() -> Flask:
        return create_app(open_engine(replace(settings, pool_size=WEB_THREADS), url), asked.serve)

    Web(asked.fd, make).run()
    return 0


def _work(asked: argparse.Namespace) -> int:
    settings = read_settings(os.environ, asked.demo)
    engine = open_engine(settings, settings.database_url or "", pool_size=JOB_CONNECTIONS)
    try:
        work(engine, Pace())
    finally:
        engine.close()
    return 0


if __name__ == "__main__":
    children = len(sys.argv) > 1 and sys.argv[1] in ("web", "worker")
    sys.exit(_child_main(sys.argv[1:]) if children else main())
