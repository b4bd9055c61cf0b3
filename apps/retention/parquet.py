"""One table as a Parquet file: typed columns, and JSON, lists and what else there is as text."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, transaction

ROWS_AT_ONCE: Final = 20_000
HASHED_AT_ONCE: Final = 1 << 20
PART: Final = ".part"
TYPES: Final = {
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "varchar": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds, as it was read back."""

    rows: int
    size: int
    sha256: str


def write_table(table: str, path: Path) -> Written:
    """Write all rows of `table` to `path`, in one snapshot; read back what is there.

    The name appears when the file is whole and on disk; one that is there already is replaced.
    """
    columns = _columns(table)
    part = path.with_name(path.name + PART)
    with transaction.atomic(), pq.ParquetWriter(part, _schema(columns), compression="zstd") as out:
        for batch in _batches(table, columns):
            out.write_batch(batch)
    written = _read_back(part)
    _sync(part)
    part.replace(path)
    _sync(path.parent)
    return written


def matches(path: Path, written: Written) -> bool:
    """Say whether the file is still there, byte by byte."""
    return path.is_file() and path.stat().st_size == written.size and _hash(path) == written.sha256


def _columns(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.attname, t.typname from pg_attribute a join pg_type t on t.oid = a.atttypid"
            " where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped"
            " order by a.attnum",
            [table],
        )
        return [(name, kind) for name, kind in cursor.fetchall()]


def _schema(columns: Sequence[tuple[str, str]]) -> pa.Schema:
    return pa.schema([(name, TYPES.get(kind, pa.string())) for name, kind in columns])


def _batches(table: str, columns: Sequence[tuple[str, str]]) -> Iterator[pa.RecordBatch]:
    """Read the table through a cursor on the server, so that memory stays small."""
    quote, schema = connection.ops.quote_name, _schema(columns)
    asked = ", ".join(
        quote(name) if kind in TYPES else f"{quote(name)}::text" for name, kind in columns
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"select {asked} from {quote(table)}")  # noqa: S608 - our own names
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield _batch(rows, schema)


def _batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    by_column = zip(*rows, strict=True)
    arrays = [pa.array(values, each.type) for values, each in zip(by_column, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _read_back(path: Path) -> Written:
    rows: int = pq.read_metadata(path).num_rows
    return Written(rows, path.stat().st_size, _hash(path))


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while some := file.read(HASHED_AT_ONCE):
            digest.update(some)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
