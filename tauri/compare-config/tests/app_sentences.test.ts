import { describe, expect, test } from "vitest";

import { keychainSentence } from "../src/model/connecting/keychain_sentences";
import { oracleClientSentence } from "../src/model/connecting/oracle_client_sentence";

describe("what is said of the keychain", () => {
  test("is one sentence: why, and what follows", () => {
    expect(keychainSentence("read", "KEYCHAIN_LOCKED", "…")).toBe(
      "This computer's keychain is locked, so a password that you type is used until the app is closed.",
    );
    expect(keychainSentence("delete", "KEYCHAIN_LOCKED", "…")).toBe(
      "This computer's keychain is locked, so the password is still in it.",
    );
  });

  test("has the app's words where nothing else is known", () => {
    expect(keychainSentence("write", "KEYCHAIN_FAILED", "The login is too long.")).toBe(
      "The keychain failed (The login is too long), so a password that you type is used until the " +
        "app is closed.",
    );
  });
});

describe("what is said of an Oracle client", () => {
  test("names it, and what it is good for", () => {
    const found = { path: "/opt/oracle/instantclient_19_22", version: "19.22" };
    expect(oracleClientSentence(found)).toBe(
      "Oracle client 19.22 is on this computer, in /opt/oracle/instantclient_19_22. This app does " +
        "not use it; SQL*Plus or SQL Developer can reach the database with it.",
    );
    expect(oracleClientSentence({ ...found, version: null })).toMatch(/^An Oracle client is on/);
  });

  test("says where there is none", () => {
    expect(oracleClientSentence(null)).toMatch(/^No Oracle client was found on this computer\./);
  });
});
