import type { Clock } from "../base/clock.ts";
import type { CacheEvent } from "../engine/events.ts";
import type { Logger } from "./logger.ts";

/** Distinct warnings remembered, so that each is logged once. A schema has no more; values from strangers could. */
const REMEMBERED = 1000;

/** What refuses one, a store or a source, refuses many: one line tells of them, and is repeated while it lasts. */
const REPEAT_MS = 60_000;

const SOURCE_STATES = {
  leading: "This gateway reads the source of events for the fleet.",
  standby: "Another gateway reads the source of events.",
  blind: "The source of events cannot be read.",
  closed: "The source of events is not listened to any more.",
} as const;

/** Turns the events that a human should see into log lines. */
export function createEventLog(logger: Logger, clock: Pick<Clock, "monotonic">): (event: CacheEvent) => void {
  const said = new Set<string>();
  /** Why the store is away: each reason once, however often a connection is tried. */
  const toldOfOutage = new Set<string>();
  const lastTold = new Map<string, number>();
  /** At most once a minute. */
  const isDue = (what: string): boolean => {
    const now = clock.monotonic();
    if (now - (lastTold.get(what) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return false;
    lastTold.set(what, now);
    return true;
  };
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
        if (event.status === "up") {
          toldOfOutage.clear();
          logger.info({ detail: event.detail }, "The store of the cache answers.");
        } else if (!toldOfOutage.has(event.detail) && toldOfOutage.size < REMEMBERED) {
          toldOfOutage.add(event.detail);
          logger.warn(
            { status: event.status, detail: event.detail },
            "The store of the cache does not answer; requests go to the source.",
          );
        }
        return;
      case "store-error":
        // Of what is not answered the line above tells.
        if (event.code === "TIMEOUT" || !isDue(`store ${event.code}`)) return;
        logger.warn({ code: event.code, detail: event.detail }, "The store of the cache refuses commands.");
        return;
      case "source-wait":
        if (event.error === undefined || !isDue(`source ${event.source}`)) return;
        logger.warn(
          { source: event.source, detail: event.error },
          "A source is busy; loads of it are refused.",
        );
        return;
      case "events-dropped":
        logger.warn(
          { source: event.source, reason: event.reason, detail: event.detail },
          "All that a source of events covers was dropped.",
        );
        return;
      case "events-state":
        logger[event.state === "blind" ? "warn" : "info"](
          { source: event.source, detail: event.detail },
          SOURCE_STATES[event.state],
        );
        return;
      case "behind": {
        const fields = { entity: event.entity, err: event.error };
        if (event.outcome === "dead")
          logger.error(fields, "A write behind was set aside: see fieldgate dead-letters.");
        else if (event.outcome === "retried")
          logger.warn(fields, "A write behind failed, and is tried again.");
        else if (event.outcome === "through" && !said.has(`${event.reason} ${event.entity}`)) {
          said.add(`${event.reason} ${event.entity}`);
          logger.warn(
            { entity: event.entity, reason: event.reason },
            "A write behind went to the source at once.",
          );
        }
        return;
      }
      case "fill-error":
        logger.debug({ coordinate: event.coordinate, err: event.error }, "A load failed.");
    }
  };
}
