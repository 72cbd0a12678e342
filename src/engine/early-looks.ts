import { StoreFailure } from "../store/store.ts";
import type { ReadPlan, ReadSession } from "./read-plan.ts";
import type { Asked } from "./turn.ts";

interface EarlyLook {
  readonly names: readonly string[];
  readonly look: Asked;
}

/**
 * Looks that were made before anybody asked for the key, each for one request alone.
 *
 * A request may be served from what it saw at any time since it began: an invalidation that had resolved by then had
 * deleted the stamps before the look was made. So an early look is worth as much as one that is made when it is needed,
 * for this request and for no other:
 *
 * 1. R looks early: K, valid · 2. I resolves · 3. R' begins and reads K: its own look finds a miss · 4. R reads K: a hit
 *
 * Nor does a fill rely on it. A miss that was seen early leads to F1, which reads every stamp itself and is told of an
 * entry that was stored meanwhile. The stamps seen only decide which flight may be joined:
 *
 * 1. R looks early: no K, stamp A · 2. I deletes A and resolves; R' fills K under B · 3. R reads K: the flight of R' is not
 * for it, its F1 finds the entry of R', and it looks again. A flight under A it may join: A was there after R had begun
 */
export class EarlyLooks {
  #bySession = new WeakMap<ReadSession, Map<string, EarlyLook>>();

  has({ session, key }: ReadPlan): boolean {
    return this.#bySession.get(session)?.has(key) ?? false;
  }

  add({ session, key }: ReadPlan, early: EarlyLook): void {
    let looks = this.#bySession.get(session);
    if (looks === undefined) {
      looks = new Map();
      this.#bySession.set(session, looks);
    }
    looks.set(key, early);
  }

  /** The look at this key, with the stamps of these names; undefined where none was made that read them all. */
  find({ session, key }: ReadPlan, names: readonly string[]): Asked | undefined {
    const early = this.#bySession.get(session)?.get(key);
    if (early === undefined) return undefined;
    // In one order nearly always.
    if (names.length === early.names.length && names.every((name, at) => early.names[at] === name))
      return early.look;
    const places = names.map((name) => early.names.indexOf(name));
    return places.includes(-1) ? undefined : reordered(early.look, places);
  }

  /** Somebody in this process invalidates: the request that does so itself wants what comes after it. */
  forgetAll(): void {
    this.#bySession = new WeakMap();
  }
}

function reordered(asked: Asked, places: readonly number[]): Asked {
  return {
    get now() {
      const look = asked.now;
      if (look === undefined || look instanceof StoreFailure) return look;
      return { text: look.text, stamps: places.map((place) => look.stamps[place]!) };
    },
    get answered() {
      return asked.answered;
    },
  };
}
