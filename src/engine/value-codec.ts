import { types } from "node:util";

/**
 * A cached value as text. A value that JSON keeps as it is becomes plain JSON, and a hit is one `JSON.parse`. Any other
 * becomes `~` and JSON in which every array is tagged with what it stands for:
 *
 *     [1, 2]                 [1,2]
 *     { at: new Date(0) }    ~{"at":["Date",0]}
 *     [undefined, [1]]       ~["Array",["undefined"],["Array",1]]
 *     a = {}; [a, a]         ~["Array",{},["ref",1]]
 *
 * `ref` counts the objects of the value in the order in which they begin: 0 is the whole.
 *
 * Kept: strings, numbers (NaN, the infinities and -0 too), bigint, null, undefined (as a property and in an array),
 * Date, Map, Set, Buffer, ArrayBuffer, typed arrays, DataView, sparse arrays, objects without prototype, `__proto__` as
 * an own property, shared references and cycles. An instance of a class without methods, accessors or private state
 * comes back as a plain object. Two views of one buffer come back with a buffer each.
 *
 * Refused with {@link Unstorable}: functions, symbols (as a key too), promises, accessors, properties that are not
 * enumerable, instances of all other classes. Private state is seen where the class is written with `#`; state that a
 * class keeps in a WeakMap or a closure is not.
 */
export function encodeValue(value: unknown): string {
  try {
    const survey: Survey = { seen: new Set(), plain: true };
    surveyValue(value, "", survey);
    return survey.plain ? JSON.stringify(value) : MARK + JSON.stringify(encode(value, new Map()));
  } catch (error) {
    if (error instanceof RangeError) throw new Unstorable("", "a value nested too deeply, or too long");
    throw error;
  }
}

/** Throws a SyntaxError for a text that {@link encodeValue} did not write. */
export function decodeValue(text: string): unknown {
  return text.startsWith(MARK) ? decode(JSON.parse(text.slice(1)), []) : JSON.parse(text);
}

/** A value that would not come back as it was. */
export class Unstorable extends Error {
  /** Where in the value: `.items[3].send`; "" is the value itself. */
  readonly path: string;
  /** `a function`, `an instance of Invoice, which has methods`. */
  readonly what: string;

  constructor(path: string, what: string) {
    super(
      `The value${path === "" ? "" : ` at ${path}`} is ${what}, which would not come back from the cache as it was.`,
    );
    this.name = "Unstorable";
    this.path = path;
    this.what = what;
  }
}

const MARK = "~";

const VIEWS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
} as const;

type Kind =
  | "Array"
  | "Object"
  | "Null"
  | "Date"
  | "Map"
  | "Set"
  | "Buffer"
  | "ArrayBuffer"
  | keyof typeof VIEWS;

const KINDS = new Map<object | null, Kind>([
  [Object.prototype, "Object"],
  [null, "Null"],
  [Array.prototype, "Array"],
  [Date.prototype, "Date"],
  [Map.prototype, "Map"],
  [Set.prototype, "Set"],
  [Buffer.prototype, "Buffer"],
  [ArrayBuffer.prototype, "ArrayBuffer"],
  ...Object.entries(VIEWS).map(([name, view]) => [view.prototype, name as Kind] as const),
]);

interface Survey {
  readonly seen: Set<object>;
  plain: boolean;
}

/** Refuses what cannot be kept and finds out whether JSON alone keeps the rest. */
function surveyValue(value: unknown, path: string, survey: Survey): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value) || Object.is(value, -0)) survey.plain = false;
      return;
    case "bigint":
    case "undefined":
      survey.plain = false;
      return;
    case "object":
      if (value !== null) surveyObject(value, path, survey);
      return;
    default:
      throw new Unstorable(path, `a ${typeof value}`);
  }
}

function surveyObject(value: object, path: string, survey: Survey): void {
  if (survey.seen.has(value)) {
    survey.plain = false;
    return;
  }
  survey.seen.add(value);
  const kind = kindOf(value, path);
  if (kind !== "Object" && kind !== "Array") survey.plain = false;
  if (kind === "Array") surveyArray(value as unknown[], path, survey);
  else if (kind === "Object" || kind === "Null") surveyProperties(value, path, survey);
  else surveyBuiltIn(value, kind, path, survey);
}

function surveyBuiltIn(value: object, kind: Kind, path: string, survey: Survey): void {
  // The indexes of a typed array are its own keys too; they are not listed one by one.
  const extra = ArrayBuffer.isView(value) && kind !== "DataView" ? undefined : Reflect.ownKeys(value)[0];
  if (extra !== undefined) throw new Unstorable(path, `a ${kind} with a property ${String(extra)}`);
  if (kind === "Map") {
    let at = 0;
    for (const [key, item] of value as Map<unknown, unknown>) {
      surveyValue(key, `${path}<key ${at}>`, survey);
      surveyValue(item, `${path}<value ${at++}>`, survey);
    }
  } else if (kind === "Set") {
    let at = 0;
    for (const item of value as Set<unknown>) surveyValue(item, `${path}<item ${at++}>`, survey);
  }
}

function surveyArray(items: readonly unknown[], path: string, survey: Survey): void {
  const keys = Reflect.ownKeys(items);
  // Indexes come first and ascending, then `length`: so this tells whether there are holes, and the next line extras.
  const dense = keys.length === items.length + 1 && keys[items.length] === "length";
  if (!dense) survey.plain = false;
  const extra = dense ? undefined : keys.find((key) => key !== "length" && !isIndex(key));
  if (extra !== undefined) throw new Unstorable(path, `an array with a property ${String(extra)}`);
  for (const key of keys) {
    if (key === "length") continue;
    const place = `${path}[${String(key)}]`;
    surveyValue(dataOf(items, key, place), place, survey);
  }
}

function surveyProperties(value: object, path: string, survey: Survey): void {
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === "symbol") throw new Unstorable(path, `an object with the key ${String(key)}`);
    const place = `${path}.${key}`;
    surveyValue(dataOf(value, key, place), place, survey);
  }
}

function dataOf(owner: object, key: PropertyKey, path: string): unknown {
  const property = Object.getOwnPropertyDescriptor(owner, key)!;
  if (!("value" in property)) throw new Unstorable(path, "an accessor");
  if (!property.enumerable) throw new Unstorable(path, "a property that is not enumerable");
  return property.value;
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === "string" && /^(?:0|[1-9][0-9]*)$/.test(key) && Number(key) < 2 ** 32 - 1;
}

function kindOf(value: object, path: string): Kind {
  const prototype: object | null = Object.getPrototypeOf(value);
  const kind = KINDS.get(prototype);
  if (kind !== undefined && isGenuine(value, kind)) return kind;
  if (types.isProxy(value)) throw new Unstorable(path, "a Proxy");
  const refusal = prototype === null ? "an exotic object" : whyNotPlain(prototype);
  if (refusal !== undefined) throw new Unstorable(path, refusal);
  return "Object";
}

/** A prototype can be borrowed: `Object.create(Date.prototype)` is no Date. */
function isGenuine(value: object, kind: Kind): boolean {
  switch (kind) {
    case "Object":
    case "Null":
      return !Array.isArray(value) && !types.isProxy(value) && !types.isNativeError(value);
    case "Array":
      return Array.isArray(value) && !types.isProxy(value);
    case "Date":
      return types.isDate(value);
    case "Map":
      return types.isMap(value);
    case "Set":
      return types.isSet(value);
    case "ArrayBuffer":
      return types.isArrayBuffer(value);
    default:
      return ArrayBuffer.isView(value) && types.isArrayBuffer(value.buffer);
  }
}

const refusals = new WeakMap<object, { readonly text: string | undefined }>();

/** Judged once per class: what the instances cannot do without would be lost. */
function whyNotPlain(prototype: object): string | undefined {
  const known = refusals.get(prototype);
  if (known !== undefined) return known.text;
  const text = judgeClass(prototype);
  refusals.set(prototype, { text });
  return text;
}

function judgeClass(prototype: object): string | undefined {
  const named = `an instance of ${nameOf(prototype)}`;
  for (
    let at: object | null = prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const key of Reflect.ownKeys(at)) {
      if (key !== "constructor") return `${named}, which has ${describeMember(at, key)}`;
    }
    const made: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof made !== "function" || made.prototype !== at)
      return `${named}, whose prototype is not that of a class`;
    const source = Function.prototype.toString.call(made);
    if (source.includes("[native code]")) return `${named}, which is built in`;
    // A `#` in a comment refuses more than it must; one that was overlooked would lose state.
    if (/#[\p{ID_Start}$_\\]/u.test(source)) return `${named}, which has private state`;
  }
  return undefined;
}

function nameOf(prototype: object): string {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof made === "function" && made.name !== "" ? made.name : "a class without name";
}

function describeMember(owner: object, key: PropertyKey): string {
  const property = Object.getOwnPropertyDescriptor(owner, key)!;
  if (!("value" in property)) return `the accessor ${String(key)}`;
  return typeof property.value === "function" ? `the method ${String(key)}` : `the inherited ${String(key)}`;
}

/** `numbers`: what each object of the value was counted as. The value has been surveyed. */
function encode(value: unknown, numbers: Map<object, number>): unknown {
  switch (typeof value) {
    case "undefined":
      return ["undefined"];
    case "bigint":
      return ["BigInt", String(value)];
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : ["number", Object.is(value, -0) ? "-0" : String(value)];
    case "object":
      return value === null ? null : encodeObject(value, numbers);
    default:
      return value;
  }
}

function encodeObject(value: object, numbers: Map<object, number>): unknown {
  const number = numbers.get(value);
  if (number !== undefined) return ["ref", number];
  numbers.set(value, numbers.size);
  const kind = kindOf(value, "");
  switch (kind) {
    case "Object":
      return encodeProperties(value, numbers);
    case "Null":
      return ["Null", encodeProperties(value, numbers)];
    case "Array":
      return encodeArray(value as unknown[], numbers);
    case "Date":
      return ["Date", (value as Date).getTime()];
    case "Map":
      return [
        "Map",
        ...Array.from(value as Map<unknown, unknown>).flatMap(([key, item]) => [
          encode(key, numbers),
          encode(item, numbers),
        ]),
      ];
    case "Set":
      return ["Set", ...Array.from(value as Set<unknown>, (item) => encode(item, numbers))];
    case "ArrayBuffer":
      return ["ArrayBuffer", Buffer.from(value as ArrayBuffer).toString("base64")];
    default: {
      const { buffer, byteOffset, byteLength } = value as ArrayBufferView<ArrayBuffer>;
      return [kind, Buffer.from(buffer, byteOffset, byteLength).toString("base64")];
    }
  }
}

function encodeProperties(value: object, numbers: Map<object, number>): object {
  // Without prototype, so that `__proto__` is a property like any other.
  const encoded: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) encoded[key] = encode(item, numbers);
  return encoded;
}

function encodeArray(items: readonly unknown[], numbers: Map<object, number>): unknown[] {
  const keys = Object.keys(items);
  if (keys.length === items.length) return ["Array", ...items.map((item) => encode(item, numbers))];
  return [
    "Sparse",
    items.length,
    ...keys.flatMap((key) => [Number(key), encode(items[Number(key)], numbers)]),
  ];
}

/** `objects`: those met so far, in the order in which `encode` counted them. Each is counted before what it holds. */
function decode(node: unknown, objects: unknown[]): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (!Array.isArray(node)) {
    objects.push(node);
    return decodeProperties(node, objects);
  }
  const [kind, first] = node as unknown[];
  switch (kind) {
    case "undefined":
      return undefined;
    case "BigInt":
      return BigInt(first as string);
    case "number":
      return Number(first);
    case "ref":
      return objects[first as number];
    default:
      return decodeObject(kind as Kind | "Sparse", node, objects);
  }
}

function decodeObject(kind: Kind | "Sparse", node: readonly unknown[], objects: unknown[]): unknown {
  const count = <T>(value: T): T => {
    objects.push(value);
    return value;
  };
  switch (kind) {
    case "Array": {
      const items = count<unknown[]>([]);
      for (let at = 1; at < node.length; at++) items.push(decode(node[at], objects));
      return items;
    }
    case "Sparse": {
      const items = count<unknown[]>([]);
      items.length = node[1] as number;
      for (let at = 2; at < node.length; at += 2) items[node[at] as number] = decode(node[at + 1], objects);
      return items;
    }
    case "Null": {
      const value = count(Object.setPrototypeOf(node[1] as object, null) as object);
      return decodeProperties(value, objects);
    }
    case "Date":
      return count(new Date((node[1] as number | null) ?? Number.NaN));
    case "Map": {
      const map = count(new Map<unknown, unknown>());
      for (let at = 1; at < node.length; at += 2)
        map.set(decode(node[at], objects), decode(node[at + 1], objects));
      return map;
    }
    case "Set": {
      const set = count(new Set<unknown>());
      for (let at = 1; at < node.length; at++) set.add(decode(node[at], objects));
      return set;
    }
    case "Buffer":
      return count(Buffer.from(node[1] as string, "base64"));
    case "ArrayBuffer":
      return count(bytesOf(node[1] as string));
    default: {
      const view = Object.hasOwn(VIEWS, kind) ? VIEWS[kind as keyof typeof VIEWS] : undefined;
      if (view === undefined)
        throw new SyntaxError(`A stored value holds the unknown kind ${JSON.stringify(kind)}.`);
      return count(new (view as Uint8ArrayConstructor)(bytesOf(node[1] as string)));
    }
  }
}

function decodeProperties(value: object, objects: unknown[]): object {
  for (const [key, node] of Object.entries(value)) {
    if (typeof node !== "object" || node === null) continue;
    // Defined, not assigned: `__proto__` here is a property of the value and must stay one.
    Object.defineProperty(value, key, {
      value: decode(node, objects),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return value;
}

function bytesOf(base64: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(base64, "base64")).buffer;
}
