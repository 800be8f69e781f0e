"""Where passphrases come from: the environment (for unattended sites) or the terminal; never arguments."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping

from server_stub.ca.faults import CaError
from server_stub.ca.key_files import MIN_PASSPHRASE

ISSUING = "JINSHU_CA_PASSPHRASE"
ROOT = "JINSHU_ROOT_PASSPHRASE"


class Passphrases:
    """Asks at most once for each key of one run."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._known: dict[str, str] = {}

    def issuing(self, *, new: bool = False) -> str:
        return self._get(ISSUING, "签发证书的口令 (issuing CA passphrase)", new=new)

    def root(self, *, new: bool = False) -> str:
        # A rehearsal that sets only the CA's passphrase means both; a real site sets or types two.
        if ROOT not in self._environment and ISSUING in self._environment:
            return self._environment[ISSUING]
        return self._get(ROOT, "根证书的口令 (root passphrase)", new=new)

    def _get(self, name: str, prompt: str, *, new: bool) -> str:
        if name in self._environment:
            return self._environment[name]
        if name not in self._known:
            try:
                typed = getpass.getpass(f"{prompt}: ")
                if new and getpass.getpass("再输一遍 (again): ") != typed:
                    raise CaError("两次输入不同", "the two entries differ")
            except EOFError:
                raise CaError(f"没有口令：请设置环境变量 {name}", f"no passphrase: set {name}") from None
            if new and len(typed) < MIN_PASSPHRASE:
                raise CaError(
                    f"口令至少 {MIN_PASSPHRASE} 个字符",
                    f"the passphrase needs at least {MIN_PASSPHRASE} characters",
                )
            self._known[name] = typed
        return self._known[name]
