/** Items of one command, and where each stood among all. */
export interface Part<Item> {
  readonly items: readonly Item[];
  readonly places: readonly number[];
}

export interface PartOptions<Item> {
  /** Items of a command, at most. */
  readonly most: number;
  /** Characters of an item, and of all items of a command unless one alone has more. Default: they are not counted. */
  readonly weight?: ((item: Item) => number) | undefined;
  readonly heaviest?: number;
  /** Items of which this differs must not share a command. Default: any may. */
  readonly apart?: ((item: Item) => unknown) | undefined;
}

/** Divides a batch into commands. */
export function partsOf<Item>(items: readonly Item[], options: PartOptions<Item>): readonly Part<Item>[] {
  const { most, weight = () => 0, heaviest = Number.POSITIVE_INFINITY, apart } = options;
  const parts: OpenPart<Item>[] = [];
  const open = new Map<unknown, OpenPart<Item>>();
  items.forEach((item, place) => {
    const group = apart?.(item);
    let part = open.get(group);
    const isFull =
      part !== undefined && (part.items.length === most || part.weighs + weight(item) > heaviest);
    if (part === undefined || isFull) {
      part = { items: [], places: [], weighs: 0 };
      parts.push(part);
      open.set(group, part);
    }
    part.items.push(item);
    part.places.push(place);
    part.weighs += weight(item);
  });
  return parts;
}

interface OpenPart<Item> {
  readonly items: Item[];
  readonly places: number[];
  weighs: number;
}

/** The answers of all parts, in the order in which their items stood. */
export function inPlace<Item, Answer>(
  parts: readonly Part<Item>[],
  answersOf: (part: Part<Item>, nth: number) => readonly Answer[],
): Answer[] {
  const all: Answer[] = [];
  parts.forEach((part, nth) => {
    const answers = answersOf(part, nth);
    part.places.forEach((place, at) => {
      all[place] = answers[at]!;
    });
  });
  return all;
}
