"""One PKCS #11 module, asked through python-pkcs11; runs only in a process of its own (`child.py`).

Which token is meant is settled before its PIN is given to anything: a wrong token never costs a try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pkcs11
from pkcs11 import (
    MGF,
    Attribute,
    KeyType,
    Mechanism,
    MechanismFlag,
    ObjectClass,
    PKCS11Error,
    Session,
    Token,
    TokenFlag,
)

from client.core.tokens.rows import PinState, RsaPadding, TokenName, TokenUse
from protocol.errors import ErrorCode, JinshuError

_BITS: Final = 2048  # what every card and UKey of the last fifteen years makes; 3072 takes some of them minutes, and many refuse
# DER of the OID of P-256 (RFC 5480 §2.1.1.1): CKA_EC_PARAMS (PKCS #11 v2.40 §2.3.3).
_P256: Final = bytes.fromhex("06082a8648ce3d030107")
_OAEP: Final = (Mechanism.SHA_1, MGF.SHA1, None)
_NEEDED: Final = {
    TokenUse.OPEN: frozenset({Mechanism.RSA_PKCS_KEY_PAIR_GEN}),
    TokenUse.SIGN: frozenset({Mechanism.EC_KEY_PAIR_GEN, Mechanism.ECDSA}),
}
_SIGNING_ACTS: Final = frozenset({"make_ec", "sign"})
_WRONG_PIN: Final = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
_UNSET: Final = (pkcs11.UserPinNotInitialized, pkcs11.PinExpired)
_GONE: Final = (
    pkcs11.DeviceRemoved,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.SlotIDInvalid,
)
_MISSING_KEY: Final = (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned, pkcs11.KeyHandleInvalid)
_UNSUITABLE: Final = (
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
    pkcs11.FunctionNotSupported,
    pkcs11.KeySizeRange,
    pkcs11.TemplateInconsistent,
    pkcs11.TemplateIncomplete,
    pkcs11.AttributeTypeInvalid,
    pkcs11.AttributeValueInvalid,
    pkcs11.DeviceMemory,
    pkcs11.TokenWriteProtected,
    pkcs11.SessionReadOnly,
    pkcs11.UserNotLoggedIn,  # some let nobody but their administrator make keys
)


def pin_state(flags: int) -> PinState:
    """How a PIN stands, by a token's CKF_USER_PIN_* flags; the gravest counts."""
    for flag, state in (
        (TokenFlag.USER_PIN_LOCKED, PinState.LOCKED),
        (TokenFlag.USER_PIN_FINAL_TRY, PinState.LAST_TRY),
        (TokenFlag.USER_PIN_COUNT_LOW, PinState.LOW),
    ):
        if flags & flag:
            return state
    return PinState.FINE


class Driver:
    """Answers {"do": what, …}; each answer logs in for itself and out again."""

    def __init__(self, driver: str) -> None:
        try:
            self._module = pkcs11.lib(driver)
        except (PKCS11Error, OSError):
            raise JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_FAILED) from None
        self._acts: dict[str, Callable[[dict[str, Any]], Any]] = {
            "list": self._list,
            "make_rsa": self._make_rsa,
            "open": self._open,
            "make_ec": self._make_ec,
            "sign": self._sign,
            "discard": self._discard,
        }

    def answer(self, asked: dict[str, Any]) -> Any:
        """Raises:
        JinshuError: `keys.token_*`.
        """
        try:
            return self._acts[asked["do"]](asked)
        except PKCS11Error as error:
            raise self._told(error, asked) from None

    def _list(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        # Those that cannot hold a key of ours are left out: a store of trusted roots is a "token" too.
        needed = _NEEDED[TokenUse(asked["use"])]
        return [
            {**_name(token).value(), "pin": pin_state(int(token.flags)).value}
            for token in self._tokens()
            if needed <= _mechanisms(token)
        ]

    def _make_rsa(self, asked: dict[str, Any]) -> dict[str, Any]:
        token = self._token(asked)
        padding = _padding(token)
        with self._logged_in(token, asked, rw=True) as session:
            public, private = session.generate_keypair(
                KeyType.RSA,
                _BITS,
                id=bytes.fromhex(asked["key"]),
                label=asked["label"],
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            _check_kept(private, public, ErrorCode.KEYS_TOKEN_UNSUITABLE)
            return {
                "modulus": bytes(public[Attribute.MODULUS]).hex(),
                "exponent": bytes(public[Attribute.PUBLIC_EXPONENT]).hex(),
                "padding": padding.value,
            }

    def _open(self, asked: dict[str, Any]) -> str:
        token = self._token(asked)
        with self._logged_in(token, asked) as session:
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=bytes.fromhex(asked["key"]))
            sealed = bytes.fromhex(asked["sealed"])
            if asked["padding"] == RsaPadding.OAEP.value:
                how = {"mechanism": Mechanism.RSA_PKCS_OAEP, "mechanism_param": _OAEP}
            else:
                how = {"mechanism": Mechanism.RSA_PKCS}
            try:
                return bytes(key.decrypt(sealed, **how)).hex()  # type: ignore[attr-defined]
            except (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange):
                raise JinshuError(ErrorCode.KEYS_TOKEN_KEY_MISSING) from None

    def _make_ec(self, asked: dict[str, Any]) -> str:
        """Make a P-256 pair that signs and does nothing else; its CKA_EC_POINT, hex."""
        token = self._token(asked)
        if not _NEEDED[TokenUse.SIGN] <= _mechanisms(token):
            raise JinshuError(ErrorCode.KEYS_TOKEN_CANNOT_SIGN)
        with self._logged_in(token, asked, rw=True) as session:
            curve = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _P256}, local=True)
            public, private = curve.generate_keypair(
                id=bytes.fromhex(asked["key"]),
                label=asked["label"],
                store=True,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            _check_kept(private, public, ErrorCode.KEYS_TOKEN_CANNOT_SIGN)
            return bytes(public[Attribute.EC_POINT]).hex()

    def _sign(self, asked: dict[str, Any]) -> str:
        """Sign a digest as it is given (CKM_ECDSA, PKCS #11 v2.40 §2.3.6); r and s one after the other, hex."""
        with self._logged_in(self._token(asked), asked) as session:
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=bytes.fromhex(asked["key"]))
            # Some keys want the PIN again for each signature (CKA_ALWAYS_AUTHENTICATE, PKCS #11 v2.40 §4.9).
            again = {"pin": asked["pin"]} if _always_asks(key) else {}
            digest = bytes.fromhex(asked["digest"])
            return bytes(key.sign(digest, mechanism=Mechanism.ECDSA, **again)).hex()  # type: ignore[attr-defined]

    def _discard(self, asked: dict[str, Any]) -> None:
        """Take keys of that label away; those with the ids in `keep` stay."""
        keep = {bytes.fromhex(each) for each in asked["keep"]}
        with self._logged_in(self._token(asked), asked, rw=True) as session:
            for each in list(session.get_objects({Attribute.LABEL: asked["label"]})):
                if bytes(each[Attribute.ID]) not in keep:
                    each.destroy()

    def _tokens(self) -> Iterator[Token]:
        for slot in self._module.get_slots(token_present=True):
            try:
                token = slot.get_token()
                if token.flags & TokenFlag.TOKEN_INITIALIZED:
                    yield token
            except PKCS11Error:
                continue  # pulled out in this moment, or not readable: others may be there

    def _token(self, asked: dict[str, Any]) -> Token:
        wanted = TokenName.parse(asked["token"])
        others = False
        for token in self._tokens():
            if wanted.is_same(_name(token)):
                return token
            others = True
        code = ErrorCode.KEYS_TOKEN_OTHER if others else ErrorCode.KEYS_TOKEN_ABSENT
        raise JinshuError(code, token=wanted.label)

    @contextmanager
    def _logged_in(self, token: Token, asked: dict[str, Any], *, rw: bool = False) -> Iterator[Session]:
        session = self._opened(token, asked, rw=rw)
        try:
            yield session
        finally:
            session.close()

    def _opened(self, token: Token, asked: dict[str, Any], *, rw: bool = False) -> Session:
        state = pin_state(int(token.flags))
        if state is PinState.LOCKED:
            raise JinshuError(ErrorCode.KEYS_TOKEN_PIN_LOCKED)
        if not asked["pin"]:
            raise JinshuError(ErrorCode.KEYS_TOKEN_WRONG_PIN)
        if state is PinState.LAST_TRY and not asked.get("last_try"):
            # Not spent before its owner has been told.
            raise JinshuError(ErrorCode.KEYS_TOKEN_LAST_TRY)
        try:
            return token.open(rw=rw, user_pin=asked["pin"])
        except _WRONG_PIN:
            after = pin_state(int(token.slot.get_token().flags))
            code = {
                PinState.LOCKED: ErrorCode.KEYS_TOKEN_PIN_LOCKED,
                PinState.LAST_TRY: ErrorCode.KEYS_TOKEN_LAST_TRY,
            }.get(after, ErrorCode.KEYS_TOKEN_WRONG_PIN)
            raise JinshuError(code) from None

    def _told(self, error: PKCS11Error, asked: dict[str, Any]) -> JinshuError:
        if isinstance(error, pkcs11.PinLocked):
            return JinshuError(ErrorCode.KEYS_TOKEN_PIN_LOCKED)
        if isinstance(error, _UNSET):
            return JinshuError(ErrorCode.KEYS_TOKEN_PIN_UNSET)
        # A token pulled out in the middle shows as almost anything: what counts is whether it is still there.
        if isinstance(error, _GONE) or not self._is_there(asked):
            return JinshuError(ErrorCode.KEYS_TOKEN_ABSENT)
        if isinstance(error, _WRONG_PIN):
            return JinshuError(ErrorCode.KEYS_TOKEN_WRONG_PIN)  # of the second asking for one signature
        signing = asked["do"] in _SIGNING_ACTS
        if isinstance(error, _MISSING_KEY):
            missing = ErrorCode.KEYS_TOKEN_NO_SEAL_KEY if signing else ErrorCode.KEYS_TOKEN_KEY_MISSING
            return JinshuError(missing)
        if isinstance(error, _UNSUITABLE):
            return JinshuError(
                ErrorCode.KEYS_TOKEN_CANNOT_SIGN if signing else ErrorCode.KEYS_TOKEN_UNSUITABLE
            )
        return JinshuError(ErrorCode.KEYS_TOKEN_FAILED, found=type(error).__name__)

    def _is_there(self, asked: dict[str, Any]) -> bool:
        if "token" not in asked:
            return True
        try:
            self._token(asked)
        except (PKCS11Error, JinshuError):
            return False
        return True


def _name(token: Token) -> TokenName:
    return TokenName.parse(
        {
            "label": token.label.strip(),
            "serial": bytes(token.serial).decode("utf-8", "replace").strip(),
            "maker": str(token.manufacturer_id).strip(),
            "model": str(token.model).strip(),
        }
    )


def _mechanisms(token: Token) -> set[Mechanism]:
    return set(token.slot.get_mechanisms())


def _padding(token: Token) -> RsaPadding:
    offered = _mechanisms(token)
    if Mechanism.RSA_PKCS_KEY_PAIR_GEN not in offered:
        raise JinshuError(ErrorCode.KEYS_TOKEN_UNSUITABLE)
    for mechanism, padding in (
        (Mechanism.RSA_PKCS_OAEP, RsaPadding.OAEP),
        (Mechanism.RSA_PKCS, RsaPadding.PKCS1),
    ):
        if mechanism in offered and token.slot.get_mechanism_info(mechanism).flags & MechanismFlag.DECRYPT:
            return padding
    raise JinshuError(ErrorCode.KEYS_TOKEN_UNSUITABLE)


def _always_asks(key: Any) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except PKCS11Error:
        return False  # older drivers do not know the attribute


def _check_kept(private: Any, public: Any, code: ErrorCode) -> None:
    """A key that could be read out is none of a token's: it is taken away again."""
    if private[Attribute.SENSITIVE] and not private[Attribute.EXTRACTABLE]:
        return
    private.destroy()
    public.destroy()
    raise JinshuError(code)
