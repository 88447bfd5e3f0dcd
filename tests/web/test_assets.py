"""The scripts and styles of the pages: built whole, from a lock without addresses, and served for good."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from flask import Flask

from web import assets

WEB = Path(assets.__file__).parent
NAMES = {
    "icon.svg",
    "app.js",
    "app.css",
    "designer.js",
    "designer.css",
    "diagram.js",
    "diagram.css",
    "docs.js",
    "docs.css",
    "third-party.txt",
}


@pytest.fixture
def browser():
    app = Flask("assets-alone", static_folder=None)
    app.register_blueprint(assets.assets_blueprint())
    with app.test_client() as client:
        yield client


@pytest.fixture
def nothing_built(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "static")


def test_the_manifest_names_every_file_and_each_is_there():
    manifest = json.loads((assets.FOLDER / "manifest.json").read_text("utf-8"))
    assert set(manifest) == NAMES
    for name, file in manifest.items():
        stem, ending = name.rsplit(".", 1)
        assert re.fullmatch(rf"{stem}-[0-9a-f]{{10}}\.{ending}", file)
        assert (assets.FOLDER / file).stat().st_size > 100


def test_the_lock_holds_hashes_and_no_address():
    text = (WEB / "package-lock.json").read_text("utf-8")
    assert "http" not in text, "delete `funding` and `resolved`: the lock has to install from any mirror"
    packages = {path: entry for path, entry in json.loads(text)["packages"].items() if path}
    assert len(packages) > 20
    assert not [path for path, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")]


def test_what_is_asked_for_is_pinned_exactly():
    asked = json.loads((WEB / "package.json").read_text("utf-8"))
    versions = [*asked["dependencies"].values(), *asked["devDependencies"].values()]
    assert not [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)]


def test_every_licence_is_told():
    manifest = json.loads((assets.FOLDER / "manifest.json").read_text("utf-8"))
    told = (assets.FOLDER / manifest["third-party.txt"]).read_text("utf-8")
    for name in (
        "bpmn-js",
        "diagram-js",
        "diagram-js-minimap",
        "bootstrap",
        "@popperjs/core",
        "htmx.org",
        "swagger-ui-dist",
    ):
        assert re.search(rf"(?m)^{re.escape(name)} \d", told), name


@pytest.mark.parametrize("bundle", ["app.css", "designer.css", "diagram.css", "docs.css"])
def test_no_style_loads_anything_from_elsewhere(bundle):
    manifest = json.loads((assets.FOLDER / "manifest.json").read_text("utf-8"))
    style = (assets.FOLDER / manifest[bundle]).read_text("utf-8")
    assert not re.findall(r"@import|url\((?![\"']?(?:data:|#))[^)]{0,60}", style)


@pytest.mark.parametrize(
    ("name", "kind"), [("app.js", "text/javascript"), ("app.css", "text/css"), ("third-party.txt", "text/plain")]
)
def test_a_file_is_served_for_good(browser, name, kind):
    with browser.get(assets.asset_path(name)) as answer:
        assert answer.status_code == 200
        assert answer.mimetype == kind
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.data


@pytest.mark.parametrize(
    "name",
    [
        "app.js",
        "manifest.json",
        ".inputs",
        "axe.js",
        "app-0000000000.js",
        "",
        "../assets.py",
        "..%2fassets.py",
        "%2e%2e%2fassets.py",
        "..%5cassets.py",
        "%00",
        "a" * 5000,
    ],
)
def test_nothing_else_is_served(browser, name):
    assert browser.get(f"/assets/{name}").status_code == 404


def test_without_a_build_the_pages_still_come(nothing_built, browser, caplog):
    with caplog.at_level(logging.WARNING):
        assert assets.asset_path("app.js") == "/assets/app.js"
        assert assets.asset_path("app.css") == "/assets/app.css"
    assert [record.name for record in caplog.records] == ["web.assets"]
    assert browser.get("/assets/app.js").status_code == 404
