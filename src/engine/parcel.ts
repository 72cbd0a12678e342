import type { Random } from "../base/random.ts";
import type { Emit } from "./events.ts";
import { type EntryLifetime, entryLifetime } from "./lifetime.ts";
import type { Loaded, ReadPlan } from "./read-plan.ts";
import { encodeValue } from "./value-codec.ts";

/** What becomes of a value that its runner already has. `reason` says why it is not stored. */
export type Parcel =
  | { readonly kind: "store"; readonly payload: string; readonly lifetime: EntryLifetime }
  /** Copies for those who joined, but no entry. */
  | { readonly kind: "copy"; readonly payload: string; readonly reason: string }
  /** Not even copies. */
  | { readonly kind: "keep"; readonly reason: string };

export interface ParcelOptions {
  readonly emit: Emit;
  readonly random: Random;
  readonly maxValueBytes: number;
}

export function packValue(
  { emit, random, maxValueBytes }: ParcelOptions,
  { coordinate, lifetimes }: Pick<ReadPlan, "coordinate" | "lifetimes">,
  loaded: Loaded,
): Parcel {
  const warn = (code: string, message: string) => emit({ type: "warning", code, coordinate, message });
  const { unshared, value } = loaded;
  if (unshared !== undefined) {
    warn(unshared, `${coordinate}: its value is for its own caller only (${unshared}); it was not stored.`);
    return { kind: "keep", reason: unshared };
  }
  let payload: string;
  try {
    payload = encodeValue(value);
  } catch (error) {
    warn("unstorable", `${coordinate}: ${error instanceof Error ? error.message : String(error)}`);
    return { kind: "keep", reason: "unstorable" };
  }
  const bytes = Buffer.byteLength(payload);
  if (bytes > maxValueBytes) {
    warn(
      "too-large",
      `${coordinate}: a value of ${bytes} bytes was not stored; maxValueBytes is ${maxValueBytes}.`,
    );
    return { kind: "copy", payload, reason: "too-large" };
  }
  const lifetime = entryLifetime(lifetimes, loaded.lifetimes, value, random.next());
  if (lifetime === undefined) return { kind: "copy", payload, reason: "zero" };
  return { kind: "store", payload, lifetime };
}
