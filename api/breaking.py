"""What of a newer OpenAPI description breaks callers of an older one: answers may gain, requests may ask for less, and nothing
that was there may go. Small on purpose: it knows the part of OpenAPI 3.1 that this API uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
_METHODS = ("get", "put", "post", "delete", "patch")
MOST_DEPTH = 20


def breaking(old: Json, new: Json) -> list[str]:
    """Every break, in words; none when the version has moved."""
    if old["info"]["version"] != new["info"]["version"]:
        return []
    return list(_paths(old, new))


def _paths(old: Json, new: Json) -> Iterator[str]:
    for path, item in old["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            where, now = f"{method.upper()} {path}", new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{where} is gone"
            else:
                yield from _operation(where, old, item[method], new, now)


def _operation(where: str, old_doc: Json, old: Json, new_doc: Json, new: Json) -> Iterator[str]:
    yield from _parameters(where, old_doc, old, new_doc, new)
    was, now = _bodies(old.get("requestBody", {})), _bodies(new.get("requestBody", {}))
    if not was and new.get("requestBody", {}).get("required"):
        yield f"{where}: a body is required"
    for kind, schema in was.items():
        if kind not in now:
            yield f"{where}: takes no {kind} any more"
        else:
            yield from _request(f"{where} body", old_doc, schema, new_doc, now[kind], MOST_DEPTH)
    for status, answer in old.get("responses", {}).items():
        if status not in new.get("responses", {}):
            yield f"{where}: answer {status} is gone"
            continue
        told, tells = _bodies(_at(old_doc, answer)), _bodies(_at(new_doc, new["responses"][status]))
        for kind, schema in told.items():
            if kind not in tells:
                yield f"{where} {status}: has no {kind} any more"
            else:
                yield from _answer(f"{where} {status}", old_doc, schema, new_doc, tells[kind], MOST_DEPTH)


def _parameters(where: str, old_doc: Json, old: Json, new_doc: Json, new: Json) -> Iterator[str]:
    before = {(p["in"], p["name"]): p for p in (_at(old_doc, one) for one in old.get("parameters", ()))}
    after = {(p["in"], p["name"]): p for p in (_at(new_doc, one) for one in new.get("parameters", ()))}
    for key, was in before.items():
        if key not in after:
            yield f"{where}: parameter {key[1]} is gone"
            continue
        now = after[key]
        if now.get("required") and not was.get("required"):
            yield f"{where}: parameter {key[1]} is required"
        yield from _request(
            f"{where} {key[1]}", old_doc, was.get("schema", {}), new_doc, now.get("schema", {}), MOST_DEPTH
        )
    for key, now in after.items():
        if key not in before and now.get("required"):
            yield f"{where}: new parameter {key[1]} is required"


def _request(where: str, old_doc: Json, old: Json, new_doc: Json, new: Json, depth: int) -> Iterator[str]:
    """What was taken must still be taken."""
    old, new = _at(old_doc, old), _at(new_doc, new)
    if depth == 0:
        return
    if (types := _types(new)) and not (_types(old) or {"any"}) <= types:
        yield f"{where}: takes {sorted(types)}, took {sorted(_types(old)) or 'anything'}"
    if "enum" in new and not set(map(str, old.get("enum", ["anything"]))) <= set(map(str, new["enum"])):
        yield f"{where}: takes fewer values"
    for bound, narrower in (
        ("maxLength", min),
        ("maximum", min),
        ("maxItems", min),
        ("minimum", max),
        ("minItems", max),
    ):
        if bound in new and (bound not in old or narrower(old[bound], new[bound]) != old[bound]):
            yield f"{where}: {bound} is narrower"
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{where}.{name}: is required"
    for name, was in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _request(f"{where}.{name}", old_doc, was, new_doc, new["properties"][name], depth - 1)
        elif "properties" in new:
            yield f"{where}.{name}: is not taken any more"
    if "items" in old and "items" in new:
        yield from _request(f"{where}[]", old_doc, old["items"], new_doc, new["items"], depth - 1)


def _answer(where: str, old_doc: Json, old: Json, new_doc: Json, new: Json, depth: int) -> Iterator[str]:
    """What was told must still be told, as the same type."""
    old, new = _at(old_doc, old), _at(new_doc, new)
    if depth == 0:
        return
    if (types := _types(old)) and not (_types(new) or {"any"}) <= types:
        yield f"{where}: is {sorted(_types(new)) or 'anything'}, was {sorted(types)}"
    if old.get("format") != new.get("format") and "format" in old:
        yield f"{where}: is no {old['format']} any more"
    for name, was in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{where}.{name}: is gone"
        else:
            yield from _answer(f"{where}.{name}", old_doc, was, new_doc, new["properties"][name], depth - 1)
    if "items" in old:
        yield from _answer(f"{where}[]", old_doc, old["items"], new_doc, new.get("items", {}), depth - 1)


def _bodies(of: Json) -> dict[str, Json]:
    """The schemas of a body, by media type."""
    return {kind: told["schema"] for kind, told in of.get("content", {}).items() if "schema" in told}


def _types(schema: Json) -> set[str]:
    said = schema.get("type", ())
    return {said} if isinstance(said, str) else set(said)


def _at(document: Json, part: Json) -> Json:
    """The part itself, or what its `$ref` names."""
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part
