import { createInterface } from "node:readline";
import { startShop } from "./shop.ts";

// A shop in a process of its own. Prints one JSON value a line: its url, "slow" once the slow resolver runs, at the end its last
// log line. A line on its standard input lets the slow resolver answer.
const shop = await startShop({
  signals: true,
  definition: { shutdownMs: Number(process.argv[2]) },
});
const say = (value: unknown) => console.log(JSON.stringify(value));
process.on("exit", () => say(shop.logLines().at(-1)));
createInterface({ input: process.stdin }).on("line", () => shop.release());
void shop.slowRuns.then(() => say("slow"));
say(shop.url);
