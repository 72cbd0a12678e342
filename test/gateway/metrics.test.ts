import { expect, it } from "vitest";
import { createMetrics } from "../../src/gateway/metrics.ts";

it("tells how many homes are hot now, and what became of their reads and copies", async () => {
  const metrics = createMetrics();
  metrics.onEvent({ type: "hot", change: "promoted", home: "Product:1" });
  metrics.onEvent({ type: "hot", change: "promoted", home: "Product:2" });
  metrics.onEvent({ type: "hot", change: "demoted", home: "Product:1" });
  metrics.onEvent({ type: "read", coordinate: "Product", outcome: "hit", reason: "replica" });
  metrics.onEvent({ type: "read", coordinate: "Product", outcome: "hit" });
  metrics.onEvent({ type: "copy", coordinate: "Product", stored: "stored" });
  const lines = (await metrics.render()).split("\n").filter((line) => line.startsWith("fieldgate_hot_"));
  expect(lines).toEqual([
    "fieldgate_hot_homes 1",
    'fieldgate_hot_changes_total{change="promoted"} 2',
    'fieldgate_hot_changes_total{change="demoted"} 1',
    'fieldgate_hot_replica_hits_total{coordinate="Product"} 1',
    'fieldgate_hot_copies_total{coordinate="Product",stored="stored"} 1',
  ]);
});

it("tells what near copies do, as the cache says it at that moment", async () => {
  const metrics = createMetrics();
  const near = { open: true, hits: 3, copies: 2, bytes: 500, revocations: 1, losses: 0 };
  const store = { kind: "redis", status: "up", commands: 0, roundTrips: 0, near } as const;
  metrics.watch({ stats: () => ({ store }) as never });
  await metrics.render();
  near.hits = 4;
  const lines = (await metrics.render()).split("\n").filter((line) => line.startsWith("fieldgate_near_"));
  expect(lines).toEqual([
    "fieldgate_near_hits_total 4",
    "fieldgate_near_revocations_total 1",
    "fieldgate_near_losses_total 0",
    "fieldgate_near_copies 2",
    "fieldgate_near_bytes 500",
  ]);
});
