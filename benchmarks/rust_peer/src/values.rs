//! One value as the contract's JSON, as far as the driver gives it.

use std::fmt::{Display, Write};

use base64ct::{Base64, Encoding};
use oracledb::{
    JsonValue, OracleIntervalDS, OracleIntervalYM, OracleNumber, OracleTimestamp, Row, Vector,
    VectorData,
};
use serde_json::{Value, json};

use crate::Failure;

/// With no more digits than these every number survives a double.
const DOUBLE_DIGITS: usize = 15;
const PLAIN_DIGITS: usize = 40;

/// A row as an array.
pub fn put_row(out: &mut String, row: &mut Row) -> Result<(), Failure> {
    for at in 0..row.columns().len() {
        out.push(if at == 0 { '[' } else { ',' });
        put_cell(out, row, at)?;
    }
    out.push(']');
    Ok(())
}

fn put_cell(out: &mut String, row: &mut Row, at: usize) -> Result<(), Failure> {
    macro_rules! put {
        ($take:ident as $type:ty, $put:expr) => {
            match row.$take::<Option<$type>>(at)? {
                Some(value) => $put(out, value),
                None => out.push_str("null"),
            }
        };
    }
    match row.columns()[at].db_type() {
        oracledb::DB_TYPE_NUMBER => put!(get as OracleNumber, put_number),
        oracledb::DB_TYPE_BINARY_FLOAT => {
            put!(get as f32, |out, value| put(out, float(f64::from(value))));
        }
        oracledb::DB_TYPE_BINARY_DOUBLE => put!(get as f64, |out, value| put(out, float(value))),
        oracledb::DB_TYPE_DATE
        | oracledb::DB_TYPE_TIMESTAMP
        | oracledb::DB_TYPE_TIMESTAMP_TZ
        | oracledb::DB_TYPE_TIMESTAMP_LTZ => put!(get as OracleTimestamp, put_moment),
        oracledb::DB_TYPE_INTERVAL_DS => put!(get as OracleIntervalDS, put_span),
        oracledb::DB_TYPE_INTERVAL_YM => put!(get as OracleIntervalYM, put_months),
        oracledb::DB_TYPE_RAW | oracledb::DB_TYPE_LONG_RAW => {
            put!(get as &[u8], |out, bytes| put_text(out, &hex(bytes)));
        }
        oracledb::DB_TYPE_BLOB => {
            put!(get as &[u8], |out, bytes| put_text(out, &Base64::encode_string(bytes)));
        }
        oracledb::DB_TYPE_BOOLEAN => put!(get as bool, put),
        oracledb::DB_TYPE_JSON => put!(take as JsonValue, |out, value| put(out, document(&value))),
        oracledb::DB_TYPE_VECTOR => put!(take as Vector, |out, value| put(out, vector(&value))),
        oracledb::DB_TYPE_ROWID => put!(get as String, |out, text: String| put_text(out, &text)),
        // README.md says which types are refused here.
        _ => put!(get as &str, put_text),
    }
    Ok(())
}

pub fn put(out: &mut String, value: impl Display) {
    // A String takes everything.
    let _ = write!(out, "{value}");
}

/// U+0085, U+2028 and U+2029 are escaped: some split NDJSON at them, too.
fn put_text(out: &mut String, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return put(out, format_args!("\"{text}\""));
    }
    let mut text = Value::from(text).to_string();
    for end in ['\u{85}', '\u{2028}', '\u{2029}'] {
        if text.contains(end) {
            text = text.replace(end, &format!("\\u{:04x}", u32::from(end)));
        }
    }
    out.push_str(&text);
}

/// A number where a double carries it exactly, or else a string of all digits.
fn put_number(out: &mut String, number: OracleNumber) {
    let start = out.len();
    put(out, number);
    if out.len() - start <= DOUBLE_DIGITS {
        return;
    }
    let digits = out.split_off(start);
    let nearest: f64 = digits.parse().unwrap_or(f64::NAN);
    // Both are plain digits, of the double the fewest that tell it from its neighbours.
    match nearest.to_string() == digits {
        true if digits.len() > PLAIN_DIGITS => put(out, format_args!("{nearest:e}")),
        true => out.push_str(&digits),
        false => put(out, format_args!("\"{digits}\"")),
    }
}

fn float(value: f64) -> Value {
    match value {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ if value.is_nan() => "NaN".into(),
        _ => value.into(),
    }
}

fn put_moment(out: &mut String, at: OracleTimestamp) {
    let (year, month, day) = (at.year().unsigned_abs(), at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    let sign = if at.year() < 0 { "-" } else { "" };
    let fraction = fraction(at.nanoseconds());
    let zone = if at.is_utc() { "+00:00" } else { "" };
    put(
        out,
        format_args!(
            "\"{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}\""
        ),
    );
}

/// Without zeros at its end; empty where it is zero.
fn fraction(nanoseconds: u32) -> String {
    if nanoseconds == 0 {
        return String::new();
    }
    format!(".{nanoseconds:09}").trim_end_matches('0').into()
}

/// A part of an interval, unless it is zero.
fn part(count: impl Into<i64>, unit: char) -> String {
    let count = count.into().abs();
    if count == 0 { String::new() } else { format!("{count}{unit}") }
}

fn put_span(out: &mut String, span: OracleIntervalDS) {
    let fraction = fraction(span.nanoseconds().unsigned_abs());
    let mut time = part(span.hours(), 'H') + &part(span.minutes(), 'M');
    if span.seconds() != 0 || !fraction.is_empty() {
        put(&mut time, format_args!("{}{fraction}S", span.seconds().unsigned_abs()));
    }
    let smaller = [span.hours(), span.minutes(), span.seconds()];
    let is_negative = span.days() < 0 || span.nanoseconds() < 0 || smaller.iter().any(|n| *n < 0);
    let sign = if is_negative { "-" } else { "" };
    let text = match (part(span.days(), 'D'), time) {
        (days, time) if days.is_empty() && time.is_empty() => "T0S".into(),
        (days, time) if time.is_empty() => days,
        (days, time) => format!("{days}T{time}"),
    };
    put(out, format_args!("\"{sign}P{text}\""));
}

fn put_months(out: &mut String, span: OracleIntervalYM) {
    let sign = if span.years() < 0 || span.months() < 0 { "-" } else { "" };
    match part(span.years(), 'Y') + &part(span.months(), 'M') {
        text if text.is_empty() => out.push_str("\"P0M\""),
        text => put(out, format_args!("\"{sign}P{text}\"")),
    }
}

fn hex(bytes: &[u8]) -> String {
    base16ct::upper::encode_string(bytes)
}

/// A column of type JSON. The driver keeps an object's members in no order.
fn document(value: &JsonValue) -> Value {
    let written = |put: &dyn Fn(&mut String)| {
        let mut text = String::new();
        put(&mut text);
        serde_json::from_str(&text).unwrap_or_default()
    };
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Boolean(value) => (*value).into(),
        JsonValue::Number(value) => written(&|out| put_number(out, *value)),
        JsonValue::BinaryDouble(value) => float(*value),
        JsonValue::BinaryFloat(value) => float(f64::from(*value)),
        JsonValue::String(value) => value.as_str().into(),
        JsonValue::Raw(value) | JsonValue::JsonId(value) => hex(value).into(),
        JsonValue::Timestamp(value) => written(&|out| put_moment(out, *value)),
        JsonValue::IntervalDS(value) => written(&|out| put_span(out, *value)),
        JsonValue::IntervalYM(value) => written(&|out| put_months(out, *value)),
        JsonValue::Vector(value) => vector(value),
        JsonValue::JsonArray(items) => items.iter().map(document).collect(),
        JsonValue::JsonObject(members) => {
            members.iter().map(|(name, member)| (name.clone(), document(member))).collect()
        }
    }
}

fn vector(vector: &Vector) -> Value {
    let elements = |data: &VectorData| match data {
        VectorData::Float32(values) => values.iter().map(|one| float(f64::from(*one))).collect(),
        VectorData::Float64(values) => values.iter().copied().map(float).collect(),
        VectorData::Int8(values) => json!(values),
        VectorData::Binary(values) => json!(values),
    };
    match vector {
        Vector::Dense(data) => elements(data),
        Vector::Sparse(sparse) => json!({
            "dimensions": sparse.num_dimensions(),
            "indices": sparse.indices(),
            "values": elements(sparse.values()),
        }),
    }
}
