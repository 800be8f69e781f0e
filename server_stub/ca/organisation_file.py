"""Reads an organisation file (TOML) into a plan of bodies and posts.

It knows nothing of ids, people or keys; what is wrong in a file is said with its line and field.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from protocol.directory.organisation import Duty
from protocol.text import Field, fits

FORMAT = 1
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_PLACES = re.compile(r"\{(city|mark)\}")
_ANY_PLACE = re.compile(r"\{[^}]*\}")


class BodyType(StrEnum):
    PARTY = "party"
    GOVERNMENT = "government"
    OFFICE = "office"
    BUREAU = "bureau"
    COUNTY = "county"
    ARCHIVE = "archive"


class OrganisationFileError(ValueError):
    """An organisation file that cannot be used; the text names line and field, in Chinese and English."""

    def __init__(self, line: int | None, field: str, chinese: str, english: str) -> None:
        self.line = line
        self.field = field
        place = f"第 {line} 行" if line is not None else "文件"
        super().__init__(f"{place} {field}：{chinese} ({english})")


@dataclass(frozen=True, slots=True)
class PostPlan:
    code: str
    name: str
    duties: tuple[Duty, ...]
    order: int


@dataclass(frozen=True, slots=True)
class BodyPlan:
    code: str
    name: str
    short_name: str
    number_code: str
    type: BodyType
    parent: str | None
    order: int
    posts: tuple[PostPlan, ...]


@dataclass(frozen=True, slots=True)
class OrganisationPlan:
    city: str
    bodies: tuple[BodyPlan, ...]


class _Lines:
    """Finds the line of the nth `[[header]]` and of a field below it; tomllib forgets both."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def header(self, header: str, index: int, after: int = 0) -> int | None:
        seen = -1
        for number, line in enumerate(self._lines, 1):
            if number > after and line.strip().startswith(f"[[{header}]]"):
                seen += 1
                if seen == index:
                    return number
        return None

    def field(self, start: int | None, field: str) -> int | None:
        for number in range((start or 0) + 1, len(self._lines) + 1):
            line = self._lines[number - 1].strip()
            if line.startswith("["):
                break
            if re.match(rf"{re.escape(field)}\s*=", line):
                return number
        return start


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file together with where it stands, so that each complaint has a place."""

    values: Mapping[str, object]
    label: str
    line: int | None
    lines: _Lines

    def error(self, field: str, chinese: str, english: str) -> OrganisationFileError:
        return OrganisationFileError(
            self.lines.field(self.line, field), f"{self.label}.{field}".lstrip("."), chinese, english
        )

    def only(self, allowed: Iterable[str]) -> None:
        for field in self.values:
            if field not in allowed:
                raise self.error(field, "不认识的字段", "unknown field")

    def text(self, field: str, default: str | None = None) -> str:
        value = self.values.get(field, default)
        if value is None:
            raise self.error(field, "缺少这个字段", "this field is missing")
        if not isinstance(value, str) or not fits(unicodedata.normalize("NFC", value.strip()), Field.NAME):
            raise self.error(field, "应是一行不为空的文字", "must be one non-empty line of text")
        return unicodedata.normalize("NFC", value.strip())

    def code(self, field: str) -> str:
        value = self.text(field)
        if not _CODE.fullmatch(value):
            raise self.error(
                field,
                f"代码“{value}”只能用小写字母、数字、- 和 _",
                "a code is lower-case letters, digits, - and _",
            )
        return value


def load_organisation(text: str, *, city: str | None = None) -> OrganisationPlan:
    """Parse and check a whole file; `city` replaces the file's own city name and its mark."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise OrganisationFileError(
            int(found.group(1)) if found else None, "TOML", "语法不对", str(error)
        ) from error
    lines = _Lines(text)
    top = _Table(document, "", None, lines)
    top.only(("format", "city", "mark", "post_set", "body"))
    if document.get("format") != FORMAT:
        raise top.error("format", f"应为 {FORMAT}", f"must be {FORMAT}")
    names = {"city": city or top.text("city"), "mark": city[0] if city else top.text("mark")}
    sets = _post_sets(document.get("post_set", {}), top)
    bodies = _bodies(document.get("body"), sets, names, top)
    _check_parents(bodies, lines)
    return OrganisationPlan(names["city"], tuple(bodies))


def _tables(value: object, owner: _Table, field: str) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise owner.error(field, f"应写成 [[{field}]]", f"must be written as [[{field}]]")
    return value


def _post_sets(value: object, top: _Table) -> dict[str, tuple[PostPlan, ...]]:
    if not isinstance(value, dict):
        raise top.error("post_set", "应写成 [[post_set.名称]]", "must be written as [[post_set.NAME]]")
    sets = {}
    for name, posts in value.items():
        header = f"post_set.{name}"
        rows = [
            _Table(row, f"{header}[{index + 1}]", top.lines.header(header, index), top.lines)
            for index, row in enumerate(_tables(posts, top, header))
        ]
        sets[name] = _posts(rows, {})
    return sets


def _posts(rows: list[_Table], base: Mapping[str, PostPlan]) -> tuple[PostPlan, ...]:
    posts = dict(base)
    own: set[str] = set()
    for row in rows:
        row.only(("code", "name", "duties"))
        code = row.code("code")
        if code in own:
            raise row.error("code", f"岗位代码“{code}”重复", f"post code {code} is used twice")
        own.add(code)
        order = posts[code].order if code in posts else len(posts) + 1
        posts[code] = PostPlan(code, row.text("name"), _duties(row), order)
    return tuple(sorted(posts.values(), key=lambda post: post.order))


def _duties(row: _Table) -> tuple[Duty, ...]:
    value = row.values.get("duties")
    if not isinstance(value, list) or not value:
        raise row.error("duties", "应列出至少一项职责", "must list at least one duty")
    duties: set[Duty] = set()
    for item in value:
        try:
            duty = Duty(item)
        except ValueError:
            known = " ".join(sorted(Duty))
            raise row.error("duties", f"不认识的职责“{item}”", f"unknown duty; known: {known}") from None
        if duty in duties:
            raise row.error("duties", f"职责“{item}”重复", f"duty {item} is listed twice")
        duties.add(duty)
    return tuple(sorted(duties))


def _bodies(
    value: object, sets: Mapping[str, tuple[PostPlan, ...]], names: Mapping[str, str], top: _Table
) -> list[BodyPlan]:
    rows = _tables(value, top, "body")
    if not rows:
        raise top.error("body", "至少要有一个机关", "at least one body is needed")
    bodies: list[BodyPlan] = []
    codes: set[str] = set()
    for index, values in enumerate(rows):
        line = top.lines.header("body", index)
        table = _Table(values, f"body[{index + 1}]", line, top.lines)
        body = _body(table, index + 1, sets, names)
        if body.code in codes:
            raise table.error("code", f"机关代码“{body.code}”重复", f"body code {body.code} is used twice")
        codes.add(body.code)
        bodies.append(body)
    return bodies


def _body(
    table: _Table, order: int, sets: Mapping[str, tuple[PostPlan, ...]], names: Mapping[str, str]
) -> BodyPlan:
    table.only(("code", "name", "short_name", "number_code", "type", "parent", "posts", "post"))
    code = table.code("code")
    try:
        body_type = BodyType(table.text("type"))
    except ValueError:
        raise table.error("type", "不认识的机关类型", f"known: {' '.join(BodyType)}") from None
    set_name = table.values.get("posts")
    if set_name is not None and (not isinstance(set_name, str) or set_name not in sets):
        raise table.error("posts", f"没有名为“{set_name}”的岗位套", "there is no such post_set")
    base = {post.code: post for post in sets[set_name]} if isinstance(set_name, str) else {}
    rows = [
        _Table(
            row,
            f"{table.label}.post[{index + 1}]",
            table.lines.header("body.post", index, table.line or 0),
            table.lines,
        )
        for index, row in enumerate(_tables(table.values.get("post", []), table, "post"))
    ]
    posts = _posts(rows, base)
    if not posts:
        raise table.error("posts", "这个机关没有岗位", "this body has no posts")
    return BodyPlan(
        code=code,
        name=_filled(table, "name", names),
        short_name=_filled(table, "short_name", names),
        number_code=_filled(table, "number_code", names),
        type=body_type,
        parent=table.code("parent") if "parent" in table.values else None,
        order=order,
        posts=posts,
    )


def _filled(table: _Table, field: str, names: Mapping[str, str]) -> str:
    text = _PLACES.sub(lambda found: names[found.group(1)], table.text(field))
    if _ANY_PLACE.search(text):
        raise table.error(field, "只能用 {city} 和 {mark}", "only {city} and {mark} may be used")
    return text


def _check_parents(bodies: list[BodyPlan], lines: _Lines) -> None:
    parents = {body.code: body.parent for body in bodies}
    for body in bodies:
        table = _Table({}, f"body[{body.order}]", lines.header("body", body.order - 1), lines)
        if body.parent is not None and body.parent not in parents:
            raise table.error("parent", f"没有代码为“{body.parent}”的机关", "no body has this code")
        seen = {body.code}
        above = body.parent
        while above is not None:
            if above in seen:
                raise table.error("parent", "上级机关绕成了圈", "the parents form a circle")
            seen.add(above)
            above = parents[above]
