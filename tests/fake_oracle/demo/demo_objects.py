"""The demonstration tables of object types and collections: a row of each case.

`all_values_objects` has what drivers read by themselves, `all_values_written` what they refuse, or
cannot hold.
"""

from __future__ import annotations

OBJECT_TYPES = (
    "CREATE TYPE geo_t AS OBJECT (lat NUMBER(9,6), lon NUMBER(9,6))",
    "CREATE TYPE address_t AS OBJECT (street VARCHAR2(60), zip NUMBER(5), geo geo_t)",
    "CREATE TYPE tags_t AS VARRAY(10) OF VARCHAR2(30)",
    "CREATE TYPE readings_t AS VARRAY(1000) OF NUMBER",
    "CREATE TYPE addresses_t AS TABLE OF address_t",
    """CREATE TYPE scalars_t AS OBJECT (
        num NUMBER,
        num_fixed NUMBER(12,2),
        num_float FLOAT(40),
        whole INTEGER,
        bin_float BINARY_FLOAT,
        bin_double BINARY_DOUBLE,
        fixed_text CHAR(5),
        var_text VARCHAR2(300),
        national_text NVARCHAR2(20),
        raw_bytes RAW(8),
        day_only DATE,
        ts TIMESTAMP(6),
        truth BOOLEAN,
        text_lob CLOB,
        national_lob NCLOB,
        binary_lob BLOB
    )""",
    """CREATE TYPE times_t AS OBJECT (
        ts TIMESTAMP(9),
        ts_tz TIMESTAMP(9) WITH TIME ZONE,
        ts_ltz TIMESTAMP(9) WITH LOCAL TIME ZONE,
        span INTERVAL DAY(9) TO SECOND(9),
        months INTERVAL YEAR(4) TO MONTH
    )""",
    "CREATE TYPE moments_t AS TABLE OF TIMESTAMP(9) WITH TIME ZONE",
    """CREATE TYPE step_t AS OBJECT (
        happened TIMESTAMP(9) WITH TIME ZONE,
        amount NUMBER,
        tags tags_t
    )""",
    "CREATE TYPE steps_t AS VARRAY(20) OF step_t",
    "CREATE TYPE vehicle_t AS OBJECT (wheels NUMBER(2)) NOT FINAL",
    "CREATE TYPE car_t UNDER vehicle_t (doors NUMBER(2))",
)

OBJECT_TABLES = (
    """CREATE TABLE all_values_objects (
        id NUMBER(4) PRIMARY KEY,
        label VARCHAR2(60),
        scalars scalars_t,
        address address_t,
        tags tags_t,
        readings readings_t,
        addresses addresses_t
    ) NESTED TABLE addresses STORE AS all_values_addresses""",
    """CREATE TABLE all_values_written (
        id NUMBER(4) PRIMARY KEY,
        label VARCHAR2(60),
        times times_t,
        moments moments_t,
        steps steps_t,
        vehicle vehicle_t
    ) NESTED TABLE moments STORE AS all_values_moments""",
)

OBJECT_VALUES = (
    "INSERT INTO all_values_objects (id, label) VALUES (1, 'every column NULL')",
    "INSERT INTO all_values_objects VALUES (2, 'every attribute NULL',"
    " scalars_t(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    " NULL, NULL), address_t(NULL, NULL, NULL), tags_t(NULL), readings_t(NULL, NULL),"
    " addresses_t(NULL))",
    "INSERT INTO all_values_objects (id, label, tags, readings, addresses)"
    " VALUES (3, 'empty collections', tags_t(), readings_t(), addresses_t())",
    "INSERT INTO all_values_objects (id, label, scalars, address) VALUES (4, 'every kind',"
    " scalars_t(42, 1234567.89, 0.5, -7, 1.5f, 0.1d, 'ab', 'it''s \"here\"', N'東京',"
    " HEXTORAW('00FF'), DATE '2026-01-28', TIMESTAMP '2026-01-28 10:38:36.5', TRUE,"
    " 'text in a CLOB', N'長い文章', HEXTORAW('00FF10')),"
    " address_t('Jl. Sudirman 1', 12190, geo_t(-6.208763, 106.845599)))",
    "INSERT INTO all_values_objects (id, label, tags, readings, addresses)"
    " VALUES (5, 'collections', tags_t('red', NULL, 'grün'), readings_t(1, -2, NULL, 1E30),"
    " addresses_t(address_t('a', 1, geo_t(0, 0.5)), NULL, address_t('b', NULL, NULL)))",
    "INSERT INTO all_values_objects (id, label, scalars) VALUES (6, 'long text',"
    " scalars_t(NULL, NULL, NULL, NULL, NULL, NULL, NULL, RPAD('x', 300, 'x'), NULL, NULL, NULL,"
    " NULL, FALSE, NULL, NULL, NULL))",
    "INSERT INTO all_values_objects (id, label, scalars, readings) VALUES (7, 'fractions',"
    " scalars_t(1/3, 0.01, 0.1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    " NULL, NULL), readings_t(0.1, 1/3, 12345678901234567890.123456789))",
    "INSERT INTO all_values_objects (id, label, scalars) VALUES (8, 'first moment',"
    " scalars_t(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, DATE '-4712-01-01',"
    " TIMESTAMP '-0044-03-15 12:00:00', NULL, NULL, NULL, NULL))",
    "INSERT INTO all_values_written (id, label) VALUES (1, 'every column NULL')",
    "INSERT INTO all_values_written (id, label, times, moments, steps) VALUES (2,"
    " 'every attribute NULL', times_t(NULL, NULL, NULL, NULL, NULL), moments_t(NULL),"
    " steps_t(NULL, step_t(NULL, NULL, NULL)))",
    "INSERT INTO all_values_written (id, label, moments, steps)"
    " VALUES (3, 'empty collections', moments_t(), steps_t())",
    "INSERT INTO all_values_written (id, label, times, moments, steps) VALUES (4, 'values',"
    " times_t(TIMESTAMP '2026-01-28 10:38:36.123456789',"
    " TIMESTAMP '2026-01-28 10:38:36.123456789 +07:00', TIMESTAMP '2026-01-28 10:38:36 +07:00',"
    " INTERVAL '-1 02:03:04.123456789' DAY TO SECOND(9), INTERVAL '-12-11' YEAR TO MONTH),"
    " moments_t(TIMESTAMP '2026-07-01 12:00:00 Europe/Berlin', NULL,"
    " TIMESTAMP '-0044-03-15 12:00:00.5 -03:30'),"
    " steps_t(step_t(TIMESTAMP '2026-01-28 10:38:36.5 +07:00', 1/3, tags_t('a', 'b')),"
    " step_t(NULL, 9007199254740993, tags_t())))",
    "INSERT INTO all_values_written (id, label, vehicle) VALUES (5, 'the type itself',"
    " vehicle_t(2))",
)
