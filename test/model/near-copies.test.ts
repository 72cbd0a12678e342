import { describe, expect, test } from "vitest";
import { size } from "../proofs/support/size.ts";
import { explore } from "./explore.ts";
import { type NearRules, type NearScenario, nearModel, nearProtocol } from "./near-copies.ts";

const states = size === 1 ? 20_000 : 40_000 * size;

const one: NearScenario = { gateways: 1, invalidations: 1, sessions: 2, reads: 2, evictions: 0, lost: 0 };

const scenarios: Readonly<Record<string, NearScenario>> = {
  "one gateway": one,
  "one gateway, a revocation is lost": { ...one, lost: 1 },
  "one gateway, the list is lost": { ...one, evictions: 1 },
  "one gateway, two invalidations": { ...one, invalidations: 2, sessions: 1, reads: 1 },
  "one gateway, two sessions, two invalidations, a revocation is lost": { ...one, invalidations: 2, lost: 1 },
  "two gateways": { ...one, gateways: 2, sessions: 1 },
  "two gateways, the list and a revocation are lost": { ...one, gateways: 2, evictions: 1, lost: 1 },
};

const broken: Readonly<Record<string, readonly [Partial<NearRules>, Partial<NearScenario>]>> = {
  "revoked before the stamp is deleted": [{ revokes: "before the drop" }, {}],
  "a read on its way is kept": [{ readOnItsWay: "kept" }, {}],
  "who is silent is not waited for": [{ silent: "not waited for" }, {}],
  "who is silent is waited for, and may renew": [{ silent: "waited for, and may renew" }, { lost: 1 }],
  "who is expelled by one invalidation is not waited for by another": [
    { silent: "expelled, and nobody else waits for it" },
    { invalidations: 2, sessions: 1, reads: 1 },
  ],
  "a young list is believed": [{ youngList: "believed" }, { evictions: 1 }],
  "the lease is not looked at": [{ lease: "not looked at" }, { lost: 1 }],
  "the lease is counted from the answer": [{ counts: "from the answer" }, {}],
  "held from its joining on": [{ holds: "from its joining" }, {}],
  "one session goes on with what another asked for": [{ copies: "of the process" }, {}],
};

describe("near copies: no interleaving serves one that an invalidation had revoked", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(name, { timeout: 3_600_000 }, () => {
      const result = explore(nearModel(scenario, nearProtocol), { states });
      console.log(
        `${result.states} states, ${result.complete ? "all" : `to depth ${result.depth}`}: ${name}`,
      );
      expect({ broken: result.broken, trace: result.trace }).toEqual({ broken: undefined, trace: [] });
    });
  }
});

describe("near copies, broken on purpose: a counter-example is found", () => {
  for (const [name, [rules, scenario]] of Object.entries(broken)) {
    test(name, { timeout: 120_000 }, () => {
      const result = explore(nearModel({ ...one, ...scenario }, { ...nearProtocol, ...rules }), {
        states: 400_000,
      });
      console.log(`${result.trace.length} steps, ${result.states} states: ${name}: ${result.broken}`);
      expect(result.broken).toBeDefined();
    });
  }
});
