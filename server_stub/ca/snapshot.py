"""Turns the CA's record of the organisation into the entries of a snapshot (C3)."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.cases.definitions import read_definition
from protocol.cases.procedure import Procedure
from protocol.directory.organisation import (
    LOG_POLICY_ID,
    SITE_ID,
    UPDATE_ROOT_ID,
    Body,
    Delegation,
    Entry,
    Holding,
    LogPolicy,
    PageSettings,
    Person,
    Post,
    ProcedureEntry,
    Seal,
    Site,
    UpdateRoot,
)
from protocol.directory.page_settings import Setting
from protocol.documents.dispatch import VERSIONS
from protocol.features import DISPATCH_2, LOG_AGE, PAGE_CHECKS, UPDATES
from protocol.identifiers import IdKind, new_id
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.register import Register
from server_stub.ca.state import CaState, LogPolicyRecord


def organisation_entries(state: CaState) -> list[bytes]:
    """Every entry in the order of its id, as the Merkle tree takes them."""
    register = Register(state, fresh_id)
    entries: list[Entry] = [
        *(
            Body(
                id=item.id,
                code=item.code,
                name=item.name,
                short_name=item.short_name,
                parent=item.parent,
                order=item.order,
                number_code=item.number_code,
                type=item.type.value,
                records_key=item.records_key,
            )
            for item in state.bodies
        ),
        *(
            Post(id=item.id, body=item.body, name=item.name, duties=item.duties, order=item.order)
            for item in state.posts
        ),
        *(Person(id=item.id, name=item.name, order=item.order) for item in state.people),
        *(
            Holding(id=item.id, person=item.person, post=item.post, since=item.since)
            for item in state.holdings
        ),
        *(
            Seal(id=item.id, body=item.body, name=item.name, keepers=tuple(register.keepers(item.body)))
            for item in state.seals
        ),
        *(
            Delegation(
                id=item.id,
                from_post=item.from_post,
                to_person=item.to_person,
                duties=item.duties,
                until=item.until,
            )
            for item in state.delegations
        ),
    ]
    # The first clients know no such entry, and a site that has switched nothing on needs none.
    if state.features or state.lowest_client:
        entries.append(Site(SITE_ID, tuple(state.features), state.lowest_client))
    policy = state.log_policy
    if LOG_AGE.name in state.features and policy != LogPolicyRecord():
        entries.append(
            LogPolicy(
                LOG_POLICY_ID,
                grace_days=policy.grace_days,
                witnesses=policy.witnesses,
                needed=policy.needed,
                witness_hours=policy.witness_hours,
            )
        )
    if PAGE_CHECKS.name in state.features:
        entries.append(PageSettings.of(map(Setting.parse, state.page_settings())))
    if DISPATCH_2.name in state.features:
        entries += _procedures(state)
    if UPDATES.name in state.features and state.updates is not None:
        entries.append(UpdateRoot(UPDATE_ROOT_ID, bytes.fromhex(state.updates.root)))
    return [entry.to_bytes() for entry in sorted(entries, key=lambda entry: entry.id)]


def _procedures(state: CaState) -> Iterator[ProcedureEntry]:
    """What cases may begin under: each version of 发文 that has a name, since clients of an age begin them under theirs, and what the
    site defines itself."""
    for shipped in VERSIONS[1:]:
        yield ProcedureEntry(_procedure_id(shipped), shipped.id, shipped.version, shipped.hash, None, ())
    for item in state.procedures:
        found = read_definition(item.definition)
        yield ProcedureEntry(
            _procedure_id(found),
            found.id,
            found.version,
            found.hash,
            item.definition,
            tuple(sorted(item.words)),
        )


def _procedure_id(procedure: Procedure) -> str:
    return new_id(IdKind.PROCEDURE, procedure.hash[:16])
