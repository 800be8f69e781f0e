"""Reading a procedure that came as data: nothing of it is believed that the engine could stumble over later (C42).

`Procedure.value` writes, this reads. A definition is refused whole: with the place in it that is wrong, for whoever wrote it.
What is refused here is what would break the fold (a reference that leads nowhere, an object without a rule, two rows for one
step); whether a procedure is sensible, so that every case under it can come to an end, is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from protocol import payload
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import NO_PHASE, Binding, Join, ObjectRule, Offer, Procedure, Relation, StepRule
from protocol.cases.shapes import NAMED, shape
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError, Recovery, recovery_of

MAX_DEFINITION: Final = 1 << 16  # bytes
MAX_STEPS: Final = 200
_WHAT: Final = r"(post|body|object|head\.[a-z][a-z0-9_]*)"
_REFERENCE: Final = re.compile(
    rf"head\.[a-z][a-z0-9_]*|actor\.(person|post|body)|object|case|target|turn|before|sealed_to"
    rf"|first\.{_WHAT}|last\.(?P<step>[a-z][a-z0-9_]*)\.(id|{_WHAT})"
)
_OF_AN_ENTRY: Final = re.compile(r"head\.[a-z][a-z0-9_]*|actor\.(person|post|body)|post|body")
# What an author can do something about; another code would make a program try again, or stop.
_CODES: Final = {
    each.value
    for each in ErrorCode
    if each.value.startswith("documents.") and recovery_of(each) is not Recovery.RETRY
}
_Words = TypeVar("_Words", bound=StrEnum)

_PROCEDURE: Final[Mapping[str, payload.Shape]] = {
    "id": payload.word,
    "version": payload.between(1, 1_000_000),
    "objects": payload.list_of(lambda value: type(value) is dict, at_most=len(ObjectKind)),
    "steps": payload.list_of(lambda value: type(value) is dict, at_most=MAX_STEPS),
}


def _words(value: Any) -> bool:
    return payload.list_of(payload.word, at_most=MAX_STEPS)(value) and value == sorted(set(value))


def _phases(value: Any) -> bool:
    return payload.list_of(_word_or_none, at_most=MAX_STEPS)(value) and value == sorted(set(value))


def _word_or_none(value: Any) -> bool:
    return value == "" or payload.word(value)


_HEAD: Final = payload.map_of(payload.text)
_OBJECT: Final[Mapping[str, payload.Shape]] = {
    "kind": payload.text,
    "in_line": payload.boolean,
    "derived_key": payload.boolean,
    "begins_on": _word_or_none,
    "one_for": payload.text,
    "round": _word_or_none,
    "join": payload.optional(lambda value: type(value) is dict),
}
_JOIN: Final[Mapping[str, payload.Shape]] = {
    "asked": payload.text,
    "answer": payload.word,
    "stops": payload.list_of(payload.text, at_most=MAX_STEPS),
    "article": payload.integer,
}
_BINDING: Final[Mapping[str, payload.Shape]] = {
    "one": payload.text,
    "relation": payload.text,
    "others": payload.list_of(payload.text, at_most=16),
    "code": payload.text,
    "field": payload.text,
}
_STEP: Final[Mapping[str, payload.Shape]] = {
    "step": payload.word,
    "object": payload.text,
    "sources": _phases,
    "target": _word_or_none,
    "duties": _words,
    "article": payload.integer,
    "within": _words,
    "becomes": _word_or_none,
    "concurrent": payload.boolean,
    "in_turn": payload.boolean,
    "any_body": payload.boolean,
    "joins": payload.optional(payload.text),
    "creates": payload.boolean,
    "issuer": payload.boolean,
    "head": _HEAD,
    "must": _words,
    "may": _words,
    "under": _HEAD,
    "names": _words,
    "crosses": payload.boolean,
    "seals_to": _words,
    "turn_back": payload.text,
    "known_as": _word_or_none,
    "bindings": payload.list_of(lambda value: type(value) is dict, at_most=64),
    "outward": payload.boolean,
    "online": payload.boolean,
    "offer": payload.text,
    "next_duty": _word_or_none,
}
_STEP_MAY: Final[Mapping[str, payload.Shape]] = {"undoes": _words}


def read_definition(data: bytes) -> Procedure:
    """The procedure that the canonical CBOR of its value describes.

    Raises:
        JinshuError: `cases.definition_invalid`, with the place in it; or `wire.malformed`, it is no canonical CBOR.
    """
    if len(data) > MAX_DEFINITION:
        raise invalid("size")
    return procedure_of(cbor.decode(data))


def procedure_of(value: Any) -> Procedure:
    """The procedure that a decoded value describes; its own value is the same again.

    Raises:
        JinshuError: `cases.definition_invalid`.
    """
    if type(value) is not dict or value.get("v") != 1:
        raise invalid("v")
    fields = _checked({name: item for name, item in value.items() if name != "v"}, _PROCEDURE, "procedure")
    found = Procedure(
        fields["id"],
        fields["version"],
        tuple(_object(each) for each in fields["objects"]),
        tuple(_step(each) for each in fields["steps"]),
    )
    _check_whole(found)
    if found.value() != value:
        raise invalid("order")
    return found


def invalid(place: str) -> JinshuError:
    """That a definition is wrong, and where."""
    return JinshuError(ErrorCode.CASES_DEFINITION_INVALID, place=place)


def _checked(
    value: Mapping[str, Any],
    shapes: Mapping[str, payload.Shape],
    place: str,
    may: Mapping[str, payload.Shape] | None = None,
) -> Mapping[str, Any]:
    known = {**shapes, **(may or {})}
    wrong = shapes.keys() - value.keys() | value.keys() - known.keys()
    wrong |= {name for name in value.keys() & known.keys() if not known[name](value[name])}
    if wrong:
        raise invalid(f"{place}.{min(wrong)}")
    return value


def _one(kind: type[_Words], text: str, place: str) -> _Words:
    if text == "" or text not in {each.value for each in kind}:
        raise invalid(place)
    return kind(text)


def _object(value: Mapping[str, Any]) -> ObjectRule:
    fields = dict(_checked(value, _OBJECT, "objects"))
    fields["kind"] = _one(ObjectKind, fields["kind"], "objects.kind")
    if fields["join"] is not None:
        join = _checked(fields["join"], _JOIN, "objects.join")
        fields["join"] = Join(join["asked"], join["answer"], tuple(join["stops"]), join["article"])
    return ObjectRule(**fields)


def _step(value: Mapping[str, Any]) -> StepRule:
    word = value.get("step")
    place = f"steps.{word}" if payload.word(word) else "steps"
    fields = dict(_checked(value, _STEP, place, _STEP_MAY))
    fields["object"] = _one(ObjectKind, fields["object"], f"{place}.object")
    fields["offer"] = _one(Offer, fields["offer"], f"{place}.offer")
    if fields["joins"] is not None:
        fields["joins"] = _one(ObjectKind, fields["joins"], f"{place}.joins")
    for name in ("sources", "duties", "within", "must", "may", "names", "seals_to", "undoes"):
        fields[name] = tuple(fields.get(name, ()))
    fields["bindings"] = tuple(_binding(each, f"{place}.bindings") for each in fields["bindings"])
    return StepRule(**fields)


def _binding(value: Mapping[str, Any], place: str) -> Binding:
    fields = _checked(value, _BINDING, place)
    if fields["code"] not in _CODES:
        raise invalid(f"{place}.code")
    others = tuple(fields["others"])
    relation = _one(Relation, fields["relation"], f"{place}.relation")
    if not others or (relation is Relation.IS and len(others) != 1):
        raise invalid(f"{place}.others")
    return Binding(fields["one"], relation, others, ErrorCode(fields["code"]), fields["field"])


# What rows say of each other


def _check_whole(found: Procedure) -> None:
    if len(found.steps) != len(found.rows) or len(found.kinds) != len(found.objects):
        raise invalid("steps" if len(found.steps) != len(found.rows) else "objects")
    if ObjectKind.CASE not in found.kinds or not found.kinds[ObjectKind.CASE].in_line:
        raise invalid("objects.case")
    begin = [row for row in found.rows if row.begins_case]
    if not begin or any(row.sources != (NO_PHASE,) or not row.target for row in begin):
        raise invalid("steps.begin")
    for rule in found.objects:
        _check_object(found, rule)
    for row in found.rows:
        _check_step(found, row)


def _check_object(found: Procedure, rule: ObjectRule) -> None:
    place = f"objects.{rule.kind.value}"
    _check_steps(found, filter(None, (rule.begins_on, rule.round)), place)
    if rule.one_for:
        _check_one_for(found, rule, f"{place}.one_for")
    elif not rule.in_line:
        raise invalid(f"{place}.one_for")
    if rule.join is not None and not _names_list(found, rule.join.asked):
        raise invalid(f"{place}.join")


def _check_one_for(found: Procedure, rule: ObjectRule, place: str) -> None:
    """Whom an object is for stands in every entry that begins one, once."""
    if not _OF_AN_ENTRY.fullmatch(rule.one_for):
        raise invalid(place)
    name = rule.one_for.removeprefix("head.")
    begin = [row for row in found.rows if row.creates and row.object is rule.kind]
    if name != rule.one_for and any(row.head.get(name, "*").endswith(("*", "?")) for row in begin):
        raise invalid(place)


def _names_list(found: Procedure, reference: str) -> bool:
    """Whether a reference leads to a list in the newest entry of a step."""
    return all(shape.endswith("*") for shape in _shapes_at(found, reference))


def _shapes_at(found: Procedure, reference: str) -> list[str]:
    """The shapes a head field has in every step that may be the newest of its kind; [""] where it has none."""
    match = _REFERENCE.fullmatch(reference)
    step, name = (None if match is None else match["step"]), reference.rpartition("head.")[2]
    rows = [row for row in found.rows if step is not None and step in (row.step, row.known_as)]
    return [row.head.get(name, "") for row in rows] or [""]


def _names_one(found: Procedure, reference: str) -> bool:
    """Whether a reference leads to one post, body or person, always."""
    if reference.endswith((".post", ".body")) and reference.count(".") == 2:
        return True
    shapes = _shapes_at(found, reference)
    return all(
        shape and not shape.endswith(("*", "?")) and NAMED.issuperset(shape.split("|")) for shape in shapes
    )


def _check_step(found: Procedure, row: StepRule) -> None:
    place = f"steps.{row.step}"
    if row.object not in found.kinds or (row.joins is not None and row.joins not in found.kinds):
        raise invalid(f"{place}.object")
    if not row.duties or not row.sources:
        raise invalid(f"{place}.duties")
    _check_shapes(row, f"{place}.head")
    if {*row.names, *row.seals_to} - row.head.keys():
        raise invalid(f"{place}.names")
    _check_steps(found, filter(None, (row.known_as, *row.undoes)), place)
    if row.undoes and not _may_undo(found, row):
        raise invalid(f"{place}.undoes")
    references = [each for binding in row.bindings for each in (binding.one, *binding.others)]
    for reference in (*references, *filter(None, (row.turn_back,))):
        _check_reference(found, row, reference, place)
    if row.turn_back and not (row.turn_back.startswith("last.") and _names_one(found, row.turn_back)):
        raise invalid(f"{place}.turn_back")
    _check_moves(found, row, place)


def _check_moves(found: Procedure, row: StepRule, place: str) -> None:
    """Only what stands in the line, one after the other, moves the case: else readers would not agree where it stands."""
    if row.target and (row.concurrent or not found.in_line(row.object)):
        raise invalid(f"{place}.target")
    if row.joins is not None and not found.kinds[row.joins].round:
        raise invalid(f"{place}.joins")
    # The server reads these two itself.
    wanted = {"number_entry": "hash", "case_head": "hash"}
    if any(row.head.get(name, shape) != shape for name, shape in wanted.items()):
        raise invalid(f"{place}.head")
    if "number_entry" in row.head and row.head.get("number") != "text":
        raise invalid(f"{place}.head")


def _check_shapes(row: StepRule, place: str) -> None:
    for name, word in row.head.items():
        try:
            shape(word)
        except JinshuError:
            raise invalid(place) from None
        if not payload.word(name):
            raise invalid(place)


def _may_undo(found: Procedure, row: StepRule) -> bool:
    """A step that takes others back leads nowhere of its own, and those it takes back have moved the case."""
    plain = not (row.target or row.passes_on or row.concurrent or row.creates)
    return plain and all(found.steps[each].target and not found.steps[each].creates for each in row.undoes)


def _check_steps(found: Procedure, steps: Iterable[str], place: str) -> None:
    for step in steps:
        if step not in found.steps:
            raise invalid(f"{place}.{step}")


def _check_reference(found: Procedure, row: StepRule, reference: str, place: str) -> None:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise invalid(f"{place}.{reference}")
    step, (before, _, name) = match["step"], reference.partition("head.")
    if step is not None:
        _check_steps(found, (step,), place)
        heads = [each.head for each in found.rows if (each.known_as or each.step) == step]
    elif before == "first.":
        heads = [each.head for each in found.rows if each.creates and each.object is row.object]
    else:
        heads = [row.head]
    if name and not all(name in head for head in heads):
        raise invalid(f"{place}.{reference}")
