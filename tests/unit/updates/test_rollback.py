"""Which version may open a profile: a life of updates, deaths and power cuts in a world of numbers, however it goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from client.updates import rollback
from client.updates.rollback import DEATHS, Deed, UpdatePhase, UpdateState

VERSIONS = ("0.4.0", "0.5.0", "0.6.0", "0.7.0")
ACTS = ("complete", "die", "close", "cut early")


@dataclass
class World:
    """A profile holds what was acknowledged, and by which version's form its store was last written; the copy as well."""

    state: UpdateState = field(default_factory=UpdateState)
    installed: str = VERSIONS[0]
    acknowledged: int = 0
    profile: tuple[int, str] = (0, VERSIONS[0])
    copy: tuple[int, str] | None = None

    def update(self, to: str) -> None:
        """The running version installs another, as the window does."""
        if self.state.phase is UpdatePhase.SETTLED and self.state.good == self.installed != to:
            self.copy = self.profile
            self.state = rollback.installing(self.state, self.installed, to, "")
            self.installed = to

    def begin(self) -> Deed:
        state, deed = rollback.begun(self.state, self.installed)
        if deed is Deed.COPY:
            self.copy = self.profile
        if deed is Deed.RESTORE:
            assert self.copy is not None
            self.profile = self.copy
            state = rollback.restored(state, self.installed)
        self.state = state
        if deed is Deed.GO_BACK:
            self.installed = state.good
            return self.begin()
        return deed

    def start(self, act: str) -> None:
        """One start from its first line to its end."""
        if act == "cut early":
            return
        self.begin()
        running = self.installed
        # The store is brought up to date and nothing sent: whatever follows, this much may have happened.
        self.profile = (self.profile[0], running)
        if act == "complete":
            self.state = rollback.completed(self.state, running)
            self.copy = None
            self.acknowledged += 1
            self.profile = (self.acknowledged, running)
        elif act == "close":
            self.state = rollback.ended(self.state, running)


LIVES = st.lists(
    st.one_of(
        st.sampled_from(ACTS).map(lambda act: ("start", act)),
        st.sampled_from(VERSIONS).map(lambda to: ("update", to)),
        st.sampled_from(VERSIONS).map(lambda to: ("admin", to)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(LIVES)
def test_nothing_acknowledged_is_lost_whatever_happens(life: list[tuple[str, str]]) -> None:
    world = World()
    for kind, what in life:
        if kind == "start":
            world.start(what)
        elif kind == "update":
            world.update(what)
        else:
            world.installed = what
        assert world.profile[0] == world.acknowledged
        # A copy that could be put back has all of it as well.
        if world.state.phase is not UpdatePhase.SETTLED:
            assert world.copy is not None
            assert world.copy[0] == world.acknowledged


@settings(deadline=None)
@given(LIVES)
def test_a_version_that_came_back_opens_a_profile_of_its_own_form(life: list[tuple[str, str]]) -> None:
    world = World()
    for kind, what in life:
        if kind == "start" and what != "cut early":
            world.begin()
            if world.state.phase is UpdatePhase.SETTLED and world.state.good == world.installed:
                assert world.profile[1] == world.installed
            world.profile = (world.profile[0], world.installed)
            if what == "complete":
                world.state = rollback.completed(world.state, world.installed)
                world.copy = None
            elif what == "close":
                world.state = rollback.ended(world.state, world.installed)
        elif kind == "update":
            world.update(what)


@settings(deadline=None)
@given(LIVES)
def test_no_version_dies_more_than_twice_in_a_row(life: list[tuple[str, str]]) -> None:
    world = World()
    deaths = 0
    for kind, what in life:
        if kind != "start":
            deaths = 0
            (world.update if kind == "update" else lambda to: setattr(world, "installed", to))(what)
        elif what == "die":
            before = world.installed
            world.start(what)
            newcomer = world.state.phase is UpdatePhase.STARTING
            deaths = deaths + 1 if newcomer and world.installed == before else 0
            assert deaths <= DEATHS
        else:
            deaths = 0
            world.start(what)


def test_two_deaths_bring_the_former_version_back_and_are_told_once() -> None:
    state = rollback.completed(UpdateState(), "0.4.0")
    state = rollback.installing(state, "0.4.0", "0.5.0", "/former.deb")
    for _ in range(DEATHS):
        state, deed = rollback.begun(state, "0.5.0")
        assert deed is Deed.GO
    state, deed = rollback.begun(state, "0.5.0")
    assert (deed, state.former) == (Deed.GO_BACK, "/former.deb")
    state, deed = rollback.begun(state, "0.4.0")
    assert deed is Deed.RESTORE
    state = rollback.restored(state, "0.4.0")
    assert (state.phase, state.failed, state.untold) == (UpdatePhase.SETTLED, ("0.5.0",), "0.5.0")
    assert rollback.told(state).untold == ""


def test_who_only_looks_at_the_login_page_does_not_count_as_dead() -> None:
    state = rollback.installing(UpdateState(good="0.4.0"), "0.4.0", "0.5.0", "")
    for _ in range(5):
        state, deed = rollback.begun(state, "0.5.0")
        assert deed is Deed.GO
        state = rollback.ended(state, "0.5.0")


def test_a_version_that_has_started_never_goes_back_by_itself() -> None:
    state = rollback.installing(UpdateState(good="0.4.0"), "0.4.0", "0.5.0", "")
    state, _ = rollback.begun(state, "0.5.0")
    state = rollback.completed(state, "0.5.0")
    for _ in range(10):
        state, deed = rollback.begun(state, "0.5.0")
        assert deed is Deed.GO


def test_an_installation_that_did_not_happen_leaves_nothing_behind() -> None:
    state = rollback.installing(UpdateState(good="0.4.0"), "0.4.0", "0.5.0", "")
    state, deed = rollback.begun(state, "0.4.0")
    assert (deed, state) == (Deed.GO, UpdateState(good="0.4.0"))


def test_whoever_installs_the_profile_is_copied() -> None:
    _, deed = rollback.begun(UpdateState(good="0.4.0"), "0.5.0")
    assert deed is Deed.COPY


def test_a_mended_version_begins_with_what_was_before_the_broken_one() -> None:
    state = rollback.installing(UpdateState(good="0.4.0"), "0.4.0", "0.5.0", "")
    state, _ = rollback.begun(state, "0.5.0")
    state, deed = rollback.begun(state, "0.5.1")
    assert (deed, state.good, state.fresh, state.tries) == (Deed.RESTORE, "0.4.0", "0.5.1", 1)
