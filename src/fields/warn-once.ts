import type { Emit } from "../engine/events.ts";

/** Emits a warning the first time that its code meets its coordinate: bounded by the size of the schema. */
export type Warn = (code: string, coordinate: string, message: string) => void;

export function createWarnOnce(emit: Emit): Warn {
  const seen = new Set<string>();
  return (code, coordinate, message) => {
    const name = `${code} ${coordinate}`;
    if (seen.has(name)) return;
    seen.add(name);
    emit({ type: "warning", code, coordinate, message });
  };
}
