"""Officials at clients of different ages, in a city whose server and CA may be of another."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.city import City, Official
from tests.end_to_end.processes import ROOT, environment
from tests.support.driven import DrivenProcess
from tests.support.waiting import until_seen

DRIVER: Final = Path(__file__).with_name("driver.py")
WHEELS: Final = Path(__file__).with_name("wheels")
# What the kept wheels leave out: fonts and pictures, the same in every release.
LENT: Final = ("resources/fonts/", "resources/screenshots/")


class Refused(Exception):
    """The client said no: `code` is its stable code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class Someone:
    """An official at a client in a process of its own."""

    def __init__(self, name: str, profile: Path, command: list[str], path: Path) -> None:
        self.name, self.profile = name, profile
        self._process = DrivenProcess(
            command, profile.parent / f"{name}.log", environment(PYTHONPATH=str(path))
        )
        self.person = self.device = ""

    def do(self, order: str, **arguments: Any) -> Any:
        """Have it done.

        Raises:
            Refused: the client says no.
        """
        answer = self._process.ask(json.dumps({"do": order, **arguments}, ensure_ascii=False))
        if not answer["ok"]:
            raise Refused(answer["code"], f"{self.name}: {order} {arguments}: {answer['text']}")
        return answer["value"]

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what others bring about; the run's own guard ends a wait that never ends."""

        def happened() -> bool:
            self._process.check()
            return true()

        until_seen(happened)

    def sees(self, conversation: str, *texts: str | None) -> None:
        """Wait until these are the messages; None: one that cannot be read."""

        def there() -> bool:
            rows = self.do("messages", conversation=conversation)
            return [row["text"] if row["unreadable"] is None else None for row in rows] == list(texts)

        self.until(there)

    def waits_for(self, document: str, step: str) -> None:
        self.until(lambda: self.has(document) and step in self.do("view", document=document)["actions"])

    def has(self, document: str) -> bool:
        return any(row["id"] == document for row in self.do("rows"))

    def enrol(self, server: str, code: str) -> None:
        self.do("enrol", server=server, code=code)
        self.until(lambda: bool(self.do("ready")))
        self._known()

    def unlock(self) -> None:
        self.do("unlock")
        self.until(lambda: bool(self.do("ready")))
        self._known()

    def _known(self) -> None:
        who = self.do("who")
        self.person, self.device = who["person"], who["device"]

    def stop(self) -> None:
        self._process.stop()


def today(name: str, profile: Path) -> Someone:
    """At the client of this tree."""
    return Someone(name, profile, [sys.executable, str(DRIVER), str(profile)], ROOT)


def tomorrow(name: str, profile: Path) -> Someone:
    """At a client of a later release."""
    return Someone(name, profile, [sys.executable, "-m", "tests.ages.tomorrow", "driver", str(profile)], ROOT)


def of_wheel(name: str, profile: Path, wheel: Path, folder: Path) -> Someone:
    """At a client that landed before, unpacked from its wheel."""
    unpacked = folder / wheel.stem
    if not unpacked.exists():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        for lent in LENT:
            (unpacked / lent).symlink_to(ROOT / lent)
    return Someone(name, profile, [sys.executable, str(DRIVER), str(profile)], unpacked)


def enrol(city: City, people: Mapping[str, Someone]) -> None:
    """Give each (by the post he is to hold) a place in the city, and let him come in."""
    persons = {post: city.appoint(Official(one.name, one.name, (post,))) for post, one in people.items()}
    city.publish()
    for post, one in people.items():
        one.enrol(city.address, city.code(persons[post]))


def in_step(*people: Someone) -> None:
    """Wait until all know of all, and everybody can be written to."""
    for one in people:
        for other in people:
            one.until(lambda one=one, other=other: bool(one.do("knows", device=other.device)))  # type: ignore[misc]
        one.until(lambda one=one: one.do("prekeys") > 0)  # type: ignore[misc]
