import { parseArgs } from "node:util";
import { startGateway, startWorkers } from "../gateway/index.ts";
import { demoGateway } from "./gateway.ts";

const help = `The gateway over the web platform's data.

Usage
  npm start                      one process; without REDIS_URL and DATABASE_URL with an embedded cache and database
  npm start -- --workers <N>     N processes on one port; needs REDIS_URL and DATABASE_URL
  npm start -- --help

Environment: README.md, "Environment of the gateway".`;

try {
  const { workers, isHelp } = readArguments(process.argv.slice(2));
  if (isHelp) console.log(help);
  else if (workers === undefined) sayWhere((await startGateway(demoGateway())).url);
  else {
    const running = await startWorkers(demoGateway(), {
      workers,
      script: import.meta.url,
      requires: {
        DATABASE_URL:
          "the embedded database belongs to one process; for example postgres://user:password@localhost:5432/name",
      },
    });
    if (running.isPrimary) sayWhere(running.url, ` with ${workers} worker${workers === 1 ? "" : "s"}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

function sayWhere(url: string, how = ""): void {
  console.log(`Fieldgate answers on ${url}/graphql${how} (dashboard: ${url}/cache)`);
}

function readArguments(args: string[]): { readonly workers: number | undefined; readonly isHelp: boolean } {
  const { values } = parseArgs({
    args,
    options: { workers: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
  });
  const { workers, help: isHelp } = values;
  if (workers !== undefined && !/^[1-9]\d{0,2}$/.test(workers)) {
    throw new Error(
      `--workers must be a whole number from 1 to 999, for example --workers 4, but is ${JSON.stringify(workers)}.`,
    );
  }
  return { workers: workers === undefined ? undefined : Number(workers), isHelp };
}
