import cluster from "node:cluster";
import type { GatewayDefinition } from "../define-gateway.ts";
import { type RunningGateway, type StartOptions, startProcess } from "../start-gateway.ts";
import { type FromWorker, isOurs, type ToWorker } from "./messages.ts";
import { WorkerOverview } from "./worker-overview.ts";

/**
 * One of several gateways on a port: starts like one alone, and lets the primary tell it when to end.
 *
 * SIGTERM to this process alone shuts it down in order, and another takes its place. SIGINT is what a terminal sends to all at once:
 * the primary's to decide. Where the primary itself is gone, what is under way is finished all the same.
 */
export async function startWorker<Context extends object>(
  definition: GatewayDefinition<Context>,
  options: Pick<StartOptions, "log">,
): Promise<RunningGateway> {
  let gateway: RunningGateway | undefined;
  let overview: WorkerOverview | undefined;
  let isEnding = false;

  async function end(): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    if (gateway === undefined) process.exit(0);
    void tell({ type: "fieldgate:closing" });
    const left = await gateway.close();
    // With what was counted since anybody asked.
    const report = await overview?.report();
    await tell({ type: "fieldgate:closed", left, ...(report === undefined ? {} : { report }) });
    process.exit(left.length === 0 ? 0 : 1);
  }

  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => void end());
  cluster.worker!.on("disconnect", () => {
    // Node would end this process here and now.
    cluster.worker!.exitedAfterDisconnect = true;
    void end();
  });
  process.on("message", (message) => {
    if (!isOurs(message)) return;
    const order = message as ToWorker;
    if (order.type === "fieldgate:shutdown") void end();
    else void overview?.receive(order);
  });

  try {
    gateway = await startProcess(definition, { ...options, signals: false }, (own) => {
      overview = new WorkerOverview(own, tell);
      return overview;
    });
  } catch (error) {
    await tell({ type: "fieldgate:failed", message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
  await tell({ type: "fieldgate:up", url: gateway.url, shutdownMs: gateway.shutdownMs });
  return gateway;
}

/** Resolves when it is on its way; also where nobody is there any more to hear it. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
