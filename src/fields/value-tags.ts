import { stampNames } from "../keys/grammar.ts";

/** More entities of a type than this in one value count as "any of the type": a list must not be a thousand stamps. */
const MOST_OF_A_TYPE = 16;

/** Stamp names of the entities that one entry holds by value. */
export class ValueTags {
  /** Homes by type; `null`: any entity of the type. */
  readonly #byType = new Map<string, Set<string> | null>();

  add(typeName: string, homes: readonly string[]): void {
    const known = this.#byType.get(typeName);
    if (known === null) return;
    const all = known ?? new Set<string>();
    for (const home of homes) all.add(home);
    this.#byType.set(typeName, all.size > MOST_OF_A_TYPE ? null : all);
  }

  /** Some entity of the type, nobody can tell which. */
  any(typeName: string): void {
    this.#byType.set(typeName, null);
  }

  /** Distinct. An entity's own invalidation drops `__any:<Type>` as well, that of the type both of the other two. */
  names(): readonly string[] {
    return [...this.#byType].flatMap(([typeName, homes]) =>
      homes === null ? [stampNames.any(typeName)] : [stampNames.type(typeName), ...homes],
    );
  }
}
