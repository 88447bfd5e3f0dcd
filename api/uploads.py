"""What the resources that take files have in common: one file a request, bounded before it is read."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Request, request
from werkzeug.datastructures import FileStorage

from api.body import check
from api.caller import engine
from api.http_errors import FieldsInvalid, both
from engine.store.files import FileTooLarge

#: What a form has beside the file. Werkzeug holds a piece of the file to it, too: less than two of its pieces refuses files.
MOST_FIELDS = 1024 * 1024
ONE_FILE = both("每次只能上传一个文件，字段名为 file", "one file at a time, in the field named file")


def bound_upload() -> None:
    """Whether a body is one that may be read: its size, and that there is room for it. Raises FileTooLarge, StorageFull."""
    most = engine().settings.most_file
    request.max_form_memory_size = MOST_FIELDS
    request.max_content_length = most + MOST_FIELDS
    if (request.content_length or 0) > most + MOST_FIELDS:
        raise FileTooLarge(most=most // 1024**2)
    engine().files.check_room(request.content_length or 0)


def fields_and_file(req: Request) -> dict[str, Any]:
    """The fields of a form, and its one file, if there is one, as `file`."""
    given: dict[str, Any] = req.form.to_dict()
    check(given)
    files = list(req.files.items(multi=True))
    if [name for name, _ in files] not in ([], ["file"]) or "file" in given:
        raise FieldsInvalid({"file": [ONE_FILE]})
    return given | dict(files)


class WithFile(ma.Schema):
    """The body of a request that may be a form with one file, `file`."""

    file = ma.fields.Raw(load_default=None, metadata={"type": "string", "format": "binary"})

    @staticmethod
    def from_form(req: Request) -> dict[str, Any]:
        """The fields of a form, and its one file."""
        return fields_and_file(req)

    @ma.validates("file")
    def _file(self, value: Any, **_: Any) -> None:
        if value is not None and not isinstance(value, FileStorage):
            raise ma.ValidationError(ONE_FILE)
