"""The engine that requests of an application work on: asked for by every view, of the API and of the pages."""

from __future__ import annotations

from flask import Flask, current_app

from engine.assemble import Engine

_EXTENSION = "onewindow.engine"


def serve_engine(app: Flask, engine: Engine) -> None:
    """Make `engine` the one that requests of this application work on."""
    app.extensions[_EXTENSION] = engine


def engine() -> Engine:
    """The engine of this application."""
    found: Engine = current_app.extensions[_EXTENSION]
    return found
