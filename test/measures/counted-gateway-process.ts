import { demoGateway } from "../../src/demo/gateway.ts";
import { startGateway } from "../../src/gateway/index.ts";
import { startCountedGateway } from "../e2e/support/counted-gateway.ts";

// A gateway in a process of its own, configured by the environment. Its argument: how long its source takes, in ms, or the demo's data.
// Tells its parent its url, and, when asked, the processor time that it has used, in ms.
const [argument = ""] = process.argv.slice(2);
const environment = { PORT: "0", HOST: "127.0.0.1", ...process.env };
const sourceMs = Number(argument);
const { url } = Number.isNaN(sourceMs)
  ? await startGateway(demoGateway({ dataDir: argument, seed: { limit: 60 } }), {
      environment,
      signals: false,
    })
  : (await startCountedGateway({ sourceMs, environment })).running;
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!((user + system) / 1000);
});
process.on("disconnect", () => process.exit());
process.send!(url);
