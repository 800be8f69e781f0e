"""A draft is only written if it can be read again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from client.core.store.documents import DRAFTS
from client.documents import drafts
from client.documents.drafts import EMPTY, StoredDraft
from protocol.errors import ErrorCode, JinshuError


def test_a_paste_beyond_all_measure_is_refused_and_the_rest_stays_readable() -> None:
    engine = create_engine("sqlite://")
    kept = StoredDraft("drf_1", replace(EMPTY, title="通知"), (), None, 1)
    with engine.begin() as connection:
        DRAFTS.create(connection)
        drafts.put(connection, kept)
        with pytest.raises(JinshuError) as refused:
            drafts.put(connection, replace(kept, form=replace(EMPTY, body_text="防汛" * 800_000)))
        assert refused.value.code is ErrorCode.WIRE_TOO_LARGE
        assert drafts.all_drafts(connection) == [kept.row()]
    engine.dispose()
