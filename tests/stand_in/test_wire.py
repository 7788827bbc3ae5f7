"""The stand-in's layers with bytes alone: values, packets, requests, images, refusals."""

from __future__ import annotations

import logging
import math
import socket
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.formats import oson, primitives
from tests.fake_oracle.formats.columns import LONG, NUMBER, VARCHAR
from tests.fake_oracle.formats.primitives import ProtocolError, Reader
from tests.fake_oracle.formats.vectors import decode_vector, encode_vector
from tests.fake_oracle.kinds import values
from tests.fake_oracle.kinds.model import IntervalDS, Moment, OraError, Vector
from tests.fake_oracle.messages import capabilities, packets
from tests.fake_oracle.messages.binds import BindType, read_bind_row
from tests.fake_oracle.messages.messages import read_function_header
from tests.fake_oracle.session.auth import DEFAULT_ACCOUNTS, find_account
from tests.fake_oracle.session.listener import named, read_connect
from tests.fake_oracle.session.lobs import LobStore
from tests.fake_oracle.session.piggybacks import Piggybacks, read_piggyback
from tests.fake_oracle.tiny_engine import TinyEngine

# Values, beside the bytes Oracle's own DUMP() shows for them.


@pytest.mark.parametrize(
    ("number", "dumped"),
    [
        (0, "80"),
        (1, "c1 02"),
        (-1, "3e 64 66"),
        (100, "c2 02"),
        (123, "c2 02 18"),
        (Decimal("0.01"), "c0 02"),
        (Decimal("0.1"), "c0 0b"),
        (Decimal("123.45"), "c2 02 18 2e"),
        (Decimal("-123.45"), "3d 64 4e 38 66"),
        (Decimal("1E-130"), "80 02"),
        (10**126, "ff 65"),
        (-(10**126), "00"),
    ],
)
def test_a_number_has_the_bytes_oracle_gives_it(number: int | Decimal, dumped: str) -> None:
    assert values.encode_number(number) == bytes.fromhex(dumped)
    if abs(number) != 10**126:
        assert values.decode_number(bytes.fromhex(dumped)) == number


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-128, 86))
def test_a_number_of_38_digits_comes_back_exact(digits: int, exponent: int) -> None:
    number = Decimal(digits).scaleb(exponent)
    assert values.decode_number(values.encode_number(number)) == number


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_an_integer_comes_back_as_an_integer(number: int) -> None:
    decoded = values.decode_number(values.encode_number(number))
    assert (decoded, type(decoded)) == (number, int)


@pytest.mark.parametrize(
    "number", [Decimal("NaN"), Decimal("Infinity"), 10**126 + 1, Decimal("1E-132"), 10**41 + 1]
)
def test_what_a_number_cannot_hold_is_refused(number: int | Decimal) -> None:
    with pytest.raises(ValueError, match="NUMBER cannot hold"):
        values.encode_number(number)


@pytest.mark.parametrize(
    ("moment", "dumped"),
    [
        (Moment(2026, 1, 28, 10, 38, 36), "78 7e 01 1c 0b 27 25"),
        (Moment(1, 12, 31), "64 65 0c 1f 01 01 01"),
        (Moment(-1, 1, 1), "64 63 01 01 01 01 01"),
        (Moment(-4712, 1, 1), "35 58 01 01 01 01 01"),
        (Moment(9999, 12, 31, 23, 59, 59), "c7 c7 0c 1f 18 3c 3c"),
    ],
)
def test_a_date_has_the_bytes_oracle_gives_it(moment: Moment, dumped: str) -> None:
    assert values.encode_date(moment) == bytes.fromhex(dumped)
    assert values.decode_moment(bytes.fromhex(dumped)) == moment


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        (Moment(2026, 1, 1, 0, 30, 0, 0, 60), (2025, 12, 31, 23, 30)),
        (Moment(2024, 2, 28, 23, 30, 0, 0, -90), (2024, 2, 29, 1, 0)),
        (Moment(1, 1, 1, 0, 0, 0, 0, 840), (-1, 12, 31, 10, 0)),
        (Moment(-1, 12, 31, 23, 59, 0, 0, -1), (1, 1, 1, 0, 0)),
    ],
)
def test_a_moment_with_an_offset_travels_in_utc(
    moment: Moment, utc: tuple[int, int, int, int, int]
) -> None:
    encoded = values.encode_timestamp_tz(moment)
    there = values.decode_moment(encoded[:7])
    assert (there.year, there.month, there.day, there.hour, there.minute) == utc
    assert values.decode_moment(encoded) == moment


@pytest.mark.parametrize(
    ("region", "number"),
    [("Asia/Jakarta", 261), ("AMERICA/NEW_YORK", 100), ("UTC", 5121), ("GMT", 513)],
)
def test_a_region_travels_as_the_number_that_oracle_has_for_it(region: str, number: int) -> None:
    moment = Moment(2026, 1, 28, 10, 38, 36, offset_minutes=420, region=region)
    encoded = values.encode_timestamp_tz(moment)
    assert len(encoded) == 13
    assert encoded[11] & 0x80  # where drivers that know no regions stop
    assert (encoded[11] & 0x7F) << 6 | encoded[12] >> 2 == number


def test_a_region_that_comes_as_a_number_is_found_again() -> None:
    moment = Moment(2026, 7, 1, 12, offset_minutes=120, region="Europe/Berlin")
    assert values.decode_moment(values.encode_timestamp_tz(moment)) == moment


def test_a_region_that_oracle_has_no_number_for_is_refused() -> None:
    moment = Moment(2026, 1, 1, offset_minutes=0, region="Factory")
    with pytest.raises(OraError, match="ORA-01882"):
        values.encode_timestamp_tz(moment)


def test_an_interval_of_mixed_signs_comes_out_with_one() -> None:
    sent = struct.pack(">IBBBI", 0x80000000 - 1, 60, 60, 65, 0x80000000)
    assert values.decode_interval_ds(sent) == IntervalDS(0, -23, -59, -55, 0)


@given(st.floats(allow_nan=False))
def test_a_double_comes_back_and_its_bytes_sort_as_it_does(number: float) -> None:
    encoded = values.encode_binary_double(number)
    assert values.decode_binary_double(encoded) == number
    assert (encoded > values.encode_binary_double(0.0)) == (number > 0)
    assert math.isnan(values.decode_binary_double(values.encode_binary_double(math.nan)))


def test_a_rowid_is_taken_apart_into_its_four_numbers() -> None:
    assert values.rowid_parts("AAAR3sAAEAAAACXAAA") == (73196, 4, 151, 0)
    with pytest.raises(ValueError, match="no rowid"):
        values.rowid_parts("AAA")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=50), inner),
    max_leaves=50,
)


@given(json_values)
def test_a_json_value_survives_its_image(value: object) -> None:
    assert oson.decode_oson(oson.encode_oson(value)) == value


def test_a_large_json_value_survives_its_image() -> None:
    value = {f"name {n}": [Decimal(n) / 8, None, "x" * n] for n in range(1000)}
    assert oson.decode_oson(oson.encode_oson(value)) == value


@pytest.mark.parametrize(
    "vector",
    [
        Vector("float32", (1.5, -2.0), 2),
        Vector("float64", (0.1, 1e300), 2),
        Vector("int8", (-128, 127), 2),
        Vector("binary", (255, 0), 16),
        Vector("float32", (3.0,), 100, (42,)),
    ],
)
def test_a_vector_survives_its_image(vector: Vector) -> None:
    assert decode_vector(encode_vector(vector)) == vector


# Lengths, packets, requests in pieces.


@given(st.binary(max_size=100_000))
def test_a_byte_string_of_any_length_comes_back(data: bytes) -> None:
    reader = Reader(primitives.prefixed(data) + primitives.twice_prefixed(data))
    assert (reader.prefixed() or b"", reader.twice_prefixed() or b"") == (data, data)
    assert reader.left == 0


@given(st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63))
def test_integers_take_as_many_bytes_as_they_need(unsigned: int, signed: int) -> None:
    reader = Reader(primitives.ub(unsigned) + primitives.sb(signed))
    assert (reader.ub(), reader.sb(), reader.left) == (unsigned, signed, 0)


@given(st.binary(min_size=1, max_size=5000), st.integers(11, 600))
def test_a_message_cut_into_packets_can_be_joined_again(message: bytes, sdu: int) -> None:
    stream = b"".join(packets.split_data(message, sdu, packets.DATA_END_OF_RESPONSE))
    joiner = packets.PacketJoiner()
    joiner.wide = True
    found = []
    for byte in stream:
        joiner.feed(bytes((byte,)))
        if packet := joiner.next():
            found.append(packet)
    assert b"".join(packet.data for packet in found) == message
    ends = [packet.data_flags for packet in found]
    assert ends == [0] * (len(found) - 1) + [packets.DATA_END_OF_RESPONSE]


@pytest.mark.parametrize("head", [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff"])
def test_a_length_no_packet_has_is_refused(head: bytes) -> None:
    joiner = packets.PacketJoiner()
    joiner.wide = True
    joiner.feed(head + bytes(4))
    with pytest.raises(packets.NotTnsError):
        joiner.next()


def test_a_reader_asks_for_the_next_packet_when_it_runs_out() -> None:
    whole = primitives.prefixed(bytes(range(256)) * 10) + primitives.ub(70000)
    pieces = [whole[at : at + 7] for at in range(0, len(whole), 7)]
    reader = Reader(pieces.pop(0), lambda: pieces.pop(0))
    assert reader.prefixed() == bytes(range(256)) * 10
    assert (reader.ub(), reader.left, pieces) == (70000, 0, [])


def test_long_values_are_read_behind_the_short_ones_in_sql_only() -> None:
    types = [BindType(LONG, 1, 40000, False), BindType(NUMBER, 0, 22, False)]
    in_sql = b"\x07" + primitives.prefixed(values.encode_number(5)) + primitives.prefixed(b"long")
    in_block = b"\x07" + primitives.prefixed(b"long") + primitives.prefixed(values.encode_number(5))
    for sent, is_sql in ((in_sql, True), (in_block, False)):
        row = read_bind_row(Reader(sent), types, is_sql, LobStore())
        assert [bind.value for bind in row] == ["long", 5]


def test_an_array_bind_is_read_to_its_end() -> None:
    types = [BindType(VARCHAR, 1, 10, True), BindType(VARCHAR, 1, 10, False)]
    sent = b"\x07" + b"\x01\x02" + b"\x01a" + b"\x01b" + b"\x01c"
    reader = Reader(sent)
    assert read_bind_row(reader, types, True, LobStore())[1].value == "c"
    assert reader.left == 0


def test_a_piggyback_nobody_knows_is_refused_by_number() -> None:
    with pytest.raises(ProtocolError, match="piggyback 199"):
        read_piggyback(Reader(bytes(10)), 199, Piggybacks())


def test_a_token_is_refused_because_pipelines_are_unknown() -> None:
    assert read_function_header(Reader(b"\x5e\x01\x00"), 18) == 94
    with pytest.raises(ProtocolError, match="pipelines"):
        read_function_header(Reader(b"\x5e\x01\x01\x07"), 18)


def test_connect_data_is_found_without_regard_to_case() -> None:
    data = "(DESCRIPTION=(CONNECT_DATA=(service_name= Dev )(CID=(PROGRAM=SID))))"
    assert (named(data, "SERVICE_NAME"), named(data, "SID")) == ("Dev", None)


def test_the_sdu_of_a_connect_packet_is_the_wide_one() -> None:
    payload = bytearray(66)
    struct.pack_into(">HHHH", payload, 0, 319, 300, 0x0401, 8192)
    struct.pack_into(">I", payload, 50, 2_000_000)
    request = read_connect(bytes(payload) + b"(SID=X)")
    assert (request.version, request.sdu, request.data) == (319, 2_000_000, "(SID=X)")


def test_a_version_has_the_number_its_clients_take_apart() -> None:
    assert capabilities.ORACLE_23AI.version_number == 23 << 24 | 26 << 16 | 1 << 12
    assert capabilities.ORACLE_12C.version_number == 12 << 24 | 1 << 20 | 2 << 8


def test_an_unknown_user_gets_an_account_nobody_can_enter() -> None:
    unknown = find_account(DEFAULT_ACCOUNTS, "nobody", "DEV")
    assert (unknown.state, len(unknown.password)) == ("open", 32)
    assert find_account(DEFAULT_ACCOUNTS, "compare", "DEV").password == "compare_pw"


# Whoever is no Oracle client.


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(8),
        packets.make_packet(packets.PacketType.DATA, b"\x00\x00\x03\x05", wide=False),
        packets.make_packet(packets.PacketType.CONNECT, bytes(10), wide=False),
        bytes.fromhex("1603010205010002"),
    ],
    ids=["http", "zeros", "data first", "short connect", "tls"],
)
def test_bytes_that_are_no_login_end_the_connection_and_are_logged(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeOracle({"DEV": TinyEngine()}) as oracle:
        with socket.create_connection((oracle.host, oracle.port)) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
        oracle.wait_until(lambda counts: counts.connections == 1)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING]
