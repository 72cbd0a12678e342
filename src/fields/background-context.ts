import type { Asker } from "./audience.ts";
import type { FieldPolicy } from "./field-policy.ts";

export type BackgroundContext = (asker: Asker) => unknown;

/**
 * What makes the contexts of a policy's background refreshes; undefined: there are none.
 *
 * Whoever writes `staleSeconds` gets refreshes, at worst with an empty context. An early refresh, for which nobody
 * asked, must not run a resolver with a context that it does not know: it takes the option.
 */
export function backgroundContextFor(
  { lifetimes }: Pick<FieldPolicy, "lifetimes">,
  option: BackgroundContext | undefined,
): BackgroundContext | undefined {
  return option ?? (lifetimes.staleMs > 0 ? () => ({}) : undefined);
}
