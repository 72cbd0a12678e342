import { afterAll, beforeAll, describe } from "vitest";
import { BACKENDS, type Backend } from "./backends.ts";
import { type Demo, openDemo } from "./demo.ts";
import { featuresSuite } from "./suites/features-suite.ts";
import { peopleSuite } from "./suites/people-suite.ts";
import { platformSuite } from "./suites/platform-suite.ts";
import { statementsSuite } from "./suites/statements-suite.ts";

describe.each(BACKENDS)("on $name", ({ start }) => {
  let backend: Backend;
  let demo: Demo;

  beforeAll(async () => {
    backend = await start();
    demo = await openDemo(backend);
  });
  afterAll(async () => {
    await demo.close();
    await backend.remove();
  });

  featuresSuite(() => demo);
  platformSuite(() => demo);
  statementsSuite(() => demo);
  peopleSuite(() => demo);
});
