"""What a page asks of the dictionary before it compares: each through the sidecar, in one go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.estate.services import estate_engines
from tests.harness import Sidecar, connection


@pytest.fixture(name="estate", scope="module")
def _estate() -> Iterator[FakeOracle]:
    with FakeOracle(estate_engines()) as running:
        yield running


QUESTIONS: list[tuple[str, str, dict[str, str], list[list[Any]]]] = [
    (
        "DEV",
        "SELECT u.username FROM all_users u WHERE EXISTS"
        " (SELECT 1 FROM all_objects o WHERE o.owner = u.username"
        " AND o.object_type IN ('TABLE', 'VIEW')) ORDER BY u.username",
        {},
        [["CFG"], ["COMPARE"]],
    ),
    (
        "PROD",
        "SELECT owner FROM all_tables UNION SELECT owner FROM all_views ORDER BY 1",
        {},
        [["CFG_LIVE"], ["COMPARE"]],
    ),
    (
        "DEV",
        "SELECT table_name, 'TABLE' AS kind FROM all_tables"
        " WHERE owner = :owner AND table_name LIKE :part ESCAPE '\\'"
        " UNION ALL SELECT view_name, 'VIEW' FROM all_views"
        " WHERE owner = :owner AND view_name LIKE :part ESCAPE '\\' ORDER BY 1",
        {"owner": "CFG", "part": "%\\_FLAG"},
        [
            ["ACTIVE_FLAG", "VIEW"],
            ["BETA_FLAG", "TABLE"],
            ["EXPERIMENT_FLAG", "TABLE"],
            ["FEATURE_FLAG", "TABLE"],
            ["MOBILE_FLAG", "TABLE"],
            ["PORTAL_FLAG", "TABLE"],
        ],
    ),
    (
        "UAT",
        "SELECT column_name, data_type, data_length, char_length, char_used, data_precision,"
        " data_scale, nullable FROM all_tab_columns"
        " WHERE owner = :owner AND table_name = :name ORDER BY column_id",
        {"owner": "CFG", "name": "LETTER_TEMPLATE"},
        [
            ["TEMPLATE_CODE", "VARCHAR2", 40, 40, "B", None, None, "N"],
            ["LANGUAGE", "CHAR", 2, 2, "B", None, None, "N"],
            ["SUBJECT", "VARCHAR2", 200, 200, "B", None, None, "Y"],
            ["BODY", "CLOB", 4000, 0, None, None, None, "Y"],
            ["CHANGED_AT", "TIMESTAMP(6)", 11, 0, None, None, 6, "Y"],
        ],
    ),
    (
        "PROD",
        "SELECT object_name, object_type FROM all_objects"
        " WHERE owner = :owner AND object_type IN ('TABLE', 'VIEW')"
        " AND object_name NOT LIKE 'BIN$%' AND object_name NOT LIKE 'DR$%'"
        " AND object_name >= 'SUPPORT' ORDER BY object_name",
        {"owner": "CFG_LIVE"},
        [
            ["SUPPORT_ROLE", "TABLE"],
            ["SUPPORT_USER", "TABLE"],
            ["SUPPORT_USER_ROLE", "TABLE"],
            ["TARIFF", "TABLE"],
            ["TARIFF_STEP", "TABLE"],
            ["TASK_TYPE", "TABLE"],
            ["TAX_RATE", "TABLE"],
            ["TRANSFER_FEE", "TABLE"],
            ["TRANSFER_LIMIT", "TABLE"],
            ["UNIT_MAPPING", "TABLE"],
            ["UPLOAD_LIMIT", "TABLE"],
            ["USER_PREF", "TABLE"],
        ],
    ),
    (
        "PROD",
        "SELECT c.table_name, CASE c.constraint_type WHEN 'P' THEN 0 ELSE 1 END AS key_rank,"
        " c.constraint_name AS key_name, k.position AS place, k.column_name"
        " FROM all_constraints c JOIN all_cons_columns k"
        " ON k.owner = c.owner AND k.constraint_name = c.constraint_name"
        " WHERE c.owner = :owner AND c.table_name = :name"
        " AND c.constraint_type IN ('P', 'U') AND c.status = 'ENABLED'"
        " UNION ALL"
        " SELECT i.table_name, 2, i.index_name, k.column_position, k.column_name"
        " FROM all_indexes i JOIN all_ind_columns k"
        " ON k.index_owner = i.owner AND k.index_name = i.index_name"
        " WHERE i.table_owner = :owner AND i.table_name = :name"
        " AND i.uniqueness = 'UNIQUE' AND i.index_type IN ('NORMAL', 'NORMAL/REV')"
        " ORDER BY 1, 2, 3, 4",
        {"owner": "CFG_LIVE", "name": "EVENT_ROUTE"},
        [
            ["EVENT_ROUTE", 0, "EVENT_ROUTE_PK", 1, "ROUTE_ID"],
            ["EVENT_ROUTE", 0, "EVENT_ROUTE_PK", 2, "REGION"],
            ["EVENT_ROUTE", 2, "EVENT_ROUTE_PK", 1, "ROUTE_ID"],
            ["EVENT_ROUTE", 2, "EVENT_ROUTE_PK", 2, "REGION"],
        ],
    ),
    (
        "DEV",
        "SELECT t.table_name FROM all_tables t WHERE t.owner = :owner AND t.temporary = 'N'"
        " AND t.nested = 'NO' AND t.secondary = 'N' AND t.dropped = 'NO'"
        " AND NOT EXISTS (SELECT 1 FROM all_mviews m"
        " WHERE m.owner = t.owner AND m.mview_name = t.table_name)"
        " AND UPPER(t.table_name) LIKE '%' || UPPER(:part) || '%'"
        " ORDER BY t.table_name FETCH FIRST 2 ROWS ONLY",
        {"owner": "CFG", "part": "fee"},
        [["CARD_FEE"], ["CONNECTION_FEE"]],
    ),
    (
        "DEV",
        "SELECT table_owner, table_name FROM all_synonyms"
        " WHERE owner IN (:owner, 'PUBLIC') AND synonym_name = :name",
        {"owner": "CFG", "name": "APP_CONFIG"},
        [],
    ),
    (
        "DEV",
        "SELECT COUNT(*) FROM (SELECT config_key FROM cfg.app_config"
        " GROUP BY config_key HAVING COUNT(*) > 1)",
        {},
        [[0]],
    ),
]


@pytest.mark.parametrize(("service", "sql", "binds", "rows"), QUESTIONS)
def test_the_dictionary_answers_what_a_page_asks(
    sidecar: Sidecar,
    estate: FakeOracle,
    service: str,
    sql: str,
    binds: dict[str, str],
    rows: list[list[Any]],
) -> None:
    asked = {"connection": connection(estate.dsn(service)), "sql": sql, "binds": binds}
    answer = sidecar.post("/query", asked)

    assert answer.status == 200, answer.body
    assert answer.json["rows"] == rows
