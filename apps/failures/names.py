"""Names of people and companies in messages: found by what stands beside them.

A name is told by its legal form (Müller GmbH), by a title (Mrs Smith), or by what it is the name of
(customer Smith, Lieferant Müller). Any other word in capitals may as well name a part of a form,
and in German any thing at all: it stays, unless a code already says which fault it is.
"""

import re
from typing import Final

HOLE: Final = "…"

# all letters that are capitals in Latin, Greek and Cyrillic
_CAPITALS: Final = "".join(each for each in map(chr, range(0x530)) if each.isupper())
_NAME: Final = rf"[{_CAPITALS}][\w'’&.-]*"
_AND: Final = r"(?:&|und|and|von|van|de|der|den|du|la|le|di|da|del|dos|y|et|of)"
_RUN: Final = rf"{_NAME}(?:,? (?:{_AND} ){{0,2}}{_NAME}){{0,5}}"
_FORM: Final = (
    r"(?:GmbH(?: ?& ?Co\.? ?KG)?|gGmbH|AG|SE|KGaA|KG|OHG|GbR|UG|e\.? ?[KV]\.?|Ltd\.?|Limited|Inc\.?"
    r"|LLC|LLP|PLC|plc|Corp\.?|Corporation|Co\.|Company|S\.?A\.?S?\.?|S\.?L\.?|B\.?V\.?|N\.?V\.?"
    r"|S\.?r\.?l\.?|S\.?p\.?A\.?|Oyj?|AB|ApS|A/S|AS|Pty|Sp\. ?z ?o\.? ?o\.?|s\.r\.o\.)"
)
_TITLE: Final = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|Mlle)\.?"
_ROLE: Final = (
    r"(?:customer|client|supplier|vendor|buyer|seller|user|employee|debtor|creditor|partner|company"
    r"|contact|patient|tenant|applicant|insured|person|colleague|owner|approver|recipient|sender"
    r"|kund(?:e|en|in)|lieferant(?:en|in)?|mitarbeiter(?:in)?|firma|benutzer(?:in)?|debitor"
    r"|kreditor|mandant|patientin|bewerber(?:in)?|empfänger|absender|partei)"
)
# What belongs to such a one is not its name
_NOT_NAMES: Final = re.compile(
    r"(?:id|no|nr|number|name|code|key|group|type|master|data|record|account|address|details|list"
    r"|file|page|form|field|status|not|does|is|has|was|may|must|can|nummer|daten|satz|stammdaten"
    r"|stammsatz|konto|kontonummer|adresse|anschrift|bankverbindung|steuernummer|ustid|iban|bic"
    r"|nicht|ist|hat|wurde|fehlt|interface|error)",
    re.IGNORECASE,
)
_LEADS: Final = re.compile(
    rf"(?i:the|an?|no|this|that|for|of|der|die|das|den|dem|eine?|keine?|für|von|bei|{_ROLE}s?:?)"
)

_WITH_FORM: Final = re.compile(rf"(?<!\w)({_RUN}) {_FORM}(?![\w])")
_WITH_TITLE: Final = re.compile(rf"(?<!\w){_TITLE} {_RUN}")
_WITH_ROLE: Final = re.compile(rf"(?<!\w)((?i:{_ROLE})s?:? )({_RUN})")
# Not the first word of a sentence, no abbreviation such as SAP or IBAN
_IN_CAPITALS: Final = re.compile(rf"(?<=[\w,;:)…] )(?![A-Z]{{2,5}}\b)[{_CAPITALS}][\w'’&-]*")


def without_names(text: str, *, all_of_them: bool = False) -> str:
    """Put holes in the place of names; `all_of_them`: of all words in capitals but the first."""
    text = _WITH_FORM.sub(_after_what_leads, text)
    text = _WITH_TITLE.sub(HOLE, text)
    text = _WITH_ROLE.sub(_after_role, text)
    return _IN_CAPITALS.sub(HOLE, text) if all_of_them else text


def _after_what_leads(found: re.Match[str]) -> str:
    """Keep what leads to the name: “The customer Müller GmbH” is “The customer …”."""
    kept = []
    for word in found[1].split(" "):
        if not _LEADS.fullmatch(word):
            break
        kept.append(word)
    return " ".join([*kept, HOLE])


def _after_role(found: re.Match[str]) -> str:
    name = found[2].rstrip(".")
    first = re.split(r"[ ,.-]", name, maxsplit=1)[0]
    is_abbreviation = first.isupper() and 1 < len(first) <= 5 and first == name
    if _NOT_NAMES.fullmatch(first) or is_abbreviation:
        return found[0]
    # a full stop may end the sentence
    return f"{found[1]}{HOLE}{found[2][len(name) :]}"
