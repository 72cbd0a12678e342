import fc, { type GeneratorValue } from "fast-check";
import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLNamedInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  print,
} from "graphql";

/** What arguments are taken from. */
export interface Pools {
  /** By coordinate of the argument or input field (`Query.feature.id`), else by its name, else by its type. */
  readonly values: Readonly<Record<string, readonly unknown[]>>;
  /** The same, of what resolvers refuse: at most one a query, as of two errors that end at one null either may be told. */
  readonly refused: Readonly<Record<string, readonly unknown[]>>;
  /** Coordinates that no query asks for. */
  readonly excluded: ReadonlySet<string>;
}

export interface RandomQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Fields that one query may answer, roughly: wide lists leave little for what lies below them. */
const BUDGET = 400;
const DEEPEST = 6;
/** Items of a list whose size no argument says. */
const LIST_SIZE = 10;

/**
 * A query of the schema, drawn field by field: aliases, fragments named and inline, on members of interfaces and unions,
 * `@include` and `@skip`, arguments as literals and as variables with and without defaults. It may break a rule of
 * validation (two fields of one name that cannot be merged); whoever draws it asks `validate`.
 */
export function randomQuery(draw: GeneratorValue, schema: GraphQLSchema, pools: Pools): RandomQuery {
  return new Drawing(draw, schema, pools).query();
}

class Drawing {
  readonly #draw: GeneratorValue;
  readonly #schema: GraphQLSchema;
  readonly #pools: Pools;
  readonly #fragments = new Map<
    string,
    { readonly type: GraphQLCompositeType; readonly body: string; readonly cost: number }
  >();
  readonly #declared: string[] = [];
  readonly #variables: Record<string, unknown> = {};
  #names = 0;
  #isRefused = false;
  #budget = BUDGET;

  constructor(draw: GeneratorValue, schema: GraphQLSchema, pools: Pools) {
    this.#draw = draw;
    this.#schema = schema;
    this.#pools = pools;
  }

  query(): RandomQuery {
    const body = this.#selection(this.#schema.getQueryType()!, 1, 0);
    const declared = this.#declared.length === 0 ? "" : `(${this.#declared.join(", ")})`;
    const fragments = Array.from(
      this.#fragments,
      ([name, { type, body }]) => `fragment ${name} on ${type.name} ${body}`,
    );
    return {
      query: [`query Random${declared} ${body}`, ...fragments].join("\n"),
      variables: this.#variables,
    };
  }

  /** `width`: how many objects of this type there may be. */
  #selection(type: GraphQLCompositeType, width: number, depth: number): string {
    const count = this.#integer(1, depth === 0 ? 4 : 5);
    const parts: string[] = [];
    for (let at = 0; at < count; at++) {
      const part = this.#part(type, width, depth);
      if (part !== undefined) parts.push(part);
    }
    return `{ ${parts.length === 0 ? "__typename" : parts.join(" ")} }`;
  }

  #part(type: GraphQLCompositeType, width: number, depth: number): string | undefined {
    const kind = this.#integer(0, 9);
    if (kind === 0) return this.#named("__typename");
    if (kind === 1 && depth > 0) return this.#spread(type, width, depth);
    if (kind <= 3 || isUnionType(type)) {
      const on = this.#condition(type);
      const condition = on === undefined ? "" : ` on ${on.name}`;
      if (depth >= DEEPEST) return undefined;
      return `...${condition}${this.#directives()} ${this.#selection(on ?? type, width, depth + 1)}`;
    }
    return this.#field(type, width, depth);
  }

  /** The type itself, one that it is part of, or one that is part of it. */
  #condition(type: GraphQLCompositeType): GraphQLCompositeType | undefined {
    const related = isAbstractType(type)
      ? this.#schema.getPossibleTypes(type)
      : isObjectType(type)
        ? type.getInterfaces()
        : [];
    // A union has no fields of its own: only its members do.
    const choices = isUnionType(type) ? related : [undefined, type, ...related];
    return this.#one(choices);
  }

  #spread(type: GraphQLCompositeType, width: number, depth: number): string {
    const known = Array.from(this.#fragments).filter(
      ([, fragment]) => fragment.type === type && fragment.cost * width < this.#budget,
    );
    if (known.length > 0 && this.#one([true, false])) {
      const [name, { cost }] = this.#one(known);
      this.#budget -= cost * width;
      return `...${name}${this.#directives()}`;
    }
    const name = `F${this.#names++}`;
    const before = this.#budget;
    const body = this.#selection(type, width, Math.min(depth + 1, DEEPEST));
    // Known only from here on, so that no fragment spreads itself.
    this.#fragments.set(name, { type, body, cost: (before - this.#budget) / width });
    return `...${name}${this.#directives()}`;
  }

  #field(type: GraphQLObjectType | GraphQLInterfaceType, width: number, depth: number): string {
    const field = this.#one(
      Object.values(type.getFields()).filter(({ name }) => !this.#pools.excluded.has(`${type.name}.${name}`)),
    );
    const returned = getNamedType(field.type);
    if (!isCompositeType(returned)) {
      this.#budget -= width;
      const { text } = this.#arguments(type, field);
      return `${this.#aliased(field.name, text)}${text}${this.#directives()}`;
    }
    const { text, size } = this.#arguments(type, field);
    const items = width * (size ?? (isList(field.type) && !type.name.endsWith("Connection") ? LIST_SIZE : 1));
    this.#budget -= items;
    const isEnough = depth >= DEEPEST || this.#budget < items;
    const below = isEnough ? "{ __typename }" : this.#selection(returned, items, depth + 1);
    return `${this.#aliased(field.name, text)}${text}${this.#directives()} ${below}`;
  }

  #arguments(
    type: GraphQLCompositeType,
    field: GraphQLField<unknown, unknown>,
  ): { text: string; size?: number } {
    const given: string[] = [];
    let size: number | undefined = field.args.some(({ name }) => name === "first") ? LIST_SIZE : undefined;
    for (const argument of field.args) {
      const required = isNonNullType(argument.type) && argument.defaultValue === undefined;
      if (!required && this.#integer(0, 2) === 0) continue;
      const value = this.#value(argument.type, `${type.name}.${field.name}`, argument.name);
      if (argument.name === "first" && typeof value === "number") size = Math.max(0, value);
      given.push(`${argument.name}: ${this.#written(argument, value)}`);
    }
    const text = given.length === 0 ? "" : `(${given.join(", ")})`;
    return size === undefined ? { text } : { text, size };
  }

  /** As a literal, or as a variable: given, or left to its default. */
  #written({ type }: GraphQLArgument, value: unknown): string {
    const literal = print(astFromValue(value, type) ?? fail(`${String(value)} is no ${String(type)}.`));
    const how = this.#integer(0, 4);
    if (how < 3) return literal;
    const name = `v${this.#names++}`;
    if (how === 3) {
      this.#declared.push(`$${name}: ${String(type)}`);
      this.#variables[name] = value;
    } else this.#declared.push(`$${name}: ${String(type)} = ${literal}`);
    return `$${name}`;
  }

  #value(type: GraphQLInputType, owner: string, name: string): unknown {
    if (isNonNullType(type)) return this.#present(type.ofType, owner, name);
    return this.#integer(0, 9) === 0 ? null : this.#present(type, owner, name);
  }

  #present(type: GraphQLInputType, owner: string, name: string): unknown {
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const count = this.#integer(0, 2);
      return Array.from({ length: count }, () => this.#value(nullable.ofType, owner, name));
    }
    return this.#single(nullable as GraphQLNamedInputType, owner, name);
  }

  #single(type: GraphQLNamedInputType, owner: string, name: string): unknown {
    if (isEnumType(type)) return this.#one(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) =>
          (isNonNullType(field.type) && field.defaultValue === undefined) || this.#integer(0, 2) === 0,
      );
      return Object.fromEntries(
        fields.map((field) => [field.name, this.#value(field.type, type.name, field.name)]),
      );
    }
    const { values, refused } = this.#pools;
    const bad = refused[`${owner}.${name}`] ?? refused[name];
    if (bad !== undefined && !this.#isRefused && this.#integer(0, 29) === 29) {
      this.#isRefused = true;
      return this.#one(bad);
    }
    const pool = values[`${owner}.${name}`] ?? values[name] ?? values[type.name];
    return this.#one(pool ?? fail(`There is no pool for ${owner}.${name}: ${type.name}.`));
  }

  #named(field: string): string {
    return `${this.#integer(0, 3) === 0 ? `a${this.#names++}: ` : ""}${field}`;
  }

  /** What has arguments is mostly aliased: two of one name that differ in them cannot be merged. */
  #aliased(field: string, args: string): string {
    const often = args !== "" && this.#integer(0, 3) > 0;
    return often ? `a${this.#names++}: ${field}` : this.#named(field);
  }

  #directives(): string {
    if (this.#integer(0, 7) > 0) return "";
    const directive = this.#one(["include", "skip"]);
    if (this.#one([true, false])) return ` @${directive}(if: ${this.#one(["true", "false"])})`;
    const name = `v${this.#names++}`;
    const value = this.#one([true, false]);
    if (this.#one([true, false])) {
      this.#declared.push(`$${name}: Boolean!`);
      this.#variables[name] = value;
    } else this.#declared.push(`$${name}: Boolean! = ${value}`);
    return ` @${directive}(if: $${name})`;
  }

  #integer(min: number, max: number): number {
    return this.#draw(fc.integer, { min, max });
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#integer(0, choices.length - 1)] as T;
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type));
}

function fail(message: string): never {
  throw new Error(message);
}
