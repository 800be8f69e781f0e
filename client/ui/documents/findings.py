"""What a check of the rules and a verification say, in sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from client.documents.rows import Finding
from client.ui.base.catalogue import LanguageName
from client.ui.base.language import language, tr
from client.ui.base.theme import Tone

# What a sealed file is called, by how its pages were compared: only those set again here are good news.
_BY_PAGES: Final[Mapping[str | None, str]] = {
    "page": "sealed",
    "words": "words_only",
    "none": "pages_unchecked",
}
_OF_SEALED: Final = frozenset(_BY_PAGES.values())
_ARTICLE: Final = re.compile(r"(\d+)(?:-(\d+))?")


class _Gaps(dict[str, str]):
    """A parameter that was not sent leaves a gap instead of an error."""

    def __missing__(self, _key: str) -> str:
        return "…"


def article_words(article: str) -> str:
    """15-4 as 条例第15条第4项; anything else, such as a clause of the national standard, as it stands."""
    found = _ARTICLE.fullmatch(article)
    if found is None:
        return article
    if found[2]:
        return tr("Regulations art. {article}, item {item}", article=found[1], item=found[2])
    return tr("Regulations art. {article}", article=found[1])


def finding_words(finding: Finding) -> str:
    """The rule in a sentence; a rule this version has no sentence for names its article."""
    sentence = _rules().get(finding.rule)
    if sentence is None:
        return tr("The draft does not meet this article.")
    return sentence.format_map(_Gaps(finding.params))


def run_on(*texts: str) -> str:
    """Sentences after one another; Chinese ones stand without a space."""
    return ("" if language() is LanguageName.CHINESE else " ").join(text for text in texts if text)


def _rules() -> dict[str, str]:
    return {
        "title_missing": tr("The title is missing."),
        "title_kind": tr("The title should end with the kind of document."),
        "title_too_long": tr("The title is too long to be set well."),
        "body_missing": tr("The body text is missing."),
        "text_unknown_character": tr(
            "In line {line}, after “{before}”, stands {character}, a character of one font only. Type its standard form instead."
        ),
        "printed_twice": tr(
            "Lines {lines} of the body text would be printed twice: they have a place of their own. “Tidy up” moves them."
        ),
        "text_marks": tr("Line {line} has more marks on one letter than can be printed."),
        "text_too_long": tr("The text is too long: at most {most} characters."),
        "main_recipient_missing": tr("Name at least one main recipient."),
        "main_recipient_none": tr("Documents of this kind are made public and have no main recipient."),
        "recipient_twice": tr("A body is main recipient and copy recipient at once."),
        "recipient_self": tr("The issuing body cannot be its own recipient."),
        "one_main_recipient": tr("A document to above should have one main recipient only."),
        "copy_to_lower": tr("A request to above must not be copied to lower bodies."),
        "one_matter": tr("A request must deal with one matter only."),
        "request_in_report": tr("A report must not contain a request."),
        "signer_required": tr("A document to above must name who signs it."),
        "level_skipped": tr("The level passed over must receive a copy: {body}."),
        "superior_copy": tr("An important document to below should be copied to the body directly above."),
        "directive_to_lower": tr("A department may not give directives to a lower government."),
        "government_consent": tr("The text must say that the government has agreed."),
        "consult_missing": tr("The matter touches other bodies and must be agreed with them first."),
        "kind_direction": tr("This kind of document does not travel in that direction."),
        "publicity_reason": tr("Say why the document is withheld from the public."),
        "urgent_deadline": tr("An urgent document needs a deadline."),
        "deadline_past": tr("The deadline has already passed."),
        "attachment_unmentioned": tr("The attachments are not mentioned in the body text."),
        **_standstills(),
        "attachment_unprintable": tr(
            "These names of attachments cannot be printed; rename the files: {names}"
        ),
        "classified": tr(
            "The text bears a mark of state secrecy. State secrets have no place in this system."
        ),
    }


def _standstills() -> dict[str, str]:
    """What would stop a document on its way: who is missing, and what to do."""
    return {
        "no_post_to_review": tr("No post of your body may review."),
        "no_post_to_vet": tr("No post of your body may vet."),
        "no_post_to_sign": tr("No post of your body may sign off."),
        "no_post_to_recheck": tr("No post of your body may recheck."),
        "no_post_to_number": tr("No post of your body may give numbers."),
        "no_post_to_seal": tr("No post of your body may seal."),
        "no_post_to_dispatch": tr("No post of your body may dispatch."),
        "post_unheld": tr("Nobody holds the post {posts}: ask the administrator to appoint somebody."),
        "post_not_enrolled": tr("{people} must sign in to Jinshu once before the document can be handed on."),
        "seal_missing": tr("{body} has no seal: ask the administrator to set one up."),
        "seal_unkept": tr(
            "{people} may seal, but keeps none of the seals ({seals}): ask the administrator to make a keeper."
        ),
        "seal_not_certified": tr(
            "The seal certificate of {people} is not there yet: let the keeper sign in, and the administrator sign it."
        ),
        "key_wanted": tr(
            "The key of this document has not reached you: let a colleague in your post confirm your device, or the "
            "clerk or the drafter open the document and seal it anew."
        ),
        "log_stopped": tr(
            "The organisation's register or the list of revocations is too old: nothing is sealed or dispatched until the "
            "administrator has published a new one."
        ),
        "clock_differs": tr(
            "This computer's date is far from the administrator's last list: look at the date and answer the question above."
        ),
        "key_wanted_asked": tr(
            "The key of what you are consulted on has not reached you: let a colleague in your post confirm your device, or "
            "ask the bureau that consults you to return the draft and consult anew."
        ),
        "key_wanted_received": tr(
            "Your bureau's key was begun anew after this document was sent, and nobody handed the old one on: let a "
            "colleague who still has it confirm your device, or ask the sender to send the document again."
        ),
        "asked_cut_off": tr(
            "{who} took over and cannot open what is under consultation: return the draft, and consult anew."
        ),
        "recipient_cut_off": tr(
            "{who} changed clerks and cannot open this document: begin it again as a copy, and send it anew."
        ),
        "reseal_wanted": tr("{who} took over and cannot open this document yet: seal it anew for them."),
        "recipient_without_clerk": tr(
            "Nobody can receive for {bodies} yet: there the document waits until a clerk has signed in."
        ),
    }


def verification_words(verification: tuple[str, Mapping[str, str]]) -> tuple[str, Tone]:
    """The verification in a sentence, and whether it is good news."""
    key, params = verification
    if key == "sealed":
        key = _BY_PAGES.get(params.get("page_check"), "pages_unchecked")
    sentences = {
        "draft": (tr("Not sent yet: nothing has been signed."), Tone.NEUTRAL),
        "steps": (tr("The signatures of all steps so far are valid."), Tone.DONE),
        "route": (tr("Not signed off yet. The signatures of all steps so far are valid."), Tone.NEUTRAL),
        "signed": (
            tr("Signature valid: {signer} {time}; the content has not changed since it was signed off."),
            Tone.DONE,
        ),
        "sealed": (
            tr(
                "Signature valid: {signer} {time}; the content has not changed since. The seal of {body} is valid."
            ),
            Tone.DONE,
        ),
        "words_only": (
            tr(
                "Only the words are verified: {signer} {time}. The seal of {body} is valid, but how the pages look could "
                "not be compared. Ask the issuing body if the layout matters."
            ),
            Tone.WAITING,
        ),
        "pages_unchecked": (
            tr(
                "The pages are not verified: {signer} {time}. The seal of {body} is valid, but what was signed off cannot be "
                "set on this computer. Update Jinshu before you act on it."
            ),
            Tone.WAITING,
        ),
        "unverified": (
            tr("{count} steps could not be verified yet; what is missing is being fetched."),
            Tone.WAITING,
        ),
        "changed": (tr("The content differs from what was signed off. Do not act on it."), Tone.SEAL),
        "broken": (tr("A signature is not valid. Do not act on this document."), Tone.SEAL),
        "seal_broken": (tr("The seal is not valid. Do not act on this document."), Tone.SEAL),
    }
    sentence, tone = sentences.get(key, (tr("This document could not be verified."), Tone.SEAL))
    filled = sentence.format_map(_Gaps(params))
    return (run_on(filled, *_limits(params)) if key in _OF_SEALED else filled), tone


def refusal_words(verification: tuple[str, Mapping[str, str]]) -> str:
    """Why a sealed file is not received though it is verified: it was set with what the city has signed not to count."""
    return _unlisted(verification[1]) if verification[0] == "sealed" else ""


def _unlisted(params: Mapping[str, str]) -> str:
    if (params.get("listed"), params.get("list")) != ("no", "site"):
        return ""
    return tr("What it was set with is not in the city's list: it cannot be received.")


def _limits(params: Mapping[str, str]) -> list[str]:
    """How far the verification of a sealed file goes: nobody should read more into it."""
    said = []
    if refused := _unlisted(params):
        said.append(refused)
    elif params.get("listed") == "no":
        said.append(tr("What it was set with is of no released version known here."))
    if "revocations" in params:
        said.append(tr("Revocations as of {time}.", time=params["revocations"]))
    return said
