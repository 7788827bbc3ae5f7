"""The demonstration table of vectors: one column for each format, a row for each case."""

from __future__ import annotations

VECTOR_TABLES = (
    """CREATE TABLE all_values_vectors (
        id NUMBER(4) PRIMARY KEY,
        label VARCHAR2(60),
        anything VECTOR,
        singles VECTOR(3, FLOAT32),
        doubles VECTOR(2, FLOAT64),
        bytes VECTOR(*, INT8),
        bits VECTOR(16, BINARY),
        sparse VECTOR(8, FLOAT32, SPARSE),
        sparse_bytes VECTOR(*, INT8, SPARSE)
    )""",
)

VECTOR_VALUES = (
    "INSERT INTO all_values_vectors (id, label) VALUES (1, 'every column NULL')",
    "INSERT INTO all_values_vectors VALUES (2, 'values', '[1, 2.5, -3]', '[0.1, -0.0, 3E38]',"
    " '[0.1, -1E300]', '[-128, 0, 127]', '[255, 1]', '[8, [1, 5], [1.5, -2]]',"
    " '[65535, [0, 65534], [-128, 127]]')",
    "INSERT INTO all_values_vectors (id, label, anything) VALUES (3, 'any format',"
    " TO_VECTOR('[0.1]', *, FLOAT64))",
    "INSERT INTO all_values_vectors (id, label, anything, sparse) VALUES (4, 'nothing but zeros',"
    " '[0]', '[8, [], []]')",
)
