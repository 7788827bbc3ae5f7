import { SQLDialect } from "@codemirror/lang-sql";

import { KEYWORDS } from "./keywords";

const TYPES = `binary_double binary_float blob boolean char clob date float integer interval json
  nchar nclob number nvarchar2 raw urowid varchar2 vector xmltype zone day year month hour minute
  second time local`;

const FUNCTIONS = `abs add_months avg cast ceil chr coalesce concat convert count decode dense_rank
  dump extract first_value floor from_tz greatest hextoraw initcap instr json_exists json_query
  json_value lag last_day last_value lead least length lengthb listagg lnnvl lower lpad ltrim max
  median min mod months_between nanvl new_time next_day nlssort ntile nullif numtodsinterval
  numtoyminterval nvl nvl2 ora_hash power rank ratio_to_report rawtohex regexp_count regexp_instr
  regexp_like regexp_replace regexp_substr replace round row_number rpad rtrim sign soundex sqrt
  standard_hash stddev substr substrb sum sys_context sys_extract_utc to_binary_double to_char
  to_clob to_date to_dsinterval to_nchar to_number to_timestamp to_timestamp_tz to_yminterval
  translate treat trim trunc tz_offset uid upper userenv validate_conversion variance vsize
  width_bucket xmlagg xmlelement xmlquery xmlserialize`;

/** `:NAME` is a bind; `q'[…]'` and `N'…'` are texts. */
export const OracleSQL = SQLDialect.define({
  keywords: KEYWORDS.join(" ").toLowerCase(),
  types: TYPES,
  builtin: FUNCTIONS,
  operatorChars: "*/+-%<>!=~|^",
  specialVar: ":",
  charSetCasts: true,
  plsqlQuotingMechanism: true,
  caseInsensitiveIdentifiers: true,
});
