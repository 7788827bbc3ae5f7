/**
 * The network between the sidecar and a database, in the hands of a test. Urgent bytes, by which
 * the driver stops a statement, do not come through: a database behind it hears of no Cancel.
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
  database: Socket;
  /** Bytes of the database's since the last `hold`. */
  passed: number;
}

/** A port that leads to another one on this machine. */
export class Way {
  /** How many came. The driver connects once for each login. */
  connections = 0;

  readonly #pairs = new Set<Pair>();
  /** How many bytes of the database's pass on each connection, from `hold` on. */
  #most = Infinity;
  #tellHeld = (): void => undefined;

  private constructor(private readonly server: Server) {}

  /** port: asked for each connection, since a database may be started again elsewhere. */
  static async to(port: () => number): Promise<Way> {
    const server = createServer();
    const way = new Way(server);
    server.on("connection", (client) => way.#lead(client, port()));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return way;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * From so many bytes on, on each connection, what the database says stays on its way. Resolves
   * when it has said more than that on one of them.
   */
  hold(bytes: number): Promise<void> {
    this.#most = bytes;
    for (const pair of this.#pairs) pair.passed = 0;
    return new Promise((held) => (this.#tellHeld = held));
  }

  release(): void {
    this.#most = Infinity;
    for (const { database } of this.#pairs) database.resume();
  }

  close(): void {
    this.server.close();
    for (const { database } of this.#pairs) database.destroy();
  }

  #lead(client: Socket, port: number): void {
    this.connections += 1;
    const database = connect(port, "127.0.0.1");
    const pair = { database, passed: 0 };
    this.#pairs.add(pair);
    client.pipe(database);
    database.on("data", (bytes: Buffer) => {
      const passing = bytes.subarray(0, this.#most - pair.passed);
      client.write(passing);
      pair.passed += passing.length;
      if (passing.length === bytes.length) return;
      database.pause();
      database.unshift(bytes.subarray(passing.length));
      this.#tellHeld();
    });
    // An end that broke is an end: each side learns of the other's by its own.
    for (const socket of [client, database]) socket.on("error", () => socket.destroy());
    database.on("close", () => client.destroy());
    client.on("close", () => {
      database.destroy();
      this.#pairs.delete(pair);
    });
  }
}
