/**
 * Explicit-state search: every interleaving, breadth first, so that the first counter-example is a shortest one.
 *
 * States are compared as text. Random tokens are written `#n` and renamed by first appearance, which makes states
 * that differ only in the choice of tokens one state. Seen states are kept as 53-bit hashes: two different states
 * fall together with a probability of about n² / 2^54, below 10^-3 for four million.
 */
export interface Step<S> {
  readonly label: string;
  readonly state: S;
  /** The law that this step breaks. */
  readonly broken?: string;
}

export interface Model<S> {
  first(): S;
  /** From a state as JSON text. */
  steps(from: string): Step<S>[];
}

export interface Result {
  /** Absent: no counter-example. */
  readonly broken?: string;
  readonly trace: readonly string[];
  readonly states: number;
  readonly depth: number;
  /** false: the limit came first; every interleaving of fewer than `depth` steps was tried. */
  readonly complete: boolean;
}

export function explore<S>(model: Model<S>, limit: { readonly states: number }): Result {
  const first = canonical(model.first());
  const seen = new Set([hash(first)]);
  const parents = [-1];
  const choices = [-1];
  let level: { text: string; node: number }[] = [{ text: first, node: 0 }];
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { text, node } of level) {
      if (seen.size >= limit.states) return { trace: [], states: seen.size, depth, complete: false };
      const steps = model.steps(text);
      for (const [choice, step] of steps.entries()) {
        if (step.broken !== undefined) {
          const trace = [...replay(model, first, path(parents, choices, node)), step.label];
          return { broken: step.broken, trace, states: seen.size, depth: depth + 1, complete: false };
        }
        const after = canonical(step.state);
        const key = hash(after);
        if (seen.has(key)) continue;
        seen.add(key);
        parents.push(node);
        choices.push(choice);
        next.push({ text: after, node: parents.length - 1 });
      }
    }
    if (next.length === 0) return { trace: [], states: seen.size, depth, complete: true };
    level = next;
  }
  throw new Error("unreachable");
}

function path(parents: number[], choices: number[], node: number): number[] {
  const result: number[] = [];
  for (let at = node; parents[at] !== -1; at = parents[at] as number) result.push(choices[at] as number);
  return result.reverse();
}

function replay<S>(model: Model<S>, first: string, chosen: number[]): string[] {
  let text = first;
  return chosen.map((choice) => {
    const step = model.steps(text)[choice] as Step<S>;
    text = canonical(step.state);
    return step.label;
  });
}

function canonical(state: unknown): string {
  const names = new Map<string, string>();
  return JSON.stringify(state).replace(/#\d+/g, (token) => {
    let name = names.get(token);
    if (name === undefined) {
      name = `#${names.size}`;
      names.set(token, name);
    }
    return name;
  });
}

/** cyrb53. */
function hash(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
