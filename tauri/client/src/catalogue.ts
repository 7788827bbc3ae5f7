/** What codes mean, where the sidecar's hint by itself does not say what happened. */

const SENTENCES = new Map<string, string>([
  ["ORA-01017", "The user name or the password was refused."],
  ["ORA-28000", "The account is locked."],
  ["ORA-28001", "The password has expired."],
  ["ORA-65162", "The password has expired."],
  ["ORA-01045", "The account may not log in."],
  ["ORA-01031", "The account lacks a privilege for this."],
  ["ORA-12154", "The name in the connect string is not known here."],
  ["DPY-4000", "The name in the connect string is not known here."],
  ["DPY-4026", "The name in the connect string is not known here."],
  ["DPY-4027", "The name in the connect string is not known here."],
  ["DPY-4017", "The connect string is not well-formed."],
  ["DPY-4018", "The connect string is not well-formed."],
  ["ORA-12514", "The database's listener does not know this service."],
  ["ORA-12505", "The database's listener does not know this SID."],
  ["ORA-12541", "Nothing listens at that host and port."],
  ["ORA-12545", "The host name is not known."],
  ["ORA-12543", "The host cannot be reached."],
  ["ORA-12170", "The database did not answer in time."],
  ["DPY-6005", "The database cannot be reached."],
  ["DPY-4011", "The connection to the database was lost."],
  ["ORA-03113", "The connection to the database was lost."],
  ["ORA-03114", "The connection to the database was lost."],
  ["ORA-03135", "The connection to the database was lost."],
  ["DPY-6006", "The database's certificate was not accepted."],
  ["DPY-3010", "This database is older than 12.1, which is not supported."],
  ["ORA-12660", "This database demands Oracle's native encryption."],
  ["ORA-00942", "There is no such table or view, or the account may not read it."],
  ["ORA-00904", "There is no such column."],
  ["ORA-01555", "The rows changed too much while they were read."],
  ["ORA-01013", "The query was cancelled."],
  ["DPY-4024", "The time limit ran out."],
  ["DPY-4005", "All sessions to this database are busy."],
  ["READ_ONLY", "Only queries run here; nothing was changed."],
  ["MULTIPLE_STATEMENTS", "Only one statement runs at a time."],
  ["LOB_TOO_LARGE", "A value is larger than the limit."],
  ["TOKEN_NEEDED", "The sidecar does not accept this page's token."],
  ["ORIGIN_NOT_ALLOWED", "The sidecar does not accept this page's address."],
  ["SHUTTING_DOWN", "The sidecar is stopping."],
  ["INTERNAL", "The sidecar failed; its log says more."],
  ["DUPLICATE_KEY", "Two rows have the same key."],
  ["NOT_ORDERED", "The rows do not come in the order of the key."],
  ["NO_KEY", "No key tells the rows of both sides apart."],
  ["KEY_TYPE", "A column of this type cannot be in the key."],
  ["NO_SUCH_COLUMN", "A column is named that is not there."],
  ["REPEATED_COLUMN", "Two columns have the same name."],
  ["NOTHING_TO_COMPARE", "The sides have no column in common."],
  ["POOL_TOO_SMALL", "Both sides are one connection, which may have one session only."],
  ["SIDECAR_UNREACHABLE", "The Oracle sidecar does not answer."],
  ["SIDECAR_NOT_STARTED", "The Oracle sidecar is not started."],
  ["SIDECAR_START_FAILED", "The Oracle sidecar could not be started."],
  ["SIDECAR_STOP_FAILED", "The Oracle sidecar could not be stopped."],
  ["INCOMPLETE_ANSWER", "The answer broke off before its end."],
  ["BAD_ANSWER", "The answer is not one of the Oracle sidecar."],
  ["TIMED_OUT", "The time limit ran out."],
]);

/** A sentence for people; undefined where the sidecar's own words are the best there are. */
export function sentenceOf(fullCode: string): string | undefined {
  return SENTENCES.get(fullCode);
}

// From docs/errors.md, which a test holds it against. All others are statements': 400.
const STATUSES: ReadonlyArray<readonly [number, string]> = [
  [
    403,
    `ORA-01017 ORA-28000 ORA-28001 ORA-65162 ORA-28009 ORA-01045 ORA-28030 ORA-28150 ORA-28183
     ORA-01035 ORA-01031 ORA-41900 READ_ONLY ORIGIN_NOT_ALLOWED`,
  ],
  [409, "ORA-01013"],
  [422, "BAD_FIELD DPY-4001 ORA-01005"],
  [500, "FILE_UNREADABLE DPY-3016 INTERNAL"],
  [501, "DPY-3001 DPY-3010 DPY-3015 DPY-3022 ORA-12660 ORA-28040"],
  [
    502,
    `DPY-1001 DPY-2018 DPY-2029 DPY-4011 DPY-4033 DPY-6000 DPY-6002 DPY-6004 DPY-6005 DPY-6006
     ORA-00028 ORA-01012 ORA-02396 ORA-03113 ORA-03114 ORA-03135 ORA-12505 ORA-12514 ORA-12537
     ORA-12541 ORA-12543 ORA-12545 ORA-12547 ORA-12592`,
  ],
  [
    503,
    `DPY-4005 ORA-00018 ORA-00019 ORA-00020 ORA-00054 ORA-00060 ORA-00257 ORA-01033 ORA-01034
     ORA-01089 ORA-01090 ORA-01092 ORA-01109 ORA-01154 ORA-01155 ORA-01219 ORA-01507 ORA-01555
     ORA-01652 ORA-02391 ORA-04031 ORA-04061 ORA-04068 ORA-08177 ORA-10997 ORA-12516 ORA-12518
     ORA-12519 ORA-12520 ORA-12526 ORA-12527 ORA-12528 ORA-16456 ORA-28365 ORA-30006
     OUT_OF_RESOURCES SHUTTING_DOWN TOO_MANY_POOLS TOO_MANY_REQUESTS`,
  ],
  [504, "DPY-4024 ORA-12170"],
];

const STATUS_BY_CODE = new Map(
  STATUSES.flatMap(([status, codes]) =>
    codes.split(/\s+/).map((code): [string, number] => [code, status]),
  ),
);

/** The status of a failure that an error line tells, whose answer has begun with 200. */
export function lateStatus(fullCode: string): number {
  return STATUS_BY_CODE.get(fullCode) ?? 400;
}
