"""Files from strangers: what can be read as a table is, all else is refused in plain words."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from apps.queues.exchange.reading import open_table, sheets, xlsx_files
from apps.queues.exchange.reading.tables import letters
from apps.queues.exchange.refusing import FileRefusedError
from apps.queues.exchange.settings import MAX_COLUMNS, MAX_ROWS, Settings
from tests.queues.exchange.books import book, saved, sheet_of, with_parts


def read(raw: bytes, **settings: str):
    table = open_table(BytesIO(raw), Settings(**settings))
    return table.found, list(table.rows)


def refusal(raw: bytes) -> str:
    with pytest.raises(FileRefusedError) as refused:
        read(raw)
    return refused.value.message


# --- CSV


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("a,b\nMüller €,1".encode(), "UTF-8"),
        ("a,b\nMüller €,1".encode("utf-8-sig"), "UTF-8"),
        ("a,b\nMüller €,1".encode("utf-16"), "UTF-16"),
        ("a,b\nMüller €,1".encode("utf-32"), "UTF-32"),
        ("a,b\nMüller €,1".encode("cp1252"), "Windows-1252"),
    ],
)
def test_text_is_read_whatever_it_is_encoded_in(raw: bytes, encoding: str) -> None:
    found, rows = read(raw)

    assert (found.encoding, found.header, rows) == (encoding, ["a", "b"], [(2, ["Müller €", "1"])])


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_separator_is_found_out(delimiter: str) -> None:
    lines = [["a", "b"], ['"x, y; z"', "1"], ["q", "2"]]
    raw = "\r\n".join(delimiter.join(line) for line in lines).encode()

    found, rows = read(raw)

    assert found.delimiter == delimiter
    assert rows == [(2, ["x, y; z", "1"]), (3, ["q", "2"])]


def test_excels_own_line_about_the_separator_is_no_row() -> None:
    found, rows = read(b"sep=;\na;b\n1;2\n")
    assert (found.header, rows) == (["a", "b"], [(2, ["1", "2"])])


def test_lines_within_quotes_and_empty_lines_keep_the_numbers_of_rows() -> None:
    _found, rows = read(b'a,b\n"one\ntwo",1\n\n,\nx,"say ""hi"""\n')

    assert rows == [(2, ["one\ntwo", "1"]), (5, ["x", 'say "hi"'])]


def test_our_guard_before_formulas_comes_off_again() -> None:
    _found, rows = read(b"a,b\n'=1+1,'tis\n")
    assert rows == [(2, ["=1+1", "'tis"])]


@pytest.mark.parametrize(
    ("text", "decimal", "days"),
    [
        ("a;b\n1,50;2\n", ",", "dmy"),
        ("a;b\n1.50;2\n", ".", "dmy"),
        ("a;b\n1.234,50;31.12.2026\n", ",", "dmy"),
        ("a,b\nx,12/31/2026\n", ".", "mdy"),
        ("a,b\nx,31/12/2026\n", ".", "dmy"),
        ("a;b\nx;y\n", ",", "dmy"),
        ("a,b\nx,y\n", ".", "dmy"),
    ],
)
def test_what_numbers_and_dates_mean_is_guessed_from_what_is_certain(text, decimal, days) -> None:
    found, _rows = read(text.encode())
    assert (found.decimal, found.days) == (decimal, days)
    asked, _rows = read(text.encode(), decimal=".", days="mdy")
    assert (asked.decimal, asked.days) == (".", "mdy")


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"\n \n,,\n", "empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n,\n\n", "no rows"),
        (b"a,b,A\n1,2,3\n", "A and C"),
        (b'a,b\n"x,1\n', "quotation"),
        (b'a,b\n"x"y,1\n', "quotation"),
        (b"a,b\n1,\x00\n", "can be read"),
        (b"\x81\x8d\x8f\x90,\xff\n", "can be read"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "can be read"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, ".xls"),
        ("a,b\n1,2".encode("utf-16-le"), "can be read"),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes, word: str) -> None:
    assert word in refusal(raw)


def test_too_many_columns_and_too_many_rows_are_refused() -> None:
    wide = ",".join(f"c{n}" for n in range(10_000))
    assert str(MAX_COLUMNS) in refusal(f"{wide}\n1\n".encode())
    assert str(MAX_COLUMNS) in refusal(("a\n" + "," * 10_000 + "x\n").encode())
    assert "100,000" in refusal(b"a\n" + b"1\n" * (MAX_ROWS + 1))


def test_columns_are_called_as_in_spreadsheets() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# --- XLSX


def test_values_have_the_kinds_that_the_workbook_gives_them() -> None:
    moment = datetime(2026, 3, 31, 10, 30, tzinfo=UTC).replace(tzinfo=None)
    raw = book([["a", "b", "c", "d", "e"], [date(2026, 3, 31), moment, 12.5, 7.0, True]])

    _found, rows = read(raw)

    day, at = {"at": "2026-03-31T00:00:00"}, {"at": "2026-03-31T10:30:00"}
    assert rows == [(2, [day, at, 12.5, 7, True])]
    assert [type(cell) for cell in rows[0][1][2:]] == [float, int, bool]


def test_days_counted_from_1904_are_the_same_days() -> None:
    raw = book([["a"], [date(2026, 3, 31)]], epoch=CALENDAR_MAC_1904)
    assert b'date1904="1"' in with_workbook(raw)
    assert read(raw)[1] == [(2, [{"at": "2026-03-31T00:00:00"}])]


def with_workbook(raw: bytes) -> bytes:
    import zipfile

    return zipfile.ZipFile(BytesIO(raw)).read("xl/workbook.xml")


def test_the_first_sheet_that_holds_something_is_read_or_the_one_asked_for() -> None:
    workbook = Workbook()
    workbook.active.title = "Empty"  # type: ignore[union-attr]
    for title, state in (("Notes", "hidden"), ("Rows", "visible"), ("More", "visible")):
        sheet = workbook.create_sheet(title)
        sheet.append(["a", title])
        sheet.append([1, 2])
        sheet.sheet_state = state
    raw = saved(workbook)

    found, _rows = read(raw)
    asked, _rows = read(raw, sheet="More")

    assert (found.sheet, found.sheets) == ("Rows", ["Empty", "Rows", "More"])
    assert (asked.sheet, asked.header) == ("More", ["a", "More"])
    assert read(raw, sheet="Notes")[0].sheet == "Rows"


def test_of_formulas_the_values_count_and_those_without_one_are_told() -> None:
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2"><f>NOW()</f></c></row>'
        '<row r="3"><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B3"><f>A1</f><v/></c></row>'
    )
    raw = with_parts(book([["x"]]), {"xl/worksheets/sheet1.xml": sheet_of(cells)})

    _found, rows = read(raw)

    assert rows == [
        (2, [2, {"formula": ""}]),
        (3, [{"error": "#DIV/0!"}, {"formula": ""}]),
    ]


def test_a_formula_is_found_across_the_pieces_that_a_sheet_is_read_in(monkeypatch) -> None:
    monkeypatch.setattr(sheets, "PIECE_BYTES", 97)
    workbook = Workbook()
    for number in range(1, 30):
        workbook.active.append([f"text {number}", f"={number}+1" if number > 1 else "b"])  # type: ignore[union-attr]

    _found, rows = read(saved(workbook))

    assert {cells[1]["formula"] for _number, cells in rows} == {""}
    assert len(rows) == 28


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    cells = (
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="A900000"><v>5</v></c></row>'
    )
    lying = sheet_of(cells).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    raw = with_parts(book([["x"]]), {"xl/worksheets/sheet1.xml": lying})

    assert read(raw)[1] == [(900_000, [5])]


def merged() -> bytes:
    workbook = Workbook()
    for row in (["a", "b"], [1, 2], [3, None]):
        workbook.active.append(row)  # type: ignore[union-attr]
    workbook.active.merge_cells("A3:B3")  # type: ignore[union-attr]
    return saved(workbook)


def in_sheet(xml: str) -> bytes:
    return with_parts(book([["x"]]), {"xl/worksheets/sheet1.xml": xml})


def many_columns() -> bytes:
    return book([[f"c{n}" for n in range(MAX_COLUMNS + 1)], [1]])


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: book([]), "empty"),
        (lambda: book([["a", "b"]]), "no rows"),
        (lambda: book([["a", "a"], [1, 2]]), "A and B"),
        (merged, "A3:B3"),
        (many_columns, str(MAX_COLUMNS)),
        (lambda: with_parts(book([["a"], [1]]), {"xl/vbaProject.bin": b"x"}), "macros"),
        (lambda: b"PK\x03\x04 and then nothing", "damaged"),
        (lambda: book([["a"], [1]])[:-200], "damaged"),
        (lambda: with_parts(book([["a"], [1]]), {"xl/workbook.xml": b"<x"}), "damaged"),
        (lambda: in_sheet("<worksheet"), "damaged"),
        (lambda: in_sheet(sheet_of("<row><c><v>&b;</v></c></row>", head=LAUGHS)), "damaged"),
        (lambda: in_sheet(sheet_of('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')), "damaged"),
    ],
)
def test_a_workbook_that_is_none_is_refused(make, word: str) -> None:
    assert word in refusal(make())


def test_a_zip_of_something_else_is_refused() -> None:
    import zipfile

    out = BytesIO()
    with zipfile.ZipFile(out, "w") as other:
        other.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "no workbook" in refusal(out.getvalue())


@pytest.mark.parametrize(
    ("member", "size"),
    [
        ("xl/worksheets/sheet1.xml", xlsx_files.MAX_UNPACKED),
        ("xl/sharedStrings.xml", xlsx_files.MAX_TEXTS),
        ("xl/styles.xml", xlsx_files.MAX_HELD),
    ],
)
def test_a_zip_bomb_is_refused_by_its_weight_before_it_is_unpacked(member, size) -> None:
    raw = with_parts(book([["a"], [1]]), {member: b"0" * (size + 1)})

    assert len(raw) < 1_000_000
    assert "too large" in refusal(raw)
