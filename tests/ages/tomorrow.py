"""The product as a later release might be: a feature, a step, a duty, a kind of message, an act of a chair and a leaf of the
directory that today's does not know. Run as `-m tests.ages.tomorrow MODULE …`, it is that command of tomorrow.

Tests only. What the product is made of is changed before any of it is imported, as a release changes it; nothing of it is told.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from enum import Enum
from pathlib import Path
from typing import Any

FEATURE = "tomorrow/1"
# Read before `install` changes it: the next after today's.
PROTOCOL = importlib.import_module("protocol.release").PROTOCOL_VERSION + 1
RELEASE = "9.0.0"
STEP, DUTY, MESSAGE, CHAIR_ACT, LEAF = "hurry", "hasten", "poll", "praise", "greeting"
LEAF_TYPE = 60


def _module(name: str) -> Any:
    """A module whose names are to be set."""
    return importlib.import_module(name)


def _member(kind: type[Enum], name: str, value: Any) -> Any:
    """One more member of an enumeration."""
    base: Any = next(each for each in kind.__mro__ if each in (str, int))
    made = base.__new__(kind, value)
    made._name_, made._value_ = name, value
    kind._member_map_[name] = made
    kind._member_names_.append(name)
    kind._value2member_map_[value] = made
    type.__setattr__(kind, name, made)
    return made


def install() -> None:
    """Make this process one of tomorrow."""
    release = _module("protocol.release")
    release.PROTOCOL_VERSION, release.RELEASE = PROTOCOL, RELEASE
    features = _module("protocol.features")
    features.FEATURES[FEATURE] = features.Feature(FEATURE, PROTOCOL)
    _documents()
    _messages()
    _chairs()
    _leaves()


def _documents() -> None:
    organisation = _module("protocol.directory.organisation")
    duty = _member(organisation.Duty, "HASTEN", DUTY)
    organisation._KNOWN_DUTIES = organisation._KNOWN_DUTIES | {DUTY}
    steps = _module("protocol.documents.steps")
    step = _member(steps.Step, "HURRY", STEP)
    rules = _module("protocol.cases.procedure")
    procedure = _module("protocol.documents.dispatch").DISPATCH_2
    opinion = procedure.steps[steps.Step.OPINION]
    row = rules.StepRule(
        step.value, opinion.object, opinion.sources, "", (duty.value,), article=20, concurrent=True
    )
    object.__setattr__(procedure, "rows", (*procedure.rows, row))
    procedure.steps[row.step] = row


def _messages() -> None:
    contents = _module("protocol.messaging.contents")
    kind = _member(contents.ContentKind, "POLL", MESSAGE)
    contents._SHAPES[kind] = {"question": lambda value: type(value) is str}


def _chairs() -> None:
    payloads = _module("protocol.meetings.payloads")
    _member(payloads.ChairAct, "PRAISE", CHAIR_ACT)
    payloads._ACTS = payloads._ACTS | {CHAIR_ACT}


def _leaves() -> None:
    signature = _module("protocol.crypto.signature")
    signed = _member(signature.SignedType, "GREETING", LEAF_TYPE)
    signature._TYPES = signature._TYPES | {LEAF_TYPE}
    log = _module("protocol.directory.log")
    kind = _member(log.LeafKind, "GREETING", LEAF)
    log.TYPES[kind] = (signed,)
    state = _module("protocol.directory.state")
    made = state.DirectoryState.__init__

    def init(self: Any, *arguments: Any) -> None:
        made(self, *arguments)
        self._checks[kind] = lambda _leaf, given, _at, _organisation, trusted: self._greeted(given, trusted)

    def greeted(self: Any, given: Any, trusted: bool) -> Any:
        self._from_device(given, signed, trusted)
        return lambda: None

    state.DirectoryState.__init__ = init
    state.DirectoryState._greeted = greeted


def _shown() -> None:
    """What pages of tomorrow would show, as far as a headless client has them."""
    message_store = _module("client.messaging.message_store")
    message_store.SAID = (*message_store.SAID, MESSAGE)
    presenter = _module("client.messaging.presenter")
    text = presenter._text
    presenter._text = lambda kept: str((kept.fields or {}).get("question") or text(kept))


def main() -> None:
    install()
    module, *arguments = sys.argv[1:]
    if module == "driver":
        _shown()
        path = str(Path(__file__).with_name("driver.py"))
        sys.argv = [path, *arguments]
        runpy.run_path(path, run_name="__main__")
        return
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
