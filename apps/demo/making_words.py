"""The invented world of the demo: a group of companies, its vendors' names, what they sell."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from .identities import make_vat_id
from .invoices import Party


@dataclass(frozen=True, kw_only=True)
class Country:
    """Where vendors live. `rates` gives VAT category and percent by kind of good."""

    weight: int
    currency: str
    legal_forms: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    rates: dict[str, tuple[str, str]]
    price_level: Decimal = Decimal(1)


@dataclass(frozen=True)
class Good:
    name: str
    unit: str
    min_cents: int
    max_cents: int
    max_quantity: int
    rate: str = "standard"


def _rates(standard: str, reduced: str) -> dict[str, tuple[str, str]]:
    return {"standard": ("S", standard), "reduced": ("S", reduced), "exempt": ("E", "0")}


COUNTRIES = {
    "DE": Country(
        weight=9,
        currency="EUR",
        legal_forms=("GmbH", "AG", "KG", "eG"),
        cities=(("Lübeck", "23552"), ("Kassel", "34117"), ("Jena", "07743"), ("Fulda", "36037")),
        streets=("Lindenweg", "Am Speicher", "Mühlenstraße", "Industriestraße"),
        rates=_rates("19", "7"),
    ),
    "AT": Country(
        weight=3,
        currency="EUR",
        legal_forms=("GmbH", "AG"),
        cities=(("Steyr", "4400"), ("Villach", "9500"), ("Krems", "3500")),
        streets=("Bahnhofstraße", "Seegasse", "Kirchenplatz"),
        rates=_rates("20", "10"),
    ),
    "NL": Country(
        weight=4,
        currency="EUR",
        legal_forms=("B.V.", "N.V."),
        cities=(("Zwolle", "8011 AB"), ("Breda", "4811 CD"), ("Leiden", "2311 EF")),
        streets=("Havenkade", "Molenstraat", "Nieuweweg"),
        rates=_rates("21", "9"),
    ),
    "BE": Country(
        weight=2,
        currency="EUR",
        legal_forms=("BV", "NV", "SRL"),
        cities=(("Gent", "9000"), ("Namur", "5000"), ("Leuven", "3000")),
        streets=("Stationsstraat", "Rue du Pont", "Kaai"),
        rates=_rates("21", "6"),
    ),
    "FR": Country(
        weight=3,
        currency="EUR",
        legal_forms=("SARL", "SAS", "SA"),
        cities=(("Colmar", "68000"), ("Valence", "26000"), ("Vannes", "56000")),
        streets=("Rue des Tilleuls", "Quai Neuf", "Avenue de la Gare"),
        rates=_rates("20", "5.5"),
    ),
    "DK": Country(
        weight=2,
        currency="DKK",
        legal_forms=("A/S", "ApS"),
        cities=(("Odense", "5000"), ("Esbjerg", "6700"), ("Vejle", "7100")),
        streets=("Havnegade", "Møllevej", "Strandvejen"),
        rates={"standard": ("S", "25"), "reduced": ("S", "25"), "exempt": ("E", "0")},
        price_level=Decimal("7.5"),
    ),
    "PL": Country(
        weight=2,
        currency="PLN",
        legal_forms=("Sp. z o.o.", "S.A."),
        cities=(("Gdynia", "81-300"), ("Opole", "45-015"), ("Lublin", "20-002")),
        streets=("ul. Lipowa", "ul. Portowa", "ul. Nowa"),
        rates=_rates("23", "8"),
        price_level=Decimal("4.3"),
    ),
}

BUYERS = {
    country: Party(
        name=name,
        vat_id=make_vat_id(country, Random(name)),  # noqa: S311 (the same each time)
        endpoint=f"EM:invoices.{country.lower()}@halvenmark.example",
        street=street,
        postcode=postcode,
        city=city,
        country=country,
    )
    for country, name, street, postcode, city in (
        ("DE", "Halvenmark Deutschland GmbH", "Kontorhof 3", "20457", "Hamburg"),
        ("AT", "Halvenmark Österreich GmbH", "Donaukai 12", "4020", "Linz"),
        ("NL", "Halvenmark Nederland B.V.", "Maaskade 8", "3011 AA", "Rotterdam"),
        ("BE", "Halvenmark Belgium NV", "Scheldelaan 5", "2030", "Antwerpen"),
        ("FR", "Halvenmark France SAS", "Quai Nord 21", "67000", "Strasbourg"),
        ("DK", "Halvenmark Danmark A/S", "Kajen 4", "8000", "Aarhus"),
        ("PL", "Halvenmark Polska Sp. z o.o.", "ul. Morska 9", "81-001", "Gdynia"),
    )
}

PLACES = (
    "Kupferhain", "Nordfjell", "Ravensloh", "Silberau", "Torfmoor", "Eichgrund",
    "Wellenbrook", "Osterfirn", "Morgenrath", "Falkenau", "Gronwalden", "Brackwater",
    "Steinlaken", "Birkenholm", "Zwartmeer", "Vallorque", "Aubrelle", "Lindmark",
    "Kaltenried", "Jasnova",
)  # fmt: skip

TRADES = (
    "Office Supply", "Papers", "Facility Service", "Logistics", "IT Systems", "Catering",
    "Print", "Packaging", "Energy", "Security", "Cleaning", "Furniture",
)  # fmt: skip

# None of these places is among PLACES, so that no stranger has a vendor's name.
STRANGERS = (
    "Quickbill Partner", "Overmorrow Trade", "Fernkontor Handel", "Nebelhaus Service",
    "Paperghost Supply", "Unbekannt Vertrieb",
)  # fmt: skip

GOODS = (
    Good("Copy paper A4, 80 g, box", "BX", 1_890, 3_250, 40),
    Good("Toner cartridge, black", "EA", 4_900, 12_900, 10),
    Good("Ballpoint pens, pack of 50", "PK", 990, 1_890, 30),
    Good("Desk chair, height-adjustable", "EA", 18_900, 42_000, 8),
    Good('Notebook computer 14"', "EA", 89_900, 164_900, 5),
    Good("Docking station", "EA", 11_900, 21_900, 12),
    Good("Cleaning, offices", "HUR", 2_650, 3_900, 60),
    Good("Window cleaning", "HUR", 3_100, 4_400, 16),
    Good("Guard service, night", "HUR", 3_400, 4_900, 80),
    Good("Consulting, system operation", "DAY", 84_000, 128_000, 6),
    Good("Parcel shipping, national", "EA", 449, 899, 120),
    Good("Pallet transport", "EA", 6_900, 14_500, 20),
    Good("Electricity, office building", "KWH", 24, 39, 9_000),
    Good("Cardboard boxes 40×30×20", "EA", 79, 165, 400),
    Good("Printed brochures", "EA", 85, 240, 1_000),
    Good("Software licence, per seat and month", "MON", 890, 2_990, 50),
    Good("Coffee beans, 1 kg", "KGM", 1_290, 2_190, 30, "reduced"),
    Good("Fruit basket", "EA", 2_450, 4_200, 12, "reduced"),
    Good("Lunch menu", "EA", 780, 1_350, 60, "reduced"),
    Good("Technical journal, year", "EA", 9_800, 24_000, 4, "reduced"),
    Good("Data protection course", "EA", 19_000, 49_000, 6, "exempt"),
    Good("Building insurance, month", "MON", 14_500, 38_000, 3, "exempt"),
)
