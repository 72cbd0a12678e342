import { hashTagOf } from "../../keys/grammar.ts";
import { type Store, StoreFailure } from "../store.ts";
import { failureAt } from "./failure-at.ts";
import type { Server, Servers } from "./servers.ts";

export type Ask<Item, Reply> = (
  store: Store,
  items: readonly Item[],
) => Promise<readonly (Reply | StoreFailure)[]>;

/** What is answered for an item that lies nowhere. */
export const NOBODY = new StoreFailure("down", "no server is known that it lies on");

/** Each item's answer from where it lies; those that have moved are asked for once more, where they are said to be. */
export async function askEach<Item, Reply>(
  servers: Servers,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  ask: Ask<Item, Reply>,
): Promise<(Reply | StoreFailure)[]> {
  const answers: (Reply | StoreFailure)[] = new Array(items.length);
  const wanted = items.map((item, place) => ({
    item,
    place,
    server: servers.serverOf(hashTagOf(keyOf(item))),
  }));
  const moved = await askServers(servers, wanted, ask, answers);
  if (moved.length > 0) await askServers(servers, moved, ask, answers);
  return answers;
}

interface Wanted<Item> {
  readonly item: Item;
  readonly place: number;
  readonly server: Server | undefined;
}

/** Resolves to the items that have moved. */
async function askServers<Item, Reply>(
  servers: Servers,
  wanted: readonly Wanted<Item>[],
  ask: Ask<Item, Reply>,
  answers: (Reply | StoreFailure)[],
): Promise<readonly Wanted<Item>[]> {
  const moved: Wanted<Item>[] = [];
  const askOne = async (server: Server | undefined, share: readonly Wanted<Item>[]): Promise<void> => {
    const items = share.map(({ item }) => item);
    const replies = server === undefined ? items.map(() => NOBODY) : await ask(server.store, items);
    share.forEach((one, at) => {
      const reply = replies[at]!;
      if (server === undefined || !(reply instanceof StoreFailure)) {
        answers[one.place] = reply;
        return;
      }
      answers[one.place] = failureAt(server, reply);
      const elsewhere = servers.redirect?.(reply, server);
      if (elsewhere !== undefined) moved.push({ ...one, server: elsewhere });
    });
  };
  await Promise.all(Array.from(sharesOf(wanted), ([server, share]) => askOne(server, share)));
  return moved;
}

function sharesOf<Item>(wanted: readonly Wanted<Item>[]): Map<Server | undefined, Wanted<Item>[]> {
  const shares = new Map<Server | undefined, Wanted<Item>[]>();
  for (const one of wanted) {
    const share = shares.get(one.server);
    if (share === undefined) shares.set(one.server, [one]);
    else share.push(one);
  }
  return shares;
}
