"""What can be wrong with a request before any use case sees it, as `ApprovalError`s, so that every answer speaks alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from engine.errors import ApprovalError, Invalid

MOST_FIELDS_NAMED = 20


class BadRequest(ApprovalError):
    """The request is not HTTP as it should be."""

    code = "bad-request"
    zh = "请求格式有误，无法处理。请检查请求行、请求头和参数。"
    en = "The request is malformed. Check its request line, headers and parameters."


class JsonMalformed(ApprovalError):
    """The body is no JSON that can be read."""

    code = "json-malformed"
    zh = "请求体不是有效的 JSON（第 {line} 行第 {column} 列）。请以 UTF-8 发送一个 JSON 对象。"
    en = "The body is no valid JSON (line {line}, column {column}). Send one JSON object in UTF-8."


class IdempotencyKeyInvalid(ApprovalError):
    """The Idempotency-Key header is empty, too long or has characters that can't be printed."""

    code = "idempotency-key-invalid"
    zh = "请求头 Idempotency-Key 须为 1 至 200 个可打印的 ASCII 字符。"
    en = "The header Idempotency-Key takes 1 to 200 printable ASCII characters."


class PathNotFound(ApprovalError):
    """There is nothing at this address."""

    code = "path-not-found"
    status = 404
    zh = "没有这个地址。请对照接口文档检查路径。"
    en = "There is nothing at this address. Check the path in the API's documentation."


class MethodNotAllowed(ApprovalError):
    """The address exists, but not for this method; the header `Allow` names those it takes."""

    code = "method-not-allowed"
    status = 405
    zh = "该地址不支持 {method} 方法。可用方法见响应头 Allow。"
    en = "This address does not take {method}. The header Allow names what it takes."


class BodyTooLarge(ApprovalError):
    """The body is over what this address takes."""

    code = "body-too-large"
    status = 413
    zh = "请求体过大。流程定义和批准件不超过 6 MB，其他请求不超过 256 KB。"
    en = "The body is too large: at most 6 MB for a definition or an approval, 256 KB for anything else."


class MediaTypeUnsupported(ApprovalError):
    """The body is of a type that this address does not take."""

    code = "media-type-unsupported"
    status = 415
    zh = "不支持该内容类型。请以 Content-Type: application/json 发送。"
    en = "This type of content is not taken. Send it as Content-Type: application/json."


class HttpRefused(ApprovalError):
    """Any other refusal of the HTTP layer; `status` is the server's."""

    code = "http-refused"
    zh = "请求被拒绝（HTTP {status}）。请检查请求后重试。"
    en = "The request was refused (HTTP {status}). Check it and try again."


class InternalError(ApprovalError):
    """Something that should not happen did; the log has it under the request's id."""

    code = "internal-error"
    status = 500
    zh = "系统内部错误，操作未生效。请稍后重试；如仍失败，请向管理员提供请求编号（request_id）。"
    en = "Something went wrong inside; nothing was changed. Try again; if it persists, tell the administrator the request_id."


class DatabaseUnavailable(ApprovalError):
    """The database does not answer."""

    code = "database-unavailable"
    status = 503
    zh = "数据库暂时不可用。请稍后重试；建议使用同一个 Idempotency-Key。"
    en = "The database is not available for now. Try again in a moment, best with the same Idempotency-Key."


#: The HTTP layer's own refusals, by status; what is not here is HttpRefused.
BY_STATUS: Mapping[int, type[ApprovalError]] = {
    400: BadRequest,
    404: PathNotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: MediaTypeUnsupported,
    500: InternalError,
}


class FieldsInvalid(Invalid):
    """Fields that are not what the call takes, each with what is wrong with it: `words.both` texts by path."""

    shown: ClassVar[int] = 3  #: how many fields the sentence itself names

    def __init__(self, flaws: Mapping[str, Sequence[str]]) -> None:
        first = dict(list(flaws.items())[:MOST_FIELDS_NAMED])
        super().__init__(detail="", fields=first)

    def sentence(self, lang: str) -> str:
        """The sentence, naming the first fields in the language asked for."""
        named = list(self.params["fields"].items())[: self.shown]
        said = [f"{path} {say(texts[0], lang)}" for path, texts in named]
        template = self.zh if lang == "zh" else self.en
        return template.format(detail=("；" if lang == "zh" else "; ").join(said))


def both(zh: str, en: str) -> str:
    """One text in two languages, as marshmallow's messages must be one string."""
    return f"{zh}\t{en}"


#: The bare words that the engine uses of fields.
_WORDS = {
    "Not a valid list.": both("须为列表", "must be a list"),
    "required": both("必填", "is required"),
    "unknown": both("不存在", "is unknown"),
    "too large": both("过大", "is too large"),
    "not a cursor of this list": both("不是本列表的游标", "is not a cursor of this list"),
    "unknown: it must be in the catalogue first": both("目录中没有该事项", "is not in the catalogue"),
}


def say(text: str, lang: str) -> str:
    """A text about a field in the language asked for; one that has a single language, or is a value, as it is."""
    zh, _, en = _WORDS.get(text, text).partition("\t")
    return zh if lang == "zh" or not en else en
