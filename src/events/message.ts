/** A message as it was sent: see docs/events.md. */
export interface EventMessage {
  /** Targets as `cache.invalidate` takes them, or `{ entity, row }`. Not checked here. */
  readonly targets: readonly unknown[];
  /** Once more after so many ms. */
  readonly again?: number;
}

/** Why a message cannot be understood, by kind: of each kind one is logged. */
export interface BadMessage {
  readonly kind: "not-json" | "no-targets" | "bad-again" | "bad-target";
  readonly problem: string;
}

/** Longer ones are more likely a mistake than a wish. */
const MOST_TARGETS = 1000;

/** Reads one message. What else it holds is its sender's affair. */
export function parseMessage(text: string): EventMessage | BadMessage {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return { kind: "not-json", problem: "A message must be JSON." };
  }
  const { targets, again } = (typeof said === "object" && said !== null ? said : {}) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(targets) || targets.length === 0 || targets.length > MOST_TARGETS) {
    return { kind: "no-targets", problem: `A message must have "targets", a list of 1 to ${MOST_TARGETS}.` };
  }
  if (again === undefined) return { targets };
  if (typeof again !== "number" || !(again > 0)) {
    return { kind: "bad-again", problem: '"again" must be a positive number of milliseconds.' };
  }
  return { targets, again };
}

export function isBad(message: EventMessage | BadMessage): message is BadMessage {
  return "kind" in message;
}
