"""The pages of the inside zone: `register_admin(app)` mounts them below /admin."""

from __future__ import annotations

from flask import Flask

from admin.applicants import serve_applicants
from admin.calendars import serve_calendars
from admin.cards import serve_cards
from admin.cases import serve_cases
from admin.catalogue import serve_catalogue
from admin.counter import serve_counter
from admin.credit import serve_credit
from admin.credit_texts import CREDIT_DESK
from admin.department import serve_department
from admin.designer.answers import serve_answers
from admin.designer.page import serve_designer
from admin.designer.texts import DESIGNER
from admin.desk import serve_log_in
from admin.inbox import serve_inbox
from admin.item_forms import serve_item_forms
from admin.limits import serve_limits
from admin.limits_texts import LIMITS
from admin.mandates import serve_mandates
from admin.mandates_texts import MANDATES
from admin.papers import serve_papers
from admin.promises import serve_promises
from admin.regimes import serve_regimes
from admin.return_texts import RETURNS
from admin.returns import serve_returns
from admin.supervision_texts import SUPERVISION
from admin.texts import TEXTS
from admin.verification_texts import VERIFICATIONS
from admin.verifications import serve_verifications
from admin.window import serve_window
from admin.workshop.check import serve_check
from admin.workshop.dry_run import serve_dry_run
from admin.workshop.stories import serve_stories
from admin.workshop.texts import WORKSHOP
from admin.workshop.versions import serve_versions
from web.credit_texts import CREDIT
from web.follow_up_texts import FOLLOW_UP
from web.pages import Pages
from web.paper_texts import PAPERS

#: An opinion of 4,000 characters and a form fit many times over.
MOST_BODY = 256 * 1024


def register_admin(app: Flask) -> None:
    """Mount the pages on the application."""
    pages = Pages(
        "admin",
        __name__,
        {
            **{**TEXTS, **PAPERS, **LIMITS, **SUPERVISION, **MANDATES, **DESIGNER, **WORKSHOP},
            **{**FOLLOW_UP, **VERIFICATIONS, **CREDIT, **CREDIT_DESK, **RETURNS},
        },
        log_in="/admin/login",
        open_to_all=("log_in", "show_log_in"),
        most_body=MOST_BODY,
        url_prefix="/admin",
    )
    for serve in (
        serve_log_in,
        serve_inbox,
        serve_returns,
        serve_window,
        serve_applicants,
        serve_mandates,
        serve_cases,
        serve_counter,
        serve_papers,
        serve_department,
        serve_catalogue,
        serve_item_forms,
        serve_limits,
        serve_cards,
        serve_verifications,
        serve_calendars,
        serve_answers,
        serve_designer,
        serve_check,
        serve_dry_run,
        serve_versions,
        serve_stories,
        serve_promises,
        serve_credit,
        serve_regimes,
    ):
        serve(pages)
    app.register_blueprint(pages)
