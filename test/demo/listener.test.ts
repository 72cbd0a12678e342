import { sql } from "kysely";
import { expect, it } from "vitest";
import { openDatabase } from "../../src/demo/database/open-database.ts";
import { startPostgres } from "../support/postgres-server.ts";

it("listens again when its connection was cut, and says that something may have been missed", async () => {
  const server = await startPostgres();
  const warnings: string[] = [];
  const database = await openDatabase({
    url: server.url,
    logger: { info() {}, warn: (message) => warnings.push(message) },
  });
  let heard: (payload: string) => void = () => {};
  const gap = new Promise<void>((resolve, reject) => {
    database.listen("news", (payload) => heard(payload), resolve).catch(reject);
  });
  let cut = 0;
  while (cut === 0) {
    const { rows } = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen "news"'`.execute(
      database.db,
    );
    cut = rows.length;
  }
  await gap;
  const next = new Promise<string>((resolve) => {
    heard = resolve;
  });
  await sql`notify news, 'after the cut'`.execute(database.db);
  expect(await next).toBe("after the cut");
  expect(warnings[0]).toContain("Listening was interrupted: terminating connection");
  await database.close();
  await server.stop();
});

it("rejects when the server cannot be reached at all", async () => {
  const database = await openDatabase({
    url: "postgres://demo@127.0.0.1:1/none",
    logger: { info() {}, warn() {} },
  });
  await expect(database.listen("news", () => {})).rejects.toThrow("ECONNREFUSED");
  await database.close();
});
