import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPackages } from "../../../src/demo/data/packages.ts";
import { type SeedOptions, seed } from "../../../src/demo/data/seed.ts";
import { webPlatform } from "../../../src/demo/data/web-platform.ts";
import { migrate } from "../../../src/demo/database/migrate.ts";
import { type OpenDatabase, openDatabase } from "../../../src/demo/database/open-database.ts";
import { prepareDatabase } from "../../../src/demo/database/prepare-database.ts";
import type { Backend } from "../backends.ts";
import { contents } from "../contents.ts";

/** Tables made and filled: once, whole, and again when the data changes. */
export function seedingSuite(backendOf: () => Backend): void {
  describe("seeding", () => {
    let database: OpenDatabase;
    const lines: string[] = [];
    const packages = readPackages();
    const upTo = (limit: number): SeedOptions => ({
      limit,
      platform: packages.then((read) => webPlatform(read, { limit })),
      report: (line) => lines.push(line),
    });

    beforeAll(async () => {
      database = await openDatabase(backendOf().options);
    });
    afterAll(() => database.close());

    it("migrates once: a second run finds nothing to do", async () => {
      expect(await migrate(database.db)).toEqual([
        "the web platform",
        "browsers and compatibility",
        "what people add",
        "events of the catalogue",
        "tokens of what is written behind",
      ]);
      expect(await migrate(database.db)).toEqual([]);
    });

    it("undoes a migration that fails half-way, and says why", async () => {
      const broken = {
        id: 99,
        name: "broken",
        statements: ["create table half (id integer)", "select nonsense"],
      };
      await expect(migrate(database.db, [broken])).rejects.toThrow('column "nonsense" does not exist');
      const { rows } =
        await sql`select to_regclass('half')::text as half, (select count(*) from migrations where id = 99) as marks`.execute(
          database.db,
        );
      expect(rows).toEqual([{ half: null, marks: 0 }]);
    });

    it("fills every table and says so", async () => {
      expect(await seed(database.db, upTo(20))).toBe(true);
      const filled = await contents(database.db);
      expect(filled).toMatchObject({
        features: 20,
        browsers: 17,
        specifications: 813,
        users: 12,
        feature_views: 20,
      });
      for (const [table, rows] of Object.entries(filled)) {
        // None of the first twenty features is in a snapshot.
        if (table !== "snapshot_features") expect(rows, table).toBeGreaterThan(0);
      }
      expect(lines).toContain("  features: 20 of 20");
      expect(lines.at(-1)).toMatch(/^Seeded \d+ rows in \d+\.\d s$/);
    });

    it("finds the tables filled the second time, by one statement", async () => {
      lines.length = 0;
      expect(await seed(database.db, upTo(20))).toBe(false);
      expect(lines).toEqual([]);
    });

    it("lets new notes go on behind those that were seeded", async () => {
      const { rows } = await sql<{ next: boolean }>`
        insert into notes (feature_id, author_id, body) values ('abbr', 1, 'mine')
        returning id = (select max(id) + 1 from notes) as next`.execute(database.db);
      expect(rows).toEqual([{ next: true }]);
    });

    it("replaces the reference data when it changes, and keeps what people wrote", async () => {
      const { notes, ratings } = await contents(database.db);
      expect(await seed(database.db, upTo(30))).toBe(true);
      const after = await contents(database.db);
      expect(after).toMatchObject({ features: 30, notes, ratings });
      const { rows } = await sql`select count(*) as n from notes where body = 'mine'`.execute(database.db);
      expect(rows).toEqual([{ n: 1 }]);
    });

    it("drops features that the data no longer has", async () => {
      await seed(database.db, upTo(10));
      expect(await contents(database.db)).toMatchObject({ features: 10 });
      const { rows } =
        await sql`select count(*) as n from notes where feature_id not in (select id from features)`.execute(
          database.db,
        );
      expect(rows).toEqual([{ n: 0 }]);
    });

    it("closes the database and reports when it cannot be prepared", async () => {
      await database.close();
      await expect(
        prepareDatabase({ ...backendOf().options, seed: { chunkRows: -1, limit: 5 } }),
      ).rejects.toThrow("chunkRows must be a positive integer, but got: -1");
      // Open again: had it stayed open, the embedded one would refuse.
      database = await openDatabase(backendOf().options);
    });
  });
}
