import { afterAll, beforeAll, describe } from "vitest";
import { BACKENDS, type Backend } from "./backends.ts";
import { databaseSuite } from "./suites/database-suite.ts";
import { seedingSuite } from "./suites/seeding-suite.ts";

describe.each(BACKENDS)("on $name", ({ start }) => {
  let backend: Backend;

  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.remove());

  databaseSuite(() => backend);
  seedingSuite(() => backend);
});
