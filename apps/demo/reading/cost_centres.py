"""Invoice lines and the cost centres that they belong to, as an accounting department knows them.

Some words belong to several: what a “service fee” is for, nobody can tell from two words. That is
what makes an honest classifier unsure now and then.
"""

from collections.abc import Iterator
from random import Random

COST_CENTRES = {
    "4100": "4100 Office",
    "4200": "4200 IT",
    "4300": "4300 Buildings",
    "4400": "4400 Logistics",
    "4500": "4500 Staff",
    "4600": "4600 Marketing",
    "4700": "4700 Insurance and fees",
}

WORDS: dict[str, tuple[str, ...]] = {
    "4100": (
        "Copy paper A4, 80 g, box", "Toner cartridge, black", "Ballpoint pens, pack of 50",
        "Desk chair, height-adjustable", "Envelopes C5", "Ring binder, wide", "Desk lamp",
        "Whiteboard markers", "Sticky notes", "Filing cabinet", "Technical journal, year",
        "Stapler", "Desk, height-adjustable", "Archive boxes",
    ),
    "4200": (
        'Notebook computer 14"', "Docking station", "Software licence, per seat and month",
        "Consulting, system operation", "Monitor 27 inch", "Backup storage, per TB",
        "Network switch, 24 ports", "Support contract, server", "Cloud hosting, month",
        "USB-C cable", "Firewall, annual renewal", "Keyboard and mouse", "Printer maintenance",
    ),
    "4300": (
        "Cleaning, offices", "Window cleaning", "Guard service, night",
        "Electricity, office building", "District heating", "Lift inspection", "Waste disposal",
        "Repair of sanitary installation", "Gardening", "Key system", "Painting, stairwell",
        "Water and sewage", "Fire extinguisher inspection",
    ),
    "4400": (
        "Parcel shipping, national", "Pallet transport", "Cardboard boxes 40×30×20",
        "Customs clearance", "Express courier", "Stretch film", "Warehouse rent, pallet space",
        "Return freight", "Container drayage", "Delivery vehicle", "Packing tape", "Toll surcharge",
    ),
    "4500": (
        "Coffee beans, 1 kg", "Fruit basket", "Lunch menu", "Data protection course",
        "First-aid training", "Works doctor, visit", "Recruiting advertisement, portal",
        "Travel expenses, train", "Team event, catering", "Drinking water, crate",
        "Language course, lesson", "Safety shoes",
    ),
    "4600": (
        "Printed brochures", "Trade fair stand", "Online advertising, clicks", "Roll-up banner",
        "Photo shooting", "Translation of product texts", "Give-aways with logo", "Newsletter tool",
        "Poster printing", "Press release distribution", "Film production, day",
    ),
    "4700": (
        "Building insurance, month", "Vehicle insurance, year", "Chamber of commerce, fee",
        "Audit of annual accounts", "Bank charges", "Legal advice, hour", "Trademark fee",
        "Liability insurance", "Notary fee", "Credit report",
    ),
}  # fmt: skip

# what may be meant, and how often
UNCLEAR: dict[str, dict[str, int]] = {
    "Service fee": {"4200": 4, "4300": 4, "4700": 2},
    "Monthly flat rate": {"4200": 5, "4300": 3, "4400": 2},
    "Maintenance": {"4300": 6, "4200": 4},
    "Consulting": {"4200": 4, "4700": 3, "4600": 3},
    "Material": {"4100": 5, "4300": 3, "4400": 2},
    "Printing": {"4600": 6, "4100": 4},
    "Training": {"4500": 8, "4200": 2},
    "Rent": {"4300": 6, "4400": 4},
    "Subscription": {"4100": 4, "4200": 6},
    "Expenses as agreed": {"4500": 5, "4600": 3, "4700": 2},
}

N_EXAMPLES = 16_000  # to train with
SHARE_UNCLEAR = 0.14
SHARE_WITH_SLIP = 0.15
TAILS = (
    "", "", "", ", as ordered", " – your order", ", 2 pcs", ", new", " (delivered)", ", per unit",
    ", net", " acc. to offer", ", January", ", Q3",
)  # fmt: skip


def made_lines(*, count: int, seed: int) -> list[tuple[str, str]]:
    """Return `count` pairs of a line's text and its true cost centre."""
    random = Random(f"cost centres {seed}")  # noqa: S311 (sample data, to be the same each time)
    return list(_lines(random, count))


def truth_about(text: str, random: Random) -> str:
    """Return the cost centre that people would book the good or service `text` on."""
    for centre, words in WORDS.items():
        if text in words:
            return centre
    chances = UNCLEAR.get(text, {"4100": 1})
    return random.choices(list(chances), list(chances.values()))[0]


def _lines(random: Random, count: int) -> Iterator[tuple[str, str]]:
    clear = [word for words in WORDS.values() for word in words]
    for _number in range(count):
        is_unclear = random.random() < SHARE_UNCLEAR
        word = random.choice(list(UNCLEAR) if is_unclear else clear)
        yield _as_written(random, word), truth_about(word, random)


def _as_written(random: Random, word: str) -> str:
    text = word + random.choice(TAILS)
    if random.random() < SHARE_WITH_SLIP and len(text) > 4:
        place = random.randrange(1, len(text) - 2)
        text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text.upper() if random.random() < 0.1 else text
