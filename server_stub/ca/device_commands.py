"""Commands about devices and seals: enrol, sign (once or watching), revoke, seal issue, seal sign."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import unicodedata
from contextlib import ExitStack
from pathlib import Path

from protocol.enrolment import EnrolmentCode
from protocol.errors import JinshuError
from protocol.invitation import Invitation, server_address
from protocol.text import RULES, Field, fits
from server_stub.ca.api import CaApi
from server_stub.ca.durable import write_durably
from server_stub.ca.enrolling import Enrolment
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.founding_commands import export, report
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.people_commands import resolve_devices
from server_stub.ca.publishing import Publication
from server_stub.ca.register import Register
from server_stub.ca.sealing import SealOffice
from server_stub.ca.signing import Decide, Decision, SigningRound
from server_stub.ca.slip import qr_code, write_slip
from server_stub.ca.state import CaState, CodeRecord, PersonRecord, RevocationRecord
from server_stub.ca.workplace import Workplace

# A session lives 15 minutes (C19); a watcher signs in anew well before.
_SESSION_MS = 10 * 60 * 1000
_MAX_REASON = 100


def enrol(args: argparse.Namespace, work: Workplace) -> None:
    """A single-use code for one person; its lookup hash goes to the server, its secret only into his invitation."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        person = Register(state, fresh_id).person(args.person)
        server = _address(args, state)
        enrolment = Enrolment(work.issuer(folder), work.journal(folder), work.clock)
        code, record = enrolment.new_code(state, person.id)
        folder.save(state)
        if args.out is not None:
            _write_registration(args, record)
        else:
            with work.online(folder, state, args.server) as api:
                api.register_code(record.lookup_hash, record.expires_at)
        invitation = _invitation(state, person, code, server)
    _show_code(code, invitation, person.name, args, work)
    facts: dict[str, object] = {
        "code": code.text(),
        "person": person.id,
        "name": person.name,
        "server": "" if invitation is None else invitation.server,
        "lookup_hash": record.lookup_hash,
        "expires_at": record.expires_at,
        "root_fingerprint": code.root_fingerprint.hex(),
    }
    if invitation is not None:
        facts["link"] = invitation.link()
        if args.slip is not None:
            facts |= _write_slip(args.slip, invitation, record, work)
    work.speaker.fact("code", facts)


def _address(args: argparse.Namespace, state: CaState) -> str | None:
    """Where newcomers find the server, in the one form invitations have; None where this CA was never told.

    Raises:
        CaError: no client could use the address: better said here than at the newcomer's desk.
    """
    server = args.server or state.server
    if server is None:
        if args.slip is not None:
            raise CaError("不知道服务器地址，请用 --server", "the server's address is unknown, use --server")
        return None
    try:
        return server_address(server)
    except JinshuError:
        raise CaError(
            f"服务器地址“{server}”不能写进邀请，应为 https://主机:端口",
            f"{server!r} cannot stand in an invitation; write https://host:port",
        ) from None


def _invitation(
    state: CaState, person: PersonRecord, code: EnrolmentCode, server: str | None
) -> Invitation | None:
    """All the newcomer's program must know. The first of his posts tells namesakes apart."""
    if server is None:
        return None
    post = next(iter(Register(state, fresh_id).posts_of(person.id)), None)
    body = next((body.short_name for body in state.bodies if post is not None and body.id == post.body), "")
    words = f"{body} {post.name}" if post is not None else ""
    most = RULES[Field.NAME].most
    return Invitation.new(server, code, site=state.city, person=person.name, post=words[:most])


def _write_slip(
    folder: Path, invitation: Invitation, record: CodeRecord, work: Workplace
) -> dict[str, object]:
    """The `.jinshu` file and the slip; returns where they lie."""
    link, page = write_slip(folder, invitation, record.expires_at, record.person)
    work.speaker.say(
        f"邀请文件：{link}\n登记单：{page}\n两者与登记码同样要紧：交出之后从本机删除。",
        f"Invitation: {link}\nSlip: {page}\nBoth are worth as much as the code: delete them once handed over.",
    )
    return {"file": str(link), "slip": str(page)}


def _write_registration(args: argparse.Namespace, record: CodeRecord) -> None:
    document = {
        "version": 1,
        "kind": "enrolment",
        "lookup_hash": record.lookup_hash,
        "expires_at": record.expires_at,
    }
    write_durably(args.out, (json.dumps(document, indent=1) + "\n").encode())


def _show_code(
    code: EnrolmentCode, invitation: Invitation | None, name: str, args: argparse.Namespace, work: Workplace
) -> None:
    speaker = work.speaker
    speaker.say(
        f"{name}的登记码（7 天内有效，只能用一次，请当面交给本人）：",
        f"Enrolment code for {name} (7 days, single use; hand it over in person):",
    )
    speaker.plain(f"\n{code.text()}\n")
    if invitation is not None:
        speaker.say(f"服务器：{invitation.server}", f"Server: {invitation.server}")
    speaker.say(
        f"根证书指纹：{code.root_fingerprint.hex()}", f"Root fingerprint: {code.root_fingerprint.hex()}"
    )
    if invitation is None:
        return
    speaker.say("邀请链接（以上各项都在其中）：", "Invitation (all of the above in one):")
    speaker.plain(f"\n{invitation.link()}\n")
    if not speaker.machine and not args.no_qr:
        qr_code(invitation, "l").terminal(out=sys.stdout, border=3, compact=True)


def sign(args: argparse.Namespace, work: Workplace) -> None:
    if args.watch:
        _Watch(args, work).run()
        return
    folder = CaFolder(args.ca)
    with folder.locked() as state, work.online(folder, state, args.server) as api:
        done = _round(folder, state, api, work, _decider(args, work)).run()
    work.speaker.say(f"处理了 {done} 项申请。", f"Dealt with {done} requests.")
    work.speaker.fact("sign", {"requests": done})


def _round(folder: CaFolder, state: CaState, api: CaApi, work: Workplace, decide: Decide) -> SigningRound:
    issuer, journal = work.issuer(folder), work.journal(folder)
    return SigningRound(
        folder,
        state,
        api,
        Enrolment(issuer, journal, work.clock),
        SealOffice(issuer, journal, work.clock),
        work.speaker,
        decide,
    )


def _always(chinese: str, english: str) -> Decision:
    return Decision.SIGN


def _decider(args: argparse.Namespace, work: Workplace) -> Decide:
    if args.all:
        return _always
    if work.speaker.machine or not sys.stdin.isatty():
        raise CaError("没有终端可以询问：请用 --all", "no terminal to ask at: use --all")

    def ask(chinese: str, english: str) -> Decision:
        work.speaker.say(
            f"{chinese}\n签发？ y 签发 / r 拒绝 / 其他 留待以后",
            f"{english}\nSign? y sign / r refuse / else later",
        )
        typed = sys.stdin.readline().strip().lower()
        return {"y": Decision.SIGN, "r": Decision.REFUSE}.get(typed, Decision.LATER)

    return ask


class _Watch:
    """Signs whatever proves itself until SIGTERM; a failed round is said and tried again at the next."""

    def __init__(self, args: argparse.Namespace, work: Workplace) -> None:
        self._folder = CaFolder(args.ca)
        self._args = args
        self._work = work
        self._stop = threading.Event()
        self._session = ExitStack()
        self._api: CaApi | None = None
        self._signed_in_at = 0

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._work.speaker.say(
            "守候登记和印章申请，Ctrl+C 或 SIGTERM 结束。",
            "Watching for requests; Ctrl+C or SIGTERM ends it.",
        )
        self._work.speaker.fact("watch", {"interval": self._args.interval})
        with self._session:
            while not self._stop.is_set():
                try:
                    self._tick()
                except CaError as error:
                    self._work.speaker.refuse(error)
                    self._drop()
                self._stop.wait(self._args.interval)

    def _tick(self) -> None:
        with self._folder.locked() as state:
            api = self._online(state)
            publisher = self._work.publisher(self._folder)
            if state.dates_statements and publisher.is_renewal_due(state):
                publisher.look_at_log(state, api)
            publisher.sign_due(state, renew_only=True)
            publisher.deliver(state, api, publisher.undelivered(state))
            _round(self._folder, state, api, self._work, _always).run()

    def _online(self, state: CaState) -> CaApi:
        now = self._work.clock()
        if self._api is None or now - self._signed_in_at > _SESSION_MS:
            self._drop()
            self._api = self._session.enter_context(self._work.online(self._folder, state, self._args.server))
            self._signed_in_at = now
        return self._api

    def _drop(self) -> None:
        self._session.close()
        self._api = None


def revoke(args: argparse.Namespace, work: Workplace) -> None:
    """A new revocation list, pushed at once; seal certificates of the same devices fall with them."""
    folder = CaFolder(args.ca)
    reason = _reason(args.reason)
    with folder.locked() as state:
        known = state.certificates()
        digests = resolve_devices(state, args.target)
        at = work.clock()
        journal = work.journal(folder)
        for digest in digests:
            state.revocations.append(
                RevocationRecord(certificate_hash=digest, device=known[digest], reason=reason, at=at)
            )
            journal.append("revoke", certificate=digest, device=known[digest], reason=reason)
        publisher = work.publisher(folder)
        publications = [publisher.sign_revocations(state)]
        if args.out is not None:
            export(publications, args.out)
            for publication in publications:
                publisher.mark_delivered(state, publication)
        else:
            _push(folder, state, publications, args, work)
    devices = sorted({known[digest] for digest in digests})
    work.speaker.say(
        f"已吊销 {len(digests)} 张证书：{'、'.join(devices)}",
        f"Revoked {len(digests)} certificates: {', '.join(devices)}",
    )
    work.speaker.fact("revoke", {"devices": devices, "certificates": digests})
    report(publications, work)


def _reason(typed: str) -> str:
    reason = unicodedata.normalize("NFC", typed.strip())
    if len(reason) > _MAX_REASON or not fits(reason, Field.NOTE):
        raise CaError(
            f"原因应是一行文字，不超过 {_MAX_REASON} 字",
            f"the reason is one line of at most {_MAX_REASON} letters",
        )
    return reason


def _push(
    folder: CaFolder,
    state: CaState,
    publications: list[Publication],
    args: argparse.Namespace,
    work: Workplace,
) -> None:
    try:
        with work.online(folder, state, args.server) as api:
            work.publisher(folder).deliver(state, api, publications)
    except CaError as error:
        # A revocation must not look done when nobody has heard of it.
        raise CaError(
            f"吊销已经签署，但还没有送到服务器（{error.chinese}）。请尽快再运行 publish",
            f"signed, but not delivered to the server ({error.english}); run publish as soon as you can",
        ) from error


def seal_issue(args: argparse.Namespace, work: Workplace) -> None:
    """Sign the waiting request of one keeper for one body."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        register = Register(state, fresh_id)
        body, person = register.body(args.body), register.person(args.person)
        if person.id not in register.keepers(body.id):
            raise CaError(
                f"{person.name}不是{body.short_name}印章的保管人，请先任命",
                f"{person.name} is not a keeper of the seal of {body.code}; appoint first",
            )
        own = {device.device for device in state.devices if device.person == person.id}
        with work.online(folder, state, args.server) as api:
            waiting = [item for item in api.seal_requests() if item.body == body.id and item.device in own]
            if not waiting:
                raise CaError(
                    f"{person.name}的设备还没有申请印章：请他在设备上开始用印一次",
                    f"no device of {person.name} has asked for the seal yet",
                )
            signing = _round(folder, state, api, work, _always)
            for request in waiting:
                signing.keeper(request)


def seal_sign(args: argparse.Namespace, work: Workplace) -> None:
    folder = CaFolder(args.ca)
    with folder.locked() as state, work.online(folder, state, args.server) as api:
        done = _round(folder, state, api, work, _decider(args, work)).keepers()
    work.speaker.say(f"处理了 {done} 项印章申请。", f"Dealt with {done} seal requests.")
    work.speaker.fact("seal-sign", {"requests": done})
