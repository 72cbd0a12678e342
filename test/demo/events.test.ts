import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { listenToCatalogue } from "../../src/demo/catalogue-events.ts";
import { createFieldCache, type FieldCache } from "../../src/index.ts";
import { BACKENDS, type Backend } from "./backends.ts";
import { type Demo, openDemo } from "./demo.ts";

describe.each(BACKENDS)("the catalogue's events, from the database on $name", ({ start }) => {
  let backend: Backend;
  let demo: Demo;
  let cache: FieldCache;

  beforeAll(async () => {
    backend = await start();
    demo = await openDemo(backend, (backgroundContext) => {
      cache = createFieldCache({
        logger: { debug() {}, info() {}, warn() {}, error() {} },
        principal: ({ user }) => user?.id,
        vary: { locale: ({ locale }) => locale },
        backgroundContext,
      });
      return cache;
    });
    await listenToCatalogue(cache, demo.database);
  });
  afterAll(async () => {
    await demo.close();
    await backend.remove();
  });

  const counts = () => cache.stats().events["catalogue"]!;

  it.each([
    [`{ feature(id: "abbr") { name } }`, "update features set name = name || '!' where id = 'abbr'"],
    [
      `{ features(first: 5) { nodes { id name } } }`,
      "update features set name = '0' || name where id = 'accelerometer'",
    ],
    [`{ browser(id: "firefox") { name } }`, "update browsers set name = 'Fire' || name where id = 'firefox'"],
    [
      `{ browser(id: "firefox") { currentReleases { version } } }`,
      "update releases set status = 'retired' where browser_id = 'firefox'",
    ],
    [
      `{ feature(id: "abbr") { groups { name } } }`,
      "delete from feature_group_members where feature_id = 'abbr'",
    ],
    [
      `{ feature(id: "abbr") { support { version } } }`,
      "delete from feature_support where feature_id = 'abbr'",
    ],
    [`{ statistics { featureCount } }`, "truncate compat_support; delete from features where id = 'abbr'"],
  ])("change what %s shows at once: %s", async (source, statements) => {
    const before = await demo.data(source);
    await demo.data(source);
    for (const statement of statements.split("; ")) await sql.raw(statement).execute(demo.database.db);
    await vi.waitFor(async () => expect(await demo.data(source)).not.toEqual(before), 10_000);
    expect(counts()).toMatchObject({ bad: 0, dropped: 1 });
  });

  it("are none for a statement that changes no row, and name the type for one that changes many", async () => {
    const { messages } = counts();
    await sql`update features set name = name where id = 'nonsense'`.execute(demo.database.db);
    await sql`insert into compat_entries select 'many.' || nth, null, null, null, '{}', false, false, true from generate_series(1, 600) nth`.execute(
      demo.database.db,
    );
    await vi.waitFor(() => expect(counts().messages).toBe(messages + 1), 10_000);
    const { rows } = await sql<{ message: string }>`
      select message from cache_events order by id desc limit 1`.execute(demo.database.db);
    expect(JSON.parse(rows[0]!.message).targets[0]).toEqual({ entity: "CompatEntry" });
  });

  it("are seen when their transaction commits, and never of one that is rolled back", async () => {
    const source = `{ feature(id: "accent-color") { name } }`;
    const before = await demo.data(source);
    const { messages } = counts();
    const rename = sql`update features set name = 'new' where id = 'accent-color'`;
    await expect(
      demo.database.db.transaction().execute(async (trx) => {
        await rename.execute(trx);
        throw new Error("rolled back");
      }),
    ).rejects.toThrow("rolled back");
    expect(await demo.data(source)).toEqual(before);
    await demo.database.db.transaction().execute((trx) => rename.execute(trx));
    await vi.waitFor(async () => expect(await demo.data(source)).not.toEqual(before), 10_000);
    expect(counts().messages).toBe(messages + 1);
  });
});
