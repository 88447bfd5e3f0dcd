"""`/healthz`: whether this process can work, for a load balancer. Asks the database on a connection of its own."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from api.http_errors import DatabaseUnavailable
from api.problems import handle_errors
from api.resource import answer
from engine.assemble import Engine
from engine.store.database import connect_engine

#: psycopg's shortest. The pool would have us wait half a minute behind requests that wait themselves.
SECONDS = "2"


def health_of(engine: Engine) -> Blueprint:
    """The resource that tells the health of this engine's database."""
    health = Blueprint("health", __name__)
    url = engine.database.url.update_query_dict({"connect_timeout": SECONDS})
    probe = connect_engine(url.render_as_string(hide_password=False), 0, "onewindow-health")

    @health.get("/healthz")
    def healthz() -> Response:
        try:
            with probe.connect() as connection:
                connection.exec_driver_sql("SELECT 1 FROM platform")
        except SQLAlchemyError:
            raise DatabaseUnavailable() from None
        return answer({"status": "ok"}, Cache_Control="no-store")

    handle_errors(health)
    return health
