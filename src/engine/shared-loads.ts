import type { Clock } from "../base/clock.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import type { Load, Loaded } from "./read-plan.ts";
import { copyOfError, whyUnshared } from "./source-error.ts";
import { decodeValue, encodeValue, Unstorable } from "./value-codec.ts";

/**
 * R4. Loads whose values are not stored: one running and one next per key, in this process.
 *
 * A caller shares only a load that has not begun yet, and the next one runs the load of the request that began last:
 * so nobody is served with a value, or with inputs, older than its own request.
 *
 * 1. R loads, the store is away · 2. I resolves · 3. R' asks: R's load is not for it, it waits for the next one
 * 4. R'' (begun before R') asks as well: the next one runs with the inputs of R', which are new enough for both.
 */
export class SharedLoads {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #byKey = new Map<string, Slot>();
  /** Keys whose next load begins at the end of this turn. */
  #due: string[] = [];

  /** `patienceMs`: the next load does not wait longer than that for a running one. */
  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** `order`: see `sessionOrder`. Rejects with the source's own error, or a copy of it for whoever shares the load. */
  run(key: string, order: number, load: Load): Promise<SharedLoad> {
    let slot = this.#byKey.get(key);
    if (slot === undefined) {
      slot = { running: 0, next: undefined };
      this.#byKey.set(key, slot);
    }
    const caller: Caller = { order, load, answer: deferred() };
    if (slot.next === undefined) {
      slot.next = [caller];
      this.#schedule(key, slot);
    } else slot.next.push(caller);
    return caller.answer.promise;
  }

  #schedule(key: string, slot: Slot): void {
    if (slot.running === 0) {
      // Not at once: those who come in this turn, from the same failed batch, are to share it. And all keys in one go, since
      // a DataLoader takes what begins in the next immediate for another batch.
      if (this.#due.push(key) === 1) setImmediate(() => this.#startDue());
      return;
    }
    slot.cancelPatience = this.#clock.setTimer(() => void this.#start(key, slot), this.#patienceMs);
  }

  #startDue(): void {
    const due = this.#due;
    this.#due = [];
    for (const key of due) void this.#start(key, this.#byKey.get(key)!);
  }

  async #start(key: string, slot: Slot): Promise<void> {
    const callers = slot.next!;
    slot.next = undefined;
    slot.cancelPatience?.();
    slot.cancelPatience = undefined;
    slot.running += 1;
    const runner = callers.reduce((newest, caller) => (caller.order > newest.order ? caller : newest));
    try {
      share(await runner.load(callers.length === 1), runner, callers);
    } catch (error) {
      const isForAll = whyUnshared(error) === undefined;
      for (const caller of callers) {
        if (caller === runner) caller.answer.reject(error);
        else if (isForAll) caller.answer.reject(copyOfError(error));
        else caller.answer.resolve(loadAlone(caller.load));
      }
    }
    slot.running -= 1;
    if (slot.running > 0) return;
    if (slot.next === undefined) this.#byKey.delete(key);
    else void this.#start(key, slot);
  }
}

export interface SharedLoad {
  readonly value: unknown;
  readonly loaded: Loaded;
  /** false: another caller's load, and a copy of its value. */
  readonly own: boolean;
}

interface Slot {
  running: number;
  next: Caller[] | undefined;
  cancelPatience?: (() => void) | undefined;
}

interface Caller {
  readonly order: number;
  readonly load: Load;
  readonly answer: Deferred<SharedLoad>;
}

function share(loaded: Loaded, runner: Caller, callers: readonly Caller[]): void {
  // The copies are taken before the runner gets the value, which may change it.
  const copy = callers.length === 1 || loaded.unshared !== undefined ? undefined : copier(loaded.value);
  for (const caller of callers) {
    if (caller === runner) caller.answer.resolve({ value: loaded.value, loaded, own: true });
    else if (copy !== undefined) caller.answer.resolve({ value: copy(), loaded, own: false });
    else caller.answer.resolve(loadAlone(caller.load));
  }
}

/** A load that is shared with nobody. */
export async function loadAlone(load: Load): Promise<SharedLoad> {
  const loaded = await load(true);
  return { value: loaded.value, loaded, own: true };
}

function copier(value: unknown): (() => unknown) | undefined {
  try {
    const payload = encodeValue(value);
    return () => decodeValue(payload);
  } catch (error) {
    if (error instanceof Unstorable) return undefined;
    throw error;
  }
}
