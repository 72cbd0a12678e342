import { beforeEach, describe, expect, test } from "vitest";
import { LEASE_MS } from "../../src/store/near/lease.ts";
import { counted, keys, planFor, turns } from "../engine/support.ts";
import { type NearFleet, type NearGateway, nearFleet } from "./support/near-fleet.ts";

// Near copies: the interleavings of docs/protocol.md, "Near copies". G holds a copy, I is an invalidation by another gateway,
// R' a request that begins after I resolved. Law: R' never gets what was loaded before I was called.

let fleet: NearFleet;
let g: NearGateway;
let other: NearGateway;

beforeEach(async () => {
  fleet = nearFleet();
  g = await fleet.gateway();
  other = await fleet.gateway();
});

const OLD = () => counted(() => ({ value: "old" })).load;
const NEW = () => counted(() => ({ value: "new" })).load;

const read = async (gateway: NearGateway, load: ReturnType<typeof OLD>) =>
  (await gateway.cache.read(planFor(gateway.cache), load)).value;

/** Stored by one gateway, and read by it until it needs nobody for it. */
async function holds(gateway: NearGateway): Promise<void> {
  await read(gateway, OLD());
  await gateway.cache.drain(1000);
  await read(gateway, OLD());
  expect(peeks(gateway)).toBe(true);
}

function peeks({ near }: NearGateway): boolean {
  const { key, home, tags } = planFor(g.cache);
  const stampKeys = [home, ...tags].map((name) => keys.stamp(name));
  return near.peek?.({ entryKeys: [key], stampKeys, log: false }) !== undefined;
}

const invalidate = (gateway: NearGateway) => gateway.cache.invalidate(["Product:42"]);

/** Whether it has resolved by now. */
function watched(invalidation: Promise<void>): { isDone: boolean } {
  const seen = { isDone: false };
  void invalidation.then(() => {
    seen.isDone = true;
  });
  return seen;
}

/** Time goes by until an invalidation resolves: how long it took. */
async function resolved(invalidation: Promise<void>, atMostMs = 2 * LEASE_MS): Promise<number> {
  const seen = watched(invalidation);
  await turns();
  for (let ms = 0; ms <= atMostMs; ms += 25) {
    if (seen.isDone) return ms;
    await fleet.passes(25);
  }
  throw new Error(`The invalidation did not resolve within ${atMostMs} ms.`);
}

describe("a copy", () => {
  test("answers without the store", async () => {
    await holds(g);
    const { reads } = g.store;
    const before = reads.length;
    expect(await read(g, NEW())).toBe("old");
    // The log's position alone may have been asked for.
    expect(reads.slice(before).flatMap(({ entryKeys, stampKeys }) => [...entryKeys, ...stampKeys])).toEqual(
      [],
    );
  });

  test("is gone when an invalidation resolves, in every gateway, without anybody's lease", async () => {
    await holds(g);
    await read(other, NEW());
    expect(await resolved(invalidate(other))).toBe(0);
    expect([peeks(g), peeks(other)]).toEqual([false, false]);
    expect(await read(g, NEW())).toBe("new");
    expect(await read(other, NEW())).toBe("new");
  });

  test("is gone where the only gateway that holds any invalidates", async () => {
    const alone = await nearFleet().gateway();
    await holds(alone);
    await invalidate(alone);
    expect(peeks(alone)).toBe(false);
    expect(await read(alone, NEW())).toBe("new");
  });

  test("is gone when a gateway that holds nothing itself invalidates", async () => {
    const plain = await fleet.gateway({ holds: false });
    await holds(g);
    expect(await resolved(invalidate(plain))).toBe(0);
    expect(await read(g, NEW())).toBe("new");
  });

  test("is gone before the log shows the invalidation, so that who began after it was logged has seen nothing older", async () => {
    await holds(g);
    const log = other.store.stopBefore("appendLog");
    const invalidation = invalidate(other);
    await log.arrived;
    expect(peeks(g)).toBe(false);
    log.go();
    await invalidation;
  });

  test("is gone before a write is saved", async () => {
    await holds(g);
    let peeked: boolean | undefined;
    await other.cache.write({
      names: ["Product:42"],
      save: async () => {
        peeked = peeks(g);
      },
      written: async () => ({ names: [] }),
      onUnreached: () => {},
    });
    expect(peeked).toBe(false);
  });
});

describe("21. a revocation meets a read on its way", () => {
  test("G reads · I deletes, G acknowledges, I resolves · the answer arrives: it is for R alone", async () => {
    await read(other, OLD());
    await other.cache.drain(1000);
    const answer = g.store.stopAfter("read");
    const first = read(g, NEW());
    await answer.arrived;
    expect(await resolved(invalidate(other))).toBe(0);
    answer.go();
    expect(await first).toBe("old");
    expect(await read(g, NEW())).toBe("new");
  });

  test("the same where G itself invalidates", async () => {
    await read(other, OLD());
    await other.cache.drain(1000);
    const answer = g.store.stopAfter("read");
    const first = read(g, NEW());
    await answer.arrived;
    await resolved(invalidate(g));
    answer.go();
    expect(await first).toBe("old");
    expect(await read(g, NEW())).toBe("new");
  });
});

test("22. I is about to delete · G reads the stamp again · I deletes, and revokes only then", async () => {
  await holds(g);
  const deletion = other.store.stopBefore("dropStamps");
  const invalidation = invalidate(other);
  await deletion.arrived;
  await turns();
  expect(await read(g, NEW())).toBe("old");
  deletion.go();
  await resolved(invalidation);
  expect(await read(g, NEW())).toBe("new");
});

describe("23. a gateway that does not answer", () => {
  test("is stopped · I waits for the end of its lease · it wakes up, and the first thing it does is a read", async () => {
    await holds(g);
    g.stop();
    const ms = await resolved(invalidate(other));
    expect(ms).toBeGreaterThan(LEASE_MS / 2);
    expect(ms).toBeLessThanOrEqual(1.3 * LEASE_MS);
    g.wake();
    expect(peeks(g)).toBe(false);
    expect(await read(g, NEW())).toBe("new");
  });

  test("is expelled by one invalidation · another one, of what it holds as well, waits for it all the same", async () => {
    await holds(g);
    const third = await fleet.gateway();
    g.stop();
    const first = watched(other.cache.invalidate(["Product:7"]));
    await turns();
    await fleet.passes(LEASE_MS / 2);
    expect(first.isDone).toBe(false);
    expect(await resolved(invalidate(third))).toBeGreaterThan(LEASE_MS / 4);
    g.wake();
    expect(await read(g, NEW())).toBe("new");
  });

  test("is waited for once: the next invalidation finds it expelled", async () => {
    await holds(g);
    g.stop();
    await resolved(invalidate(other));
    expect(await resolved(invalidate(other))).toBe(0);
  });

  test("hears nothing any more, but renews: it is expelled, its copies with it, and listens anew", async () => {
    await holds(g);
    g.bus.deaf = true;
    await resolved(invalidate(other));
    expect(await read(g, NEW())).toBe("new");
    expect(g.bus.relinks).toBe(1);
    g.bus.deaf = false;
    await fleet.passes(LEASE_MS);
    await holds(g);
    expect(await resolved(invalidate(other))).toBe(0);
  });

  test("renews · is expelled · its lease ends, I resolves · the answer to its renewal arrives", async () => {
    await holds(g);
    const renewal = g.bus.stopAfter("renew");
    let arrived = false;
    void renewal.arrived.then(() => {
      arrived = true;
    });
    while (!arrived) await fleet.passes(25);
    g.bus.deaf = true;
    await resolved(invalidate(other));
    renewal.go();
    await turns();
    expect(await read(g, NEW())).toBe("new");
  });

  test("counts its lease from the sending: its renewal is answered late, the next ones not at all", async () => {
    await holds(g);
    const renewal = g.bus.stopAfter("renew");
    await fleet.passes(LEASE_MS / 2);
    await renewal.arrived;
    await fleet.passes(0.8 * LEASE_MS);
    g.bus.mute = true;
    g.bus.deaf = true;
    renewal.go();
    await turns();
    await fleet.passes(0.4 * LEASE_MS);
    expect([...fleet.sessions.ends.keys()].some((session) => session.startsWith(g.bus.processId))).toBe(
      false,
    );
    expect(await resolved(invalidate(other))).toBe(0);
    expect(await read(g, NEW())).toBe("new");
  });

  test("loses a connection: its copies are gone at once", async () => {
    await holds(g);
    g.bus.cut();
    expect(peeks(g)).toBe(false);
    g.bus.listen();
    await turns();
    expect(peeks(g)).toBe(false);
    await holds(g);
  });
});

describe("24. the list of sessions", () => {
  test("is evicted · I finds nobody, and waits as long as anybody may believe in the old list", async () => {
    await holds(g);
    g.stop();
    fleet.sessions.evict();
    expect(await resolved(invalidate(other))).toBeGreaterThanOrEqual(LEASE_MS);
    g.wake();
    expect(await read(g, NEW())).toBe("new");
  });

  test("is begun anew by somebody else: the same", async () => {
    await holds(g);
    g.stop();
    fleet.sessions.evict();
    await fleet.gateway();
    await fleet.passes(LEASE_MS / 4);
    expect(await resolved(invalidate(other))).toBeGreaterThanOrEqual(0.7 * LEASE_MS);
    g.wake();
    expect(await read(g, NEW())).toBe("new");
  });

  test("was lost long ago: whoever lives is on the new one, and nobody waits", async () => {
    fleet.sessions.evict();
    await fleet.passes(2 * LEASE_MS);
    await holds(g);
    expect(await resolved(invalidate(other))).toBe(0);
    expect(await read(g, NEW())).toBe("new");
  });
});

describe("a session holds only what it has asked for itself", () => {
  test("G reads · its session ends, I finds none and resolves · G joins · the answer arrives", async () => {
    await read(other, OLD());
    await other.cache.drain(1000);
    const answer = g.store.stopAfter("read");
    const first = read(g, NEW());
    await answer.arrived;
    g.bus.cut();
    await fleet.passes(1.1 * LEASE_MS);
    expect(await resolved(invalidate(other))).toBe(0);
    g.bus.listen();
    await turns();
    answer.go();
    expect(await first).toBe("old");
    expect(await read(g, NEW())).toBe("new");
  });

  test("G joins, and is not told yet · G reads · nothing is held", async () => {
    const joining = g.bus.stopAfter("join");
    g.bus.cut();
    g.bus.listen();
    await fleet.passes(LEASE_MS / 2);
    await joining.arrived;
    await read(g, OLD());
    await g.cache.drain(1000);
    await read(g, OLD());
    expect(peeks(g)).toBe(false);
    joining.go();
    await turns();
    await holds(g);
  });
});

describe("one gateway does not go back in time", () => {
  test("a read leaves · the entry is stored anew · the answer arrives: not kept", async () => {
    await read(other, OLD());
    await other.cache.drain(1000);
    const put = g.store.stopBefore("put");
    const noCache = g.cache.session({ read: false });
    await g.cache.read(planFor(g.cache, { session: noCache }), NEW());
    await put.arrived;
    const answer = g.store.stopAfter("read");
    const first = read(g, NEW());
    await answer.arrived;
    put.go();
    await g.cache.drain(1000);
    answer.go();
    expect(await first).toBe("old");
    expect(await read(g, OLD())).toBe("new");
  });
});

describe("what others did meanwhile is found", () => {
  test("a copy ends · another gateway has stored the next one: it is taken, not loaded again", async () => {
    const lifetimes = { freshMs: 20 };
    const plan = ({ cache }: NearGateway) => planFor(cache, { lifetimes });
    await g.cache.read(plan(g), OLD());
    await g.cache.drain(1000);
    await g.cache.read(plan(g), OLD());
    const end = Date.now() + 21;
    while (Date.now() < end) await turns(1);
    await other.cache.read(planFor(other.cache, { lifetimes: { freshMs: 60_000 } }), NEW());
    await other.cache.drain(1000);
    const source = counted(() => ({ value: "loaded again" }));
    const answer = await g.cache.read(planFor(g.cache, { lifetimes: { freshMs: 60_000 } }), source.load);
    expect([answer.value, source.loads()]).toEqual(["new", 0]);
  });

  test("a stamp was evicted and made anew: its copy costs one load, not one each time", async () => {
    await holds(g);
    await fleet.server.dropStamps([keys.stamp("__type:Product")]);
    await other.cache.read(planFor(other.cache, { home: "Product:7" }), NEW());
    await other.cache.drain(1000);
    const source = counted(() => ({ value: "again" }));
    for (let at = 0; at < 3; at++) {
      await g.cache.read(planFor(g.cache, { home: "Product:7" }), source.load);
      await g.cache.drain(1000);
    }
    expect(source.loads()).toBeLessThanOrEqual(1);
  });
});
