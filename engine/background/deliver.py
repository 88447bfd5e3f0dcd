"""The worker's own thread for webhooks, so that a receiver that hangs holds up neither jobs nor timers."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from engine.assemble import Engine
from engine.background.tasks import DATABASE_AWAY
from engine.webhooks.deliver import Courier

AT_ONCE = 4
log = logging.getLogger("onewindow.webhooks")


def deliver_until(engine: Engine, pause: float, stop: threading.Event) -> None:
    """Visit every subscription that has something to do, a few at once, until `stop` is set."""
    courier = engine.webhooks.courier
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks") as pool:
        visiting: set[UUID] = set()
        while not stop.is_set():
            try:
                free = AT_ONCE - len(visiting)
                for webhook in [one for one in courier.due() if one not in visiting][:free]:
                    visiting.add(webhook)
                    pool.submit(_visit, courier, webhook, visiting)
            except DATABASE_AWAY:
                log.warning("webhooks can't reach the database, and go on trying", exc_info=True)
            except Exception:
                log.exception("webhooks failed, and go on trying")
            stop.wait(pause)


def _visit(courier: Courier, webhook: UUID, visiting: set[UUID]) -> None:
    try:
        courier.visit(webhook)
    except Exception:
        log.warning("a visit was broken off", exc_info=True, extra={"webhook": str(webhook)})
    finally:
        visiting.discard(webhook)
