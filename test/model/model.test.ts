import { describe, expect, test } from "vitest";
import { size } from "../proofs/support/size.ts";
import { explore } from "./explore.ts";
import { model } from "./protocol.ts";
import { broken, rulesOf, scenarios, worlds } from "./scenarios.ts";

/** A search that is not complete by then stops; 10 000 states take about a second. */
const states = size === 1 ? 1_500 : 20_000 * size;

describe("the protocol: no interleaving answers with, or stores, what an invalidation had ended", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    for (const [happening, world] of Object.entries(worlds)) {
      test(`${name}; ${happening}`, { timeout: 3_600_000 }, () => {
        const result = explore(model({ ...scenario, ...world }, rulesOf({})), { states });
        console.log(
          `${result.states} states, ${result.complete ? "all" : `to depth ${result.depth}`}: ${name}; ${happening}`,
        );
        expect({ broken: result.broken, trace: result.trace }).toEqual({ broken: undefined, trace: [] });
      });
    }
  }
});

describe("broken on purpose: a counter-example is found", () => {
  for (const [name, { rules, scenario, world, long }] of Object.entries(broken)) {
    test.skipIf(long === true && size === 1)(name, { timeout: 120_000 }, () => {
      const result = explore(
        model({ ...scenarios[scenario], ...worlds[world ?? "nothing fails"] }, rulesOf(rules)),
        {
          states: 400_000,
        },
      );
      console.log(`${result.trace.length} steps, ${result.states} states: ${name}: ${result.broken}`);
      expect(result.broken).toBeDefined();
    });
  }
});
