"""The city's updates as TUF has them: four roles, each with an Ed25519 key of its own, and none of the keys on the server.

    root        names the keys of the others; its key lies with the CA's root, in the safe
    targets     the packages by hash, with version, platform and what is new in them
    snapshot    which list of packages is the newest
    timestamp   which snapshot is, and until when that word counts

The last three lie in the CA's folder under the operator's passphrase. The server could hold the key of `timestamp`, as sites on the
internet do, and renew it each day; then it could also say for ever that there is nothing new. Here the operator renews it, and a
client that hears nothing new for thirty days says so.

Every file is written once under the number of its version; only `timestamp.json` is replaced. What is signed and what is listed is
read back from the files: the state of the CA holds the wish, the repository what was published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from protocol.updates import MAX_METADATA, UpdateFacts, Version
from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError
from server_stub.ca.state import PackageRecord

_DAY: Final = 24 * 3600 * 1000
ROOT_LIFE: Final = 10 * 365 * _DAY
TARGETS_LIFE: Final = 365 * _DAY
SNAPSHOT_LIFE: Final = 30 * _DAY
ONLINE_ROLES: Final = (Targets.type, Snapshot.type, Timestamp.type)
ROLES: Final = (Root.type, *ONLINE_ROLES)
_PRETTY: Final = JSONSerializer(compact=False)
T = TypeVar("T", Root, Targets, Snapshot, Timestamp)


def new_key() -> bytes:
    """The 32 bytes of a fresh Ed25519 key."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def signer(key: bytes) -> CryptoSigner:
    """What signs with one of `new_key`."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(key))


@dataclass(frozen=True, slots=True)
class Published:
    """What one publication signed: versions of the lists, and until when the newest word counts (ms UTC)."""

    targets: int
    snapshot: int
    timestamp: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class UpdateRepository:
    """The folder with `metadata` and `targets`."""

    path: Path

    @property
    def exists(self) -> bool:
        return self._file("1.root.json").exists()

    def found(self, signers: Mapping[str, CryptoSigner], now: int) -> bytes:
        """The first root, signed by its own key; returns the SHA-256 by which clients know it.

        Args:
            signers: of all four roles.
            now: ms UTC.
        """
        root = Root(version=1, expires=_at(now + ROOT_LIFE), consistent_snapshot=True)
        for role in ROLES:
            root.add_key(signers[role].public_key, role)
        for folder in ("metadata", "targets"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        return hashlib.sha256(self._write_root(root, [signers[Root.type]])).digest()

    def replace_key(self, role: str, old_root: CryptoSigner, new: CryptoSigner, now: int) -> int:
        """The next root, in which `role` has the key of `new` and no other; returns the root's number.

        A root with another key is signed by both: by the old one for those who know the former root, and by its own.
        """
        root = self.root()
        for known in list(root.roles[role].keyids):
            root.revoke_key(known, role)
        root.add_key(new.public_key, role)
        root.version += 1
        root.expires = _at(now + ROOT_LIFE)
        self._write_root(root, [old_root, new] if role == Root.type else [old_root])
        return root.version

    def sign(
        self, packages: Iterable[PackageRecord] | None, signers: Mapping[str, CryptoSigner], now: int
    ) -> Published:
        """Sign what is listed, and the words about it for thirty days more.

        Args:
            packages: what is to be listed; None: what is listed already.
            signers: of the three roles that are not root.
            now: ms UTC.

        Raises:
            CaError: a package's file is missing, the root has run out, or a key is not the one the root names.
        """
        root = self.root()
        self._check_root(root, signers, now)
        timestamp = self._newest(Timestamp)
        snapshot = self._newest(Snapshot)
        targets = self._signed_targets(root, packages, signers[Targets.type], now)
        until = now + SNAPSHOT_LIFE
        number = 1 if snapshot is None else snapshot.version + 1
        self._write(
            Snapshot(version=number, expires=_at(until), meta={"targets.json": MetaFile(targets)}),
            signers[Snapshot.type],
            f"{number}.snapshot.json",
        )
        stamp = 1 if timestamp is None else timestamp.version + 1
        self._write(
            Timestamp(version=stamp, expires=_at(until), snapshot_meta=MetaFile(number)),
            signers[Timestamp.type],
            "timestamp.json",
        )
        return Published(targets, number, stamp, until)

    def root(self) -> Root:
        """The newest root.

        Raises:
            CaError: there are no updates here.
        """
        numbers = [int(each.name.split(".")[0]) for each in (self.path / "metadata").glob("*.root.json")]
        if not numbers:
            raise CaError("还没有建立更新，请先 updates init", "there are no updates yet: updates init first")
        return self._read(Root, f"{max(numbers)}.root.json")

    def package(self, record: PackageRecord) -> Path:
        """Where the file of a package lies."""
        return self.path / "targets" / f"{record.sha256}.{record.name}"

    def timestamp(self) -> Timestamp | None:
        """The newest word, if any was signed."""
        return self._newest(Timestamp)

    def _signed_targets(
        self, root: Root, packages: Iterable[PackageRecord] | None, role: CryptoSigner, now: int
    ) -> int:
        known = self._newest(Targets)
        listed = ({} if known is None else known.targets) if packages is None else self._targets(packages)
        if known is not None and known.targets == listed and not self._is_due(root, known, now):
            return known.version
        number = 1 if known is None else known.version + 1
        made = Targets(version=number, expires=_at(now + TARGETS_LIFE), targets=listed)
        self._write(made, role, f"{number}.targets.json")
        return number

    def _targets(self, packages: Iterable[PackageRecord]) -> dict[str, TargetFile]:
        listed: dict[str, TargetFile] = {}
        for each in packages:
            if not self.package(each).is_file():
                raise CaError(f"没有安装包文件：{each.name}", f"the package's file is missing: {each.name}")
            facts = UpdateFacts(Version.parse(each.version), each.platform, each.notes_zh, each.notes_en)
            listed[each.name] = TargetFile(
                each.size, {"sha256": each.sha256}, each.name, {"custom": facts.value()}
            )
        return listed

    def _is_due(self, root: Root, known: Targets, now: int) -> bool:
        """Half its life is over, or it bears the signature of a key that was replaced."""
        try:
            root.verify_delegate(
                Targets.type, *_signed_part(self._file(f"{known.version}.targets.json").read_bytes())
            )
        except RepositoryError:
            return True
        return _at(now + TARGETS_LIFE // 2) >= known.expires

    def _check_root(self, root: Root, signers: Mapping[str, CryptoSigner], now: int) -> None:
        if root.is_expired(_at(now)):
            raise CaError(
                "更新的根已过期，请先 updates rotate root", "the root has run out: updates rotate root first"
            )
        for role in ONLINE_ROLES:
            if signers[role].public_key.keyid not in root.roles[role].keyids:
                raise CaError(
                    f"{role} 的密钥不是根所写的", f"the key of {role} is not the one the root names"
                )

    def _newest(self, kind: type[T]) -> T | None:
        if kind is Timestamp:
            return self._read(kind, "timestamp.json") if self._file("timestamp.json").exists() else None
        if kind is Snapshot:
            timestamp = self._newest(Timestamp)
            return (
                None
                if timestamp is None
                else self._read(kind, f"{timestamp.snapshot_meta.version}.snapshot.json")
            )
        snapshot = self._newest(Snapshot)
        return (
            None
            if snapshot is None
            else self._read(kind, f"{snapshot.meta['targets.json'].version}.targets.json")
        )

    def _read(self, kind: type[T], name: str) -> T:
        try:
            found = Metadata[Any].from_bytes(self._file(name).read_bytes()).signed
        except (OSError, RepositoryError) as error:
            raise CaError(f"更新文件损坏：{name}", f"a file of the updates is damaged: {name}") from error
        if not isinstance(found, kind):
            raise CaError(f"更新文件损坏：{name}", f"a file of the updates is damaged: {name}")
        return found

    def _write_root(self, root: Root, signers: Iterable[CryptoSigner]) -> bytes:
        metadata = Metadata(root)
        for each in signers:
            metadata.sign(each, append=True)
        return self._keep(metadata, f"{root.version}.root.json")

    def _write(self, signed: T, role: CryptoSigner, name: str) -> None:
        metadata = Metadata(signed)
        metadata.sign(role)
        self._keep(metadata, name)

    def _keep(self, metadata: Metadata[Any], name: str) -> bytes:
        data = metadata.to_bytes(_PRETTY)
        if len(data) > MAX_METADATA:
            raise CaError(
                "更新清单太大，请先 updates drop 一些旧版本", "the list is too large: drop old versions"
            )
        write_durably(self._file(name), data)
        return data

    def _file(self, name: str) -> Path:
        return self.path / "metadata" / name


def _at(ms: int) -> datetime:
    """As TUF writes a time: whole seconds, UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC)


def _signed_part(data: bytes) -> tuple[bytes, dict[str, Any]]:
    metadata = Metadata[Any].from_bytes(data)
    return metadata.signed_bytes, metadata.signatures
