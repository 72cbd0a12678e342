import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenDatabase, openDatabase } from "../../../src/demo/database/open-database.ts";
import type { Backend } from "../backends.ts";

/** What the rest of the demo takes for granted, whichever database it is. */
export function databaseSuite(backendOf: () => Backend): void {
  describe("database", () => {
    let database: OpenDatabase;
    const seen: [string, number][] = [];

    beforeAll(async () => {
      database = await openDatabase({
        ...backendOf().options,
        onStatement: (text, ms) => seen.push([text, ms]),
      });
      await sql`create table items (id integer primary key, name text unique)`.execute(database.db);
    });
    afterAll(async () => {
      await sql`drop table items`.execute(database.db);
      await database.close();
    });

    it("gives int8 as number, date as midnight UTC, timestamptz as Date, jsonb with its own keys", async () => {
      const { rows } = await sql`
        select count(*) as n, 9007199254740991::int8 as big, date '2024-02-29' as day,
          timestamptz '2024-02-29 01:00:00+01' as moment, '{"snake_case": 1}'::jsonb as json_value,
          array['a', 'b'] as texts`.execute(database.db);
      expect(rows).toEqual([
        {
          n: 1,
          big: 9007199254740991,
          day: new Date("2024-02-29T00:00:00.000Z"),
          moment: new Date("2024-02-29T00:00:00.000Z"),
          jsonValue: { snake_case: 1 },
          texts: ["a", "b"],
        },
      ]);
    });

    it("takes arrays with nulls, dates and texts as parameters", async () => {
      const { rows } = await sql`
        select ${[1, null]}::int[] as numbers, ${["a", null]}::text[] as texts, ${[true, false]}::boolean[] as flags,
          ${new Date("2024-02-29T00:00:00.000Z")}::timestamptz as moment`.execute(database.db);
      expect(rows).toEqual([
        {
          numbers: [1, null],
          texts: ["a", null],
          flags: [true, false],
          moment: new Date("2024-02-29T00:00:00.000Z"),
        },
      ]);
    });

    it("counts affected rows", async () => {
      const result = await sql`insert into items values (1, 'one'), (2, 'two')`.execute(database.db);
      expect(result.numAffectedRows).toBe(2n);
    });

    it("rolls a failed transaction back and goes on", async () => {
      const failing = database.db.transaction().execute(async (trx) => {
        await sql`insert into items values (3, 'three')`.execute(trx);
        throw new Error("no");
      });
      await expect(failing).rejects.toThrow("no");
      const { rows } = await sql`select id from items where id = 3`.execute(database.db);
      expect(rows).toEqual([]);
    });

    it("keeps other statements out of a transaction", async () => {
      let counting: Promise<{ rows: unknown[] }> | undefined;
      await database.db.transaction().execute(async (trx) => {
        await sql`insert into items values (5, 'five')`.execute(trx);
        counting = sql`select count(*) as n from items where id = 5`.execute(database.db);
        await sql`delete from items where id = 5`.execute(trx);
      });
      expect((await counting)?.rows).toEqual([{ n: 0 }]);
    });

    it("says with SQLSTATE codes what was refused", async () => {
      const refused = sql`insert into items values (9, 'one')`.execute(database.db);
      await expect(refused).rejects.toMatchObject({ code: "23505", constraint: "items_name_key" });
    });

    it("leaves the event loop free while a statement runs", async () => {
      let turns = 0;
      let running = true;
      const sleeping = sql`select pg_sleep(0.1)`.execute(database.db).finally(() => {
        running = false;
      });
      while (running) {
        turns++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await sleeping;
      expect(turns).toBeGreaterThan(20);
    });

    it("passes notifications on to the client that listens", async () => {
      const client = database.eventClient();
      await client.connect();
      const heard = new Promise<unknown>((resolve) => client.on("notification", resolve));
      await client.query('listen "first"');
      await sql`select pg_notify('other', 'x'), pg_notify('first', 'end')`.execute(database.db);
      expect(await heard).toMatchObject({ payload: "end" });
      expect((await client.query("select $1::text as told", ["one"])).rows).toEqual([{ told: "one" }]);
      await client.end();
    });

    it("reports each statement with its duration", async () => {
      seen.length = 0;
      await sql`select 1 as one`.execute(database.db);
      expect(seen).toEqual([["select 1 as one", expect.any(Number)]]);
    });
  });
}
