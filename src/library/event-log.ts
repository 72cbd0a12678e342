import type { CacheEvent } from "../engine/events.ts";
import type { Logger } from "./logger.ts";

/** Distinct warnings remembered, so that each is logged once. A schema has no more; values from strangers could. */
const REMEMBERED = 1000;

/** Turns the events that a human should see into log lines. */
export function createEventLog(logger: Logger): (event: CacheEvent) => void {
  const said = new Set<string>();
  return (event) => {
    switch (event.type) {
      case "warning": {
        const name = `${event.code} ${event.coordinate}`;
        if (said.has(name) || said.size >= REMEMBERED) return;
        said.add(name);
        logger.warn({ code: event.code, coordinate: event.coordinate }, event.message);
        return;
      }
      case "store":
        if (event.status === "up") logger.info({ detail: event.detail }, "The store of the cache answers.");
        else
          logger.warn(
            { status: event.status, detail: event.detail },
            "The store of the cache does not answer; requests go to the source.",
          );
        return;
      case "fill-error":
        logger.debug({ coordinate: event.coordinate, err: event.error }, "A load failed.");
    }
  };
}
