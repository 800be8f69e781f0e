"""Commands that found and certify: init, organisation, sign-server, operator, publish, ca-change, journal."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.directory.log import LeafKind
from protocol.features import FEATURES
from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError
from server_stub.ca.folder import (
    CaFolder,
    KeyPair,
    RootFolder,
    make_private_folder,
    read_request,
    write_certificate,
)
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.issuing import certificate_digest, found_issuing, found_root, make_leaf, sign_ca_change
from server_stub.ca.organisation_file import OrganisationPlan, load_organisation
from server_stub.ca.publishing import Publication
from server_stub.ca.register import Register
from server_stub.ca.shares import split_seed
from server_stub.ca.state import CaState, PublicationRecord
from server_stub.ca.workplace import Workplace


def init(args: argparse.Namespace, work: Workplace) -> None:
    """Found root and issuing CA, import the organisation, make every body's records key."""
    plan = _read_plan(args.organisation, args.city)
    folder, root_folder = CaFolder(args.ca), RootFolder(args.root_dir)
    if folder.state_file.exists():
        raise CaError(f"这里已有证书机构：{args.ca}", f"there is a CA already: {args.ca}")
    if (args.root_dir / "root.key").exists():
        raise CaError(f"这里已有根证书：{args.root_dir}", f"there is a root already: {args.root_dir}")
    if args.ca.resolve() == args.root_dir.resolve():
        raise CaError("根证书要放在另一个文件夹", "the root belongs in a folder of its own")
    now = work.clock()
    root = found_root(plan.city, now)
    issuing = found_issuing(root, plan.city, now)
    # A new site has no older client: it begins with all that this release reads (C41).
    state = CaState(city=plan.city, features=sorted(FEATURES))
    register = Register(state, fresh_id)
    result = register.import_plan(plan)
    root_folder.create(root, work.passphrases.root(new=True), work.cost)
    make_private_folder(folder.path)
    make_records_keys(register, result.new_bodies, folder.path / "records-shares")
    folder.create(issuing, root.certificate, state, work.passphrases.issuing(new=True), work.cost)
    journal = work.journal(folder)
    journal.append("root", certificate=certificate_digest(root.certificate))
    journal.append("issuing", certificate=certificate_digest(issuing.certificate))
    fingerprint = certificate_digest(root.certificate)
    work.speaker.say(
        f"已建立{plan.city}证书机构：{len(state.bodies)} 个机关，{len(state.posts)} 个岗位。\n"
        f"根证书指纹 {fingerprint}\n请把 {args.root_dir} 送进保险柜；{folder.path / 'records-shares'} "
        "的两份分存交两位保管人，然后从本机删除。",
        f"Founded the CA of {plan.city}: {len(state.bodies)} bodies, {len(state.posts)} posts.\n"
        f"Root fingerprint {fingerprint}\nPut {args.root_dir} in the safe; hand the two folders in "
        f"{folder.path / 'records-shares'} to two officers and delete them here.",
    )
    work.speaker.fact(
        "init", {"root_fingerprint": fingerprint, "bodies": len(state.bodies), "posts": len(state.posts)}
    )


def organisation(args: argparse.Namespace, work: Workplace) -> None:
    """Merge a changed organisation file."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        plan = _read_plan(args.file, args.city)
        if args.city is None and plan.city != state.city:
            plan = _read_plan(args.file, state.city)
        state.city = plan.city
        register = Register(state, fresh_id)
        result = register.import_plan(plan)
        make_records_keys(register, result.new_bodies, args.out_shares or folder.path / "records-shares")
        folder.save(state)
    work.speaker.say(
        f"新增机关 {len(result.new_bodies)}，新增岗位 {result.new_posts}，改动 {result.changed}。"
        "用 publish 发布后生效。",
        f"{len(result.new_bodies)} new bodies, {result.new_posts} new posts, {result.changed} changed; "
        "publish to put it into force.",
    )
    work.speaker.fact(
        "organisation",
        {"new_bodies": len(result.new_bodies), "new_posts": result.new_posts, "changed": result.changed},
    )


def make_records_keys(register: Register, bodies: Iterable[str], out: Path) -> None:
    """A records office for each body: its public key is published, its seed goes to two officers."""
    for body_id in bodies:
        body = register.body(body_id)
        private = XWingPrivateKey.generate()
        public = bytes(private.public)
        register.set_records_key(body.id, public)
        for share in split_seed(body.id, body.name, private.seed, public):
            officer = out / f"officer-{share.officer}"
            make_private_folder(officer)
            share.write(officer / f"{body.code}.json")


def sign_server(args: argparse.Namespace, work: Workplace) -> None:
    """Certify a server's TLS key and log key by files."""
    folder = CaFolder(args.ca)
    tls = args.server_dir / "tls"
    with folder.locked() as state:
        issuer, now = work.issuer(folder), work.clock()
        server = issuer.server_certificate(read_request(tls / "server.csr"), args.name, now)
        log = issuer.log_certificate(read_request(tls / "log.csr"), now)
        journal = work.journal(folder)
        journal.append("server", certificate=certificate_digest(server), names=list(args.name))
        journal.append("log", certificate=certificate_digest(log))
        state.log_certificate = log
        folder.save(state)
        for name, certificate in (
            ("server", server),
            ("log", log),
            ("root", issuer.root_certificate),
            ("issuing", issuer.issuing.certificate),
        ):
            write_certificate(tls / f"{name}.pem", certificate)
        # The log is folded from the CA it began with: written once, whatever CA signs the server later.
        if not (tls / "first.pem").exists():
            write_certificate(tls / "first.pem", folder.first_issuing_certificate())
    work.speaker.say(
        f"已为服务器 {'、'.join(args.name)} 签发 TLS 证书和日志证书。",
        f"Certified the TLS key and the log key of {', '.join(args.name)}.",
    )
    work.speaker.fact(
        "sign-server",
        {"names": list(args.name), "server": certificate_digest(server), "log": certificate_digest(log)},
    )


def operator(args: argparse.Namespace, work: Workplace) -> None:
    folder = CaFolder(args.ca)
    with folder.locked():
        key = SigningKey.generate()
        certificate = work.issuer(folder).operator_certificate(key, work.clock())
        work.journal(folder).append("operator", certificate=certificate_digest(certificate))
        for old in ("operator.key", "operator.pem"):
            (folder.path / old).unlink(missing_ok=True)
        folder.write_pair("operator", KeyPair(key, certificate), work.passphrases.issuing(), work.cost)
    work.speaker.say("已签发操作员证书。", "Issued the operator's certificate.")
    work.speaker.fact("operator", {"certificate": certificate_digest(certificate)})


def publish(args: argparse.Namespace, work: Workplace) -> None:
    """Sign what is due, then bring it to the server or write it to files."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        publisher = work.publisher(folder)
        if state.unknown_from is not None and args.out is None:
            with work.online(folder, state, args.server) as api:
                publisher.catch_up_with(state, api)
        publisher.sign_due(state)
        waiting = publisher.undelivered(state, again=args.again)
        if args.out is not None:
            export(waiting, args.out)
            for publication in waiting:
                publisher.mark_delivered(state, publication)
        elif waiting:
            with work.online(folder, state, args.server) as api:
                publisher.deliver(state, api, waiting)
    report(waiting, work)


def export(publications: Iterable[Publication], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for publication in publications:
        write_durably(out / publication.file_name, publication.to_bytes())


def report(publications: list[Publication], work: Workplace) -> None:
    names = {
        "organisation": ("组织快照", "organisation snapshot"),
        "revocations": ("吊销列表", "revocation list"),
    }
    if not publications:
        work.speaker.say("没有需要发布的内容。", "Nothing to publish.")
    for publication in publications:
        chinese, english = names[publication.kind]
        work.speaker.say(
            f"已发布{chinese}第 {publication.number} 号。",
            f"Published {english} number {publication.number}.",
        )
    work.speaker.fact("publish", {item.kind: item.number for item in publications})


def ca_change(args: argparse.Namespace, work: Workplace) -> None:
    """Replace the issuing CA by word of the root; what the old one signed beyond `last_trusted` is void."""
    folder = CaFolder(args.ca)
    root = RootFolder(args.root).open(work.passphrases.root())
    with folder.locked() as state:
        now = work.clock()
        old = folder.issuing_certificate()
        if root.certificate != folder.root_certificate():
            raise CaError("这不是本机构的根证书", "this is not the root of this CA")
        issuing = found_issuing(root, state.city, now)
        signed = sign_ca_change(root, issuing.certificate, args.last_trusted, now)
        work.journal(folder).append(
            "ca_change",
            old=certificate_digest(old),
            new=certificate_digest(issuing.certificate),
            last_trusted=args.last_trusted,
            entry_id=signed.entry_id.hex(),
        )
        publication = Publication("ca_change", args.last_trusted, make_leaf(LeafKind.CA_CHANGE, signed), ())
        if args.server is not None:
            # Still with the old operator certificate: the server knows no other before it has this entry.
            with work.online(folder, state, args.server) as api:
                api.post_leaf(publication.leaf)
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now / 1000))
        for name in ("issuing.key", "issuing.pem"):
            (folder.path / name).rename(folder.path / f"{name}.until-{stamp}")
        folder.write_pair("issuing", issuing, work.passphrases.issuing(), work.cost)
        # Codes are sealed under the old issuing key, and a stolen one may know them: all are void.
        state.codes = []
        # A seal that was signed but has not reached the server would be refused there: it is signed anew.
        state.seal_certificates = [item.model_copy(update={"leaf": b""}) for item in state.seal_certificates]
        known = (args.last_trusted, state.unknown_from)
        state.unknown_from = min(size for size in known if size is not None)
        state.organisation = _sign_again(state.organisation)
        state.revocation_list = _sign_again(state.revocation_list)
        folder.save(state)
        out = args.out or folder.published
        export([publication], out)
    work.speaker.say(
        f"已更换签发证书，新证书 {certificate_digest(issuing.certificate)}。\n"
        f"服务器须先收到 {out / publication.file_name}（用 --server 时已送交），"
        "再运行 sign-server、重启服务器、运行 operator、publish，未用的登记码重开。",
        f"Changed the issuing CA to {certificate_digest(issuing.certificate)}.\nThe server "
        f"needs {out / publication.file_name} first (--server has sent it); "
        "then run sign-server, restart the server, run operator and publish; issue unused codes anew.",
    )
    work.speaker.fact(
        "ca-change",
        {"issuing": certificate_digest(issuing.certificate), "file": str(out / publication.file_name)},
    )


def journal(args: argparse.Namespace, work: Workplace) -> None:
    lines = work.journal(CaFolder(args.ca)).lines()
    for line in lines:
        when = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(line.at / 1000))
        work.speaker.plain(
            f"{line.n:6d}  {when}  {line.act:12s} "
            + " ".join(f"{key}={value}" for key, value in line.facts.items())
        )
        work.speaker.fact("journal", {"n": line.n, "at": line.at, "signed": line.act, **line.facts})
    work.speaker.say(f"共 {len(lines)} 行，链完整。", f"{len(lines)} lines, the chain is whole.")


def _sign_again(record: PublicationRecord | None) -> PublicationRecord | None:
    """The next publish must make a new one, whatever its content: the old signature may be void."""
    return record.model_copy(update={"digest": "", "next_update": record.issued_at}) if record else None


def _read_plan(path: Path, city: str | None) -> OrganisationPlan:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaError(
            f"组织文件读不出：{path}（{error}）", f"the file cannot be read: {path} ({error})"
        ) from error
    return load_organisation(text, city=city)
