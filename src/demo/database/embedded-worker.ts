import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import type {
  EmbeddedFailure,
  EmbeddedMessage,
  EmbeddedRequest,
  EmbeddedResult,
} from "./embedded-protocol.ts";
import { VALUE_PARSERS } from "./value-parsers.ts";

/**
 * The thread that holds the embedded database. PGlite runs its SQL synchronously; here that blocks nobody else.
 * Messages are handled one after the other, in the order of their arrival.
 */
const port = parentPort;
if (port === null) throw new Error("embedded-worker.ts runs as a worker thread; call openDatabase() instead");
const database = await PGlite.create({
  ...(workerData as { dataDir?: string }),
  parsers: { ...VALUE_PARSERS },
});
send({ kind: "answer", id: 0, result: { rows: [], affectedRows: 0 } });

let queue: Promise<void> = Promise.resolve();
port.on("message", (request: EmbeddedRequest) => {
  queue = queue.then(() => handle(request));
});

async function handle(request: EmbeddedRequest): Promise<void> {
  try {
    send({ kind: "answer", id: request.id, result: await perform(request) });
    if (request.kind === "close") port?.close();
  } catch (error) {
    send({ kind: "failure", id: request.id, error: failureFrom(error) });
  }
}

async function perform(request: EmbeddedRequest): Promise<EmbeddedResult> {
  switch (request.kind) {
    case "query": {
      const { rows, affectedRows } = await database.query(request.sql, [...request.parameters]);
      return { rows, affectedRows: affectedRows ?? 0 };
    }
    case "listen": {
      const { channel } = request;
      await database.listen(channel, (payload) => send({ kind: "notification", channel, payload }));
      return { rows: [], affectedRows: 0 };
    }
    case "close": {
      await database.close();
      return { rows: [], affectedRows: 0 };
    }
  }
}

function failureFrom(error: unknown): EmbeddedFailure {
  if (!(error instanceof Error)) return { message: String(error), fields: {} };
  const fields = Object.entries(error).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { message: error.message, fields: Object.fromEntries(fields) };
}

function send(message: EmbeddedMessage): void {
  port?.postMessage(message);
}
