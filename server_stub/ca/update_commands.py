"""`jinshu-ca updates`: the versions the city lets its people install, signed apart from the server (PROTOCOL.md §9)."""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from pathlib import Path
from typing import Final

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Root

from protocol.errors import JinshuError
from protocol.features import UPDATES
from protocol.text import Field, clean
from protocol.updates import MAX_NOTES, MAX_PACKAGE, Platform, Version, is_file_name
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder, make_private_folder
from server_stub.ca.key_files import read_key_file, write_key_file
from server_stub.ca.state import CaState, PackageRecord, UpdatesRecord
from server_stub.ca.update_repository import ONLINE_ROLES, Published, UpdateRepository, new_key, signer
from server_stub.ca.workplace import Workplace
from server_stub.updates.update_files import NotUpdates, bring

_ROOT_KEY: Final = "update-root.key"
_COPY: Final = 1 << 20


def init(args: argparse.Namespace, work: Workplace) -> None:
    """Keys of the four roles, and the first root: its hash stands in the next snapshot."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        repository = _repository(folder)
        if state.updates is not None or repository.exists:
            raise CaError("已经建立过更新", "there are updates already")
        make_private_folder(args.root_dir)
        make_private_folder(_keys(folder))
        keys = {role: new_key() for role in (Root.type, *ONLINE_ROLES)}
        write_key_file(args.root_dir / _ROOT_KEY, keys[Root.type], work.passphrases.root(new=True), work.cost)
        for role in ONLINE_ROLES:
            write_key_file(_key_file(folder, role), keys[role], work.passphrases.issuing(), work.cost)
        root = repository.found({role: signer(key) for role, key in keys.items()}, work.clock())
        state.updates = UpdatesRecord(root=root.hex())
        folder.save(state)
        work.journal(folder).append("updates-init", root=root.hex())
    work.speaker.say(
        f"已建立更新，根的指纹 {root.hex()}。\n请把 {args.root_dir / _ROOT_KEY} 送进保险柜；用 publish 发布名册后客户端才认。",
        f"Founded the updates; fingerprint of their root {root.hex()}.\nPut {args.root_dir / _ROOT_KEY} in the safe; "
        "clients accept it once the snapshot is published.",
    )
    if UPDATES.name not in state.features:
        work.speaker.say(
            f"本市还没有开启 {UPDATES.name}：请先 features --on {UPDATES.name}。",
            f"The site has not switched {UPDATES.name} on: features --on {UPDATES.name} first.",
        )
    work.speaker.fact("updates-init", {"root": root.hex()})


def add(args: argparse.Namespace, work: Workplace) -> None:
    """Take a package in; the next `updates publish` lists it."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        updates = _founded(state)
        name = args.file.name
        if not is_file_name(name):
            raise CaError(
                f"文件名只能用字母、数字和 . _ + ~ -：{name}", f"letters, digits and . _ + ~ - only: {name}"
            )
        for each in updates.packages:
            if each.name == name or (each.version, each.platform) == (args.version, args.platform):
                raise CaError(
                    f"已有 {each.name}（{each.version}，{each.platform}），请先 updates drop",
                    f"{each.name} is there ({each.version}, {each.platform}): updates drop it first",
                )
        record = _taken_in(_repository(folder), args.file, args)
        state.updates = updates.model_copy(update={"packages": (*updates.packages, record)})
        folder.save(state)
        work.journal(folder).append(
            "updates-add", name=name, version=record.version, platform=record.platform, sha256=record.sha256
        )
    work.speaker.say(
        f"已加入 {name}（{record.version}，{record.platform}），用 updates publish 发布。",
        f"Added {name} ({record.version}, {record.platform}); updates publish lists it.",
    )
    work.speaker.fact("updates-add", {"name": name, "sha256": record.sha256})


def drop(args: argparse.Namespace, work: Workplace) -> None:
    """No longer list a package, from the next `updates publish` on; its file stays for whoever is at it."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        updates = _founded(state)
        left = tuple(each for each in updates.packages if each.name != args.name)
        if len(left) == len(updates.packages):
            raise CaError(f"没有这个安装包：{args.name}", f"there is no such package: {args.name}")
        state.updates = updates.model_copy(update={"packages": left})
        folder.save(state)
        work.journal(folder).append("updates-drop", name=args.name)
    work.speaker.say(
        f"下一次 updates publish 起不再列出 {args.name}。",
        f"{args.name} is not listed from the next updates publish on.",
    )
    work.speaker.fact("updates-drop", {"name": args.name})


def publish(args: argparse.Namespace, work: Workplace) -> None:
    """Sign the list as it was changed, and copy the repository to `--out`."""
    _sign(args, work, changed=True)


def renew(args: argparse.Namespace, work: Workplace) -> None:
    """Say for thirty days more that what is published is the newest; packages added since stay unpublished."""
    _sign(args, work, changed=False)


def rotate(args: argparse.Namespace, work: Workplace) -> None:
    """Another key for a role, signed by the root; for root itself, by the old key and the new one."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        _founded(state)
        repository, now, key = _repository(folder), work.clock(), new_key()
        root_file = args.root_dir / _ROOT_KEY
        old_root = signer(read_key_file(root_file, work.passphrases.root()))
        if old_root.public_key.keyid not in repository.root().roles[Root.type].keyids:
            raise CaError("这不是现在的根密钥", "this is not the key of the present root")
        file, passphrase = (
            (root_file, work.passphrases.root())
            if args.role == Root.type
            else (_key_file(folder, args.role), work.passphrases.issuing())
        )
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now / 1000))
        # A key file is bound to its name: the new one takes it, and the old one is kept beside for whoever must look.
        kept = file.with_name(f"{file.name}.until-{stamp}")
        file.rename(kept)
        try:
            write_key_file(file, key, passphrase, work.cost)
            number = repository.replace_key(args.role, old_root, signer(key), now)
        except BaseException:
            file.unlink(missing_ok=True)
            kept.rename(file)
            raise
        work.journal(folder).append("updates-rotate", role=args.role, root=number)
        published = repository.sign(None, _signers(folder, work), now)
        _deliver(args.out, repository)
    _report(published, work)
    work.speaker.fact("updates-rotate", {"role": args.role, "root": number})


def listing(args: argparse.Namespace, work: Workplace) -> None:
    """What is listed, and until when the list counts."""
    folder, speaker = CaFolder(args.ca), work.speaker
    with folder.locked() as state:
        updates = _founded(state)
        stamp = _repository(folder).timestamp()
    for each in updates.packages:
        speaker.plain(f"{each.version:10s} {each.platform:12s} {each.size:>12d}  {each.name}")
        speaker.fact(
            "updates-package", {"name": each.name, "version": each.version, "platform": each.platform}
        )
    until = "" if stamp is None else stamp.expires.strftime("%Y-%m-%d")
    speaker.say(
        f"更新信息有效至 {until or '——（还没有发布）'}；根的指纹 {updates.root}。",
        f"The list counts until {until or '— (not published yet)'}; fingerprint of the root {updates.root}.",
    )
    speaker.fact("updates", {"root": updates.root, "until": until})


def _sign(args: argparse.Namespace, work: Workplace, *, changed: bool) -> None:
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        updates, repository = _founded(state), _repository(folder)
        packages = updates.packages if changed else None
        published = repository.sign(packages, _signers(folder, work), work.clock())
        work.journal(folder).append(
            "updates-publish" if changed else "updates-renew",
            targets=published.targets,
            snapshot=published.snapshot,
            timestamp=published.timestamp,
        )
        _deliver(args.out, repository)
    _report(published, work)


def _report(published: Published, work: Workplace) -> None:
    until = time.strftime("%Y-%m-%d", time.gmtime(published.expires_at / 1000))
    work.speaker.say(
        f"已签署更新清单第 {published.targets} 号，有效至 {until}；在此之前 updates renew。",
        f"Signed list {published.targets}, which counts until {until}; updates renew before that.",
    )
    work.speaker.fact(
        "updates-publish",
        {"targets": published.targets, "timestamp": published.timestamp, "expires_at": published.expires_at},
    )


def _deliver(out: Path | None, repository: UpdateRepository) -> None:
    if out is None:
        return
    try:
        bring(repository.path, out)
    except NotUpdates as error:
        raise CaError(
            f"更新目录里有别的文件：{error}", f"a foreign file among the updates: {error}"
        ) from None


def _taken_in(repository: UpdateRepository, file: Path, args: argparse.Namespace) -> PackageRecord:
    """Copy the file under its hash; nothing is listed that was not read whole."""
    try:
        version = str(Version.parse(args.version))
    except JinshuError:
        raise CaError(
            f"版本号应如 1.2.3：{args.version}", f"a version is like 1.2.3: {args.version}"
        ) from None
    notes = [_note(text) for text in (args.notes_zh, args.notes_en)]
    aside = repository.path / "incoming.new"
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source, aside.open("wb") as target:
        while piece := source.read(_COPY):
            digest.update(piece)
            size += target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    if not 0 < size <= MAX_PACKAGE:
        aside.unlink()
        raise CaError(f"安装包是空的或太大：{file}", f"the package is empty or too large: {file}")
    record = PackageRecord(
        name=file.name,
        size=size,
        sha256=digest.hexdigest(),
        version=version,
        platform=Platform(args.platform),
        notes_zh=notes[0],
        notes_en=notes[1],
    )
    os.replace(aside, repository.package(record))
    return record


def _note(text: str) -> str:
    """`@FILE` is read from a file; what nobody could see is left out."""
    if text.startswith("@"):
        text = Path(text[1:]).read_text(encoding="utf-8")
    note = clean(text, Field.MESSAGE)
    if not note or len(note) > MAX_NOTES:
        raise CaError(f"更新说明应有 1–{MAX_NOTES} 字", f"what is new is told in 1 to {MAX_NOTES} characters")
    return note


def _founded(state: CaState) -> UpdatesRecord:
    if state.updates is None:
        raise CaError("还没有建立更新，请先 updates init", "there are no updates yet: updates init first")
    return state.updates


def _repository(folder: CaFolder) -> UpdateRepository:
    return UpdateRepository(folder.path / "updates" / "repository")


def _keys(folder: CaFolder) -> Path:
    return folder.path / "updates" / "keys"


def _key_file(folder: CaFolder, role: str) -> Path:
    return _keys(folder) / f"{role}.key"


def _signers(folder: CaFolder, work: Workplace) -> dict[str, CryptoSigner]:
    passphrase = work.passphrases.issuing()
    return {role: signer(read_key_file(_key_file(folder, role), passphrase)) for role in ONLINE_ROLES}
