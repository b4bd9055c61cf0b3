"""Makes claims: e-mails with a PDF, and what is true about them. The same seed, the same claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

from apps.demo.identities import make_iban
from apps.demo.tiny_pdf import make_pdf

from .words import CUSTOMERS, ENDINGS, GREETINGS, KINDS, SENTENCES, UNCLEAR

N_EXAMPLES = 6_000  # to train with
SHARE_UNCLEAR = 0.12
SHARE_SCRIBBLED = 0.25
SENDER_DOMAIN = "customers.example"


@dataclass(frozen=True, kw_only=True)
class MadeClaim:
    """A claim. `is_scribbled`: its order number is hard to read in the PDF."""

    number: str
    kind: str
    customer: str
    person: str
    order_number: str
    amount: Decimal
    iban: str
    text: str
    received_on: date
    is_scribbled: bool = False

    @property
    def form(self) -> bytes:
        """The PDF: the form that customers fill in."""
        shown = _scribbled(self.order_number) if self.is_scribbled else self.order_number
        lines = [
            "Claim form", "", f"Claim {self.number}", f"Customer: {self.customer}",
            f"Contact: {self.person}", f"Order number: {shown}",
            f"Amount claimed: {self.amount:.2f} EUR",
        ]  # fmt: skip
        if self.iban:
            lines.append(f"New account: {self.iban}")
        return make_pdf([*lines, "", *_wrapped(self.text)])

    @property
    def mail(self) -> bytes:
        """The whole e-mail, as a server would hand it over."""
        message = EmailMessage()
        user = self.person.split()[-1].lower().encode("ascii", "ignore").decode() or "office"
        message["From"] = f"{self.person} <{user}@{SENDER_DOMAIN}>"
        message["To"] = "claims@halvenmark.example"
        message["Subject"] = f"Claim {self.number}"
        message["Date"] = format_datetime(datetime.combine(self.received_on, time(9, 30), UTC))
        message["Message-ID"] = f"<{self.number.lower()}@{SENDER_DOMAIN}>"
        message.set_content(f"{self.text}\n\n{self.person}\n{self.customer}\n")
        message.add_attachment(
            self.form, maintype="application", subtype="pdf", filename=f"{self.number}.pdf"
        )
        return message.as_bytes()


def make_claim(
    *, seed: int, today: date, kind: str = "", is_unclear: bool | None = None
) -> MadeClaim:
    """Return claim number `seed`; `kind` and `is_unclear` as wished, or else as it happens."""
    random = _random("claim", seed)
    text, kind = _text(random, kind, is_unclear)
    customer, person = random.choice(CUSTOMERS)
    amount = Decimal(random.choice((random.randint(900, 45_000), random.randint(50_000, 240_000))))
    return MadeClaim(
        number=f"CL-{seed:06d}",
        kind=kind,
        customer=customer,
        person=person,
        order_number=f"SO-{random.randint(100_000, 999_999)}",
        amount=amount / 100,
        iban=make_iban("DE", random) if kind == "bank" else "",
        text=text,
        received_on=today,
        is_scribbled=random.random() < SHARE_SCRIBBLED,
    )


def made_texts(*, count: int, seed: int) -> list[tuple[str, str]]:
    """Return `count` pairs of what somebody wrote and what it is about, to train with."""
    random = _random("claim texts", seed)
    return [_text(random, "", None) for _number in range(count)]


def _random(purpose: str, seed: int) -> Random:
    return Random(f"{purpose} {seed}")  # noqa: S311 (sample data, to be the same each time)


def _text(random: Random, kind: str, is_unclear: bool | None) -> tuple[str, str]:
    if is_unclear is None:
        is_unclear = not kind and random.random() < SHARE_UNCLEAR
    if is_unclear:
        fitting = [pair for pair in UNCLEAR if not kind or kind in pair]
        pair = random.choice(fitting or list(UNCLEAR))
        kind = kind or random.choices(pair, (6, 4))[0]
        said: Sequence[str] = [random.choice(UNCLEAR[pair])]
    else:
        kind = kind or random.choice(list(KINDS))
        said = random.sample(SENTENCES[kind], random.choice((1, 1, 2)))
    return " ".join([random.choice(GREETINGS), *said, random.choice(ENDINGS)]), kind


def _scribbled(number: str) -> str:
    """Return the number as a bad scan shows it: one digit is anybody's guess."""
    return f"{number[:-2]}?{number[-1]}"


def _wrapped(text: str, width: int = 58) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
