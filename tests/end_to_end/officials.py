"""The three officials of the story and the posts they hold."""

from __future__ import annotations

from typing import Final

from tests.end_to_end.city import Official

CLERK: Final = Official("clerk", "发改委文书", ("fgw.clerk", "fgw.seal"))
LEADER: Final = Official("leader", "发改委主任", ("fgw.leader", "fgw.office"))
FINANCE: Final = Official("finance", "财政局文书", ("czj.clerk", "czj.section"))
OFFICIALS: Final = (CLERK, LEADER, FINANCE)
