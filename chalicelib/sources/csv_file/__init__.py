"""CSV files as people and programs write them → rows → Inbounds. Works on a seekable binary stream, knows no AWS."""

from chalicelib.domain.spreadsheet import marked as safe_cell
from chalicelib.sources.csv_file.errors_file import errors_csv
from chalicelib.sources.csv_file.identity import content_digest, file_identity
from chalicelib.sources.csv_file.table import Row, Table, count_rows, inbound_of, open_table, rows

__all__ = [
    "Row",
    "Table",
    "content_digest",
    "count_rows",
    "errors_csv",
    "file_identity",
    "inbound_of",
    "open_table",
    "rows",
    "safe_cell",
]
