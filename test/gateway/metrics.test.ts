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
