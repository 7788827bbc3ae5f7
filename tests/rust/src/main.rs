//! Run by `tests/stand_in/test_rust.py` against the stand-in, whose demonstration data it reads.
//! Says `ok <name>` for each check, and ends with a panic at the first that fails.

use std::time::{Duration, Instant};

use oracledb::{
    BindParameters, Config, Connection, ErrorKind, JsonValue, OracleIntervalDS, OracleIntervalYM,
    OracleNumber, OracleTimestamp, PoolConfig, Vector, VectorData,
};

type Outcome = Result<(), oracledb::Error>;

struct Place {
    user: String,
    password: String,
    dsn: String,
}

impl Place {
    fn config(&self, password: &str, dsn: &str) -> Result<Config, oracledb::Error> {
        Config::default()
            .set_credentials(&self.user, password)
            .set_connect_string(dsn)
    }

    fn connect(&self) -> Result<Connection, oracledb::Error> {
        oracledb::connect(self.config(&self.password, &self.dsn)?)
    }

    fn service(&self, name: &str) -> String {
        let end = self.dsn.rfind('/').expect("host:port/service");
        format!("{}/{name}", &self.dsn[..end])
    }
}

fn check(name: &str, body: impl FnOnce() -> Outcome) {
    if let Err(error) = body() {
        panic!("{name}: {error}");
    }
    println!("ok {name}");
}

fn code<T>(result: Result<T, oracledb::Error>) -> usize {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => match error.kind() {
            ErrorKind::DbError(error) => error.code(),
            _ => panic!("the database was to refuse it, and not: {error}"),
        },
    }
}

fn number(connection: &Connection, sql: &str) -> Result<i64, oracledb::Error> {
    connection.query_row(sql, &[])?.get(0)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("user, password, connect string");
    let place = Place {
        user: next(),
        password: next(),
        dsn: next(),
    };
    let connection = place.connect().expect("a login");
    let is_new = connection.version().expect("a version").0 >= 23;

    check("session", || about_the_session(&connection));
    check("numbers", || numbers(&connection));
    check("texts", || texts(&connection));
    check("moments", || moments(&connection));
    check("nulls", || nulls(&connection));
    check("lobs", || lobs(&connection));
    if is_new {
        check("json, vectors and truth", || modern(&connection));
    }
    check("a table of every type", || every_type(&connection));
    check("batches", || batches(&connection));
    check("binds", || binds(&connection));
    check("changes", || changes(&connection));
    check("errors", || errors(&connection));
    check("metadata", || metadata(&connection));
    check("a cursor in a row", || nested(&connection));
    check("a time limit", || time_limit(&connection));
    check("logins", || logins(&place));
    check("pool", || pool(&place));
}

fn about_the_session(connection: &Connection) -> Outcome {
    connection.ping()?;
    assert_eq!(connection.service_name()?, "DEV");
    assert!(!connection.db_name()?.is_empty());
    assert!(!connection.instance_name()?.is_empty());
    assert!(connection.session_id()? > 0);
    assert!(connection.serial_num()? > 0);
    assert!(connection.max_identifier_length()? >= 30);
    assert!(connection.max_open_cursors()? > 0);
    connection.set_module("judge")?;
    connection.set_action("")?;
    connection.set_client_identifier("someone")?;
    connection.set_client_info("ä")?;
    connection.ping()?;
    Ok(())
}

fn numbers(connection: &Connection) -> Outcome {
    for (text, expected) in [
        ("0", "0"),
        ("-1", "-1"),
        ("100", "100"),
        (
            "12345678901234567890123456789012345678",
            "12345678901234567890123456789012345678",
        ),
        ("-0.00012", "-0.00012"),
        ("1234567890.0123456789", "1234567890.0123456789"),
        ("1E-3", "0.001"),
        ("-9.9E3", "-9900"),
    ] {
        let row =
            connection.query_row(&format!("SELECT {text}, {text} AS again FROM dual"), &[])?;
        assert_eq!(row.get::<OracleNumber>(0)?.to_string(), expected);
        assert_eq!(row.get::<OracleNumber>("again")?.to_string(), expected);
    }
    let row = connection.query_row("SELECT 1.5f, -1e300d FROM dual", &[])?;
    assert_eq!((row.get::<f32>(0)?, row.get::<f64>(1)?), (1.5, -1e300));
    Ok(())
}

fn texts(connection: &Connection) -> Outcome {
    let sql = "SELECT 'ä€😀', N'ñ長', CAST('ab' AS CHAR(4)), HEXTORAW('00FF') FROM dual";
    let row = connection.query_row(sql, &[])?;
    assert_eq!(row.get::<&str>(0)?, "ä€😀");
    assert_eq!(row.get::<&str>(1)?, "ñ長");
    assert_eq!(row.get::<&str>(2)?, "ab  ");
    assert_eq!(row.get::<&[u8]>(3)?, [0, 255]);
    Ok(())
}

fn moments(connection: &Connection) -> Outcome {
    let sql = "SELECT DATE '2026-01-28', TIMESTAMP '2026-01-28 10:38:36.123456789', \
               TIMESTAMP '2026-01-28 10:38:36.5 +07:00', DATE '-4712-01-01', \
               INTERVAL '-3-11' YEAR TO MONTH, \
               INTERVAL '1 02:03:04.005' DAY TO SECOND FROM dual";
    let row = connection.query_row(sql, &[])?;
    let moment = |at: usize| row.get::<OracleTimestamp>(at);
    assert_eq!(moment(0)?, OracleTimestamp::new_date(2026, 1, 28));
    let stamp = OracleTimestamp::new_timestamp(2026, 1, 28, 10, 38, 36, 123_456_789);
    assert_eq!(moment(1)?, stamp);
    let instant = OracleTimestamp::new_utc_timestamp(2026, 1, 28, 3, 38, 36, 500_000_000);
    assert_eq!(moment(2)?, instant);
    assert_eq!(moment(3)?, OracleTimestamp::new_date(-4712, 1, 1));
    assert_eq!(
        row.get::<OracleIntervalYM>(4)?,
        OracleIntervalYM::new(-3, -11)
    );
    let span = OracleIntervalDS::new(1, 2, 3, 4, 5_000_000);
    assert_eq!(row.get::<OracleIntervalDS>(5)?, span);
    Ok(())
}

fn nulls(connection: &Connection) -> Outcome {
    let sql = "SELECT NULL, '', CAST(NULL AS NUMBER), CAST(NULL AS DATE), 'x' FROM dual";
    let row = connection.query_row(sql, &[])?;
    assert_eq!(row.get::<Option<&str>>(0)?, None);
    assert_eq!(row.get::<Option<&str>>(1)?, None);
    assert_eq!(row.get::<Option<i32>>(2)?, None);
    assert!(row.get::<Option<OracleTimestamp>>(3)?.is_none());
    assert_eq!(row.get::<Option<&str>>(4)?, Some("x"));
    Ok(())
}

fn lobs(connection: &Connection) -> Outcome {
    connection.execute("CREATE TABLE judge_lobs (t CLOB, b BLOB)", &[])?;
    let (text, bytes) = ("déjà vu ".repeat(9_000), vec![7_u8; 70_000]);
    connection.execute("INSERT INTO judge_lobs VALUES (:1, :2)", &[&text, &bytes])?;
    for _ in 0..2 {
        let row = connection.query_row("SELECT t, b FROM judge_lobs", &[])?;
        assert_eq!(row.get::<&str>(0)?, text);
        assert_eq!(row.get::<&[u8]>(1)?, bytes);
    }
    let statement = connection
        .statement("SELECT t FROM judge_lobs")?
        .fetch_lobs()
        .build()?;
    let mut row = statement.query_row(&[])?;
    let mut lob: oracledb::Lob = row.take(0)?;
    assert_eq!(lob.get_size()?, text.chars().count());
    connection.execute("DROP TABLE judge_lobs", &[])?;
    Ok(())
}

fn modern(connection: &Connection) -> Outcome {
    let sql =
        r#"SELECT JSON('{"a":[1,1.5,null,true,"ä"]}'), TO_VECTOR('[1.5, -2]'), TRUE FROM dual"#;
    let row = connection.query_row(sql, &[])?;
    let JsonValue::JsonObject(members) = row.get::<JsonValue>(0)? else {
        panic!("an object was expected");
    };
    let JsonValue::JsonArray(items) = &members["a"] else {
        panic!("an array was expected");
    };
    assert!(matches!(&items[2], JsonValue::Null));
    assert!(matches!(&items[3], JsonValue::Boolean(true)));
    assert!(matches!(&items[4], JsonValue::String(text) if text == "ä"));
    let vector: Vector = row.get(1)?;
    let Vector::Dense(VectorData::Float32(values)) = vector else {
        panic!("singles were expected");
    };
    assert_eq!(values, [1.5, -2.0]);
    assert!(row.get::<bool>(2)?);
    Ok(())
}

fn every_type(connection: &Connection) -> Outcome {
    for table in ["all_values_basic", "all_values_more"] {
        let mut rows = 0;
        for row in connection.query(&format!("SELECT * FROM {table} ORDER BY id"), &[])? {
            rows += 1;
            assert_eq!(row?.get::<i64>("id")?, rows);
        }
        assert_eq!(
            rows,
            number(connection, &format!("SELECT COUNT(*) FROM {table}"))?
        );
    }
    Ok(())
}

fn batches(connection: &Connection) -> Outcome {
    let sql = "SELECT LEVEL AS n, 'x' AS same FROM dual CONNECT BY LEVEL <= 250";
    for _ in 0..2 {
        let statement = connection
            .statement(sql)?
            .fetch_array_size(70)
            .prefetch_rows(10)
            .build()?;
        let mut expected = 0;
        for row in statement.query(&[])? {
            let row = row?;
            expected += 1;
            assert_eq!(row.get::<i64>(0)?, expected);
            assert_eq!(row.get::<&str>(1)?, "x");
        }
        assert_eq!(expected, 250);
    }
    Ok(())
}

fn binds(connection: &Connection) -> Outcome {
    let long = "l".repeat(4_000);
    let at = OracleTimestamp::new_timestamp(2026, 1, 28, 10, 38, 36, 0);
    let sql = "SELECT :a, :b, :c, :d, :e FROM dual";
    let none: Option<String> = None;
    let row = connection.query_row(sql, &[&1_i64, &"ä", &none, &long, &at])?;
    assert_eq!(row.get::<i64>(0)?, 1);
    assert_eq!(row.get::<&str>(1)?, "ä");
    assert_eq!(row.get::<Option<&str>>(2)?, None);
    assert_eq!(row.get::<&str>(3)?, long);
    assert_eq!(row.get::<OracleTimestamp>(4)?, at);
    let row =
        connection.query_row_named("SELECT :x || :y FROM dual", &[("y", &"b"), ("x", &"a")])?;
    assert_eq!(row.get::<&str>(0)?, "ab");
    Ok(())
}

fn changes(connection: &Connection) -> Outcome {
    connection.execute(
        "CREATE TABLE judge_rows (n NUMBER PRIMARY KEY, t VARCHAR2(9))",
        &[],
    )?;
    let one = connection.execute("INSERT INTO judge_rows VALUES (:1, :2)", &[&1_i64, &"a"])?;
    assert_eq!(one.rows_affected(), 1);
    connection.rollback()?;
    assert_eq!(number(connection, "SELECT COUNT(*) FROM judge_rows")?, 0);
    let none: Option<&str> = None;
    let rows = BindParameters::Slice(&[&[&1, &"a"], &[&2, &none], &[&3, &"c"]]);
    let many = connection.execute_batch("INSERT INTO judge_rows VALUES (:1, :2)", rows)?;
    assert_eq!(many.rows_affected(), 3);
    connection.commit()?;
    let again = connection.execute("INSERT INTO judge_rows VALUES (:1, :2)", &[&1_i64, &"a"]);
    assert_eq!(code(again), 1);
    assert_eq!(number(connection, "SELECT COUNT(t) FROM judge_rows")?, 2);
    connection.execute("DROP TABLE judge_rows", &[])?;
    Ok(())
}

fn errors(connection: &Connection) -> Outcome {
    assert_eq!(code(connection.query("SELECT * FROM nowhere", &[])), 942);
    assert_eq!(code(connection.query("SELECT nope FROM dual", &[])), 904);
    assert_eq!(
        code(connection.query_row("SELECT 1/0 FROM dual", &[])),
        1476
    );
    connection.ping()?;
    Ok(())
}

fn metadata(connection: &Connection) -> Outcome {
    let cursor = connection.query("SELECT * FROM app_config", &[])?;
    let names: Vec<&str> = cursor
        .columns()
        .iter()
        .map(oracledb::Metadata::name)
        .collect();
    assert_eq!(names[..3], ["CONFIG_ID", "CONFIG_KEY", "CONFIG_VALUE"]);
    let first = &cursor.columns()[0];
    assert_eq!(
        (first.precision(), first.scale(), first.nullable()),
        (10, 0, false)
    );
    assert_eq!(cursor.columns()[1].max_size(), 120);
    Ok(())
}

fn nested(connection: &Connection) -> Outcome {
    let sql = "SELECT CURSOR(SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= 3) FROM dual";
    let mut row = connection.query_row(sql, &[])?;
    let inner: oracledb::Cursor = row.take(0)?;
    let found: Result<Vec<i64>, oracledb::Error> = inner.map(|row| row?.get(0)).collect();
    assert_eq!(found?, [1, 2, 3]);
    Ok(())
}

fn time_limit(connection: &Connection) -> Outcome {
    connection.set_call_timeout(Some(Duration::from_millis(200)))?;
    let started = Instant::now();
    let error = connection
        .execute("BEGIN DBMS_SESSION.SLEEP(30); END;", &[])
        .err();
    let error = error.expect("the call to be broken off");
    assert!(
        matches!(error.kind(), ErrorKind::CallTimeoutExceeded),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(20));
    connection.set_call_timeout(None)?;
    assert_eq!(number(connection, "SELECT 1 FROM dual")?, 1);
    Ok(())
}

fn logins(place: &Place) -> Outcome {
    assert_eq!(
        code(oracledb::connect(place.config("wrong", &place.dsn)?)),
        1017
    );
    let nowhere = place.service("NOSUCH");
    let error = oracledb::connect(place.config(&place.password, &nowhere)?).err();
    let error = error.expect("a refusal");
    assert!(
        matches!(error.kind(), ErrorKind::InvalidServiceName(..)),
        "{error}"
    );
    let moved = place.service("REDIRECTED");
    oracledb::connect(place.config(&place.password, &moved)?)?.close()?;
    Ok(())
}

fn pool(place: &Place) -> Outcome {
    let config = PoolConfig::default()
        .set_credentials(&place.user, &place.password)
        .set_connect_string(&place.dsn)?
        .set_min_connections(1)
        .set_max_connections(3);
    let mut pool = oracledb::create_pool(config)?;
    let (mut first, mut second) = (pool.acquire()?, pool.acquire()?);
    first.ping()?;
    second.ping()?;
    first.close()?;
    second.close()?;
    pool.close()?;
    Ok(())
}
