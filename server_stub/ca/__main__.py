"""`jinshu-ca`: the site's certificate authority, run on the operator's machine and never in the server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from protocol.errors import JinshuError
from server_stub.ca import (
    device_commands,
    feature_commands,
    founding_commands,
    log_policy_commands,
    people_commands,
    procedure_commands,
    records_commands,
    setting_commands,
    update_commands,
)
from server_stub.ca.arguments import build_parser
from server_stub.ca.faults import CaError
from server_stub.ca.organisation_file import OrganisationFileError
from server_stub.ca.passphrases import Passphrases
from server_stub.ca.speaker import Speaker
from server_stub.ca.workplace import Workplace
from server_stub.clock import SystemClock

Command = Callable[[argparse.Namespace, Workplace], None]

COMMANDS: Mapping[str, Command] = {
    "init": founding_commands.init,
    "organisation": founding_commands.organisation,
    "sign-server": founding_commands.sign_server,
    "operator": founding_commands.operator,
    "publish": founding_commands.publish,
    "ca-change": founding_commands.ca_change,
    "journal": founding_commands.journal,
    "features": feature_commands.features,
    "log-policy": log_policy_commands.log_policy,
    "page-settings": setting_commands.page_settings,
    "procedures": procedure_commands.procedures,
    "person add": people_commands.person_add,
    "appoint": people_commands.appoint,
    "dismiss": people_commands.dismiss,
    "delegate": people_commands.delegate,
    "list": people_commands.listing,
    "enrol": device_commands.enrol,
    "sign": device_commands.sign,
    "revoke": device_commands.revoke,
    "seal issue": device_commands.seal_issue,
    "seal sign": device_commands.seal_sign,
    "records check": records_commands.check,
    "records renew": records_commands.renew,
    "updates init": update_commands.init,
    "updates add": update_commands.add,
    "updates drop": update_commands.drop,
    "updates publish": update_commands.publish,
    "updates renew": update_commands.renew,
    "updates rotate": update_commands.rotate,
    "updates list": update_commands.listing,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused."""
    args = build_parser().parse_args(argv)
    speaker = Speaker(sys.stdout, sys.stderr, lang=args.lang, machine=args.json)
    work = Workplace(speaker, Passphrases(), _now)
    name = f"{args.command} {args.action}" if "action" in args else args.command
    try:
        COMMANDS[name](args, work)
    except (CaError, OrganisationFileError, JinshuError, OSError) as error:
        speaker.refuse(_as_refusal(error))
        return 1
    return 0


def _as_refusal(error: CaError | OrganisationFileError | JinshuError | OSError) -> CaError:
    if isinstance(error, CaError):
        return error
    if isinstance(error, JinshuError):
        return CaError(f"出错：{error.code}", f"failed: {error.code}")
    return CaError(str(error), str(error))


def _now() -> int:
    return SystemClock().now_ms()


if __name__ == "__main__":
    sys.exit(main())
