import {
  GraphQLError,
  GraphQLID,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import { didYouMean } from "../../base/suggest.ts";
import type { EntityKeys, KeyFields } from "../../fields/identity.ts";
import type { ProblemLog } from "./policy-problem.ts";
import { type FieldsType, fieldsOf, type SchemaFacts } from "./schema-facts.ts";
import { directivesOf } from "./written-directives.ts";

/**
 * The keys of every type that has one: its own `@key`s, else those of its interfaces, else the field `id: ID!`.
 *
 * A root is never keyed: there is one of it.
 */
export function readTypeKeys(facts: SchemaFacts, log: ProblemLog): EntityKeys {
  const written = new Map(
    facts.composites
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .map((type) => [type.name, writtenKeys(type, log)] as const),
  );
  const keys = new Map<string, readonly KeyFields[]>();
  for (const type of facts.objects) {
    if (facts.rootOf(type) !== undefined) continue;
    const own = written.get(type.name) ?? [];
    const inherited = type.getInterfaces().flatMap((face) => written.get(face.name) ?? []);
    const known = own.length > 0 ? own : inherited.length > 0 ? inherited : defaultKey(type);
    if (known.length > 0) keys.set(type.name, unrepeated(known));
  }
  return keys;
}

function defaultKey(type: GraphQLObjectType): readonly KeyFields[] {
  const id = type.getFields()["id"];
  return id !== undefined && isNonNullType(id.type) && id.type.ofType === GraphQLID ? [["id"]] : [];
}

function unrepeated(keys: readonly KeyFields[]): readonly KeyFields[] {
  return [...new Map(keys.map((fields) => [fields.join(" "), fields])).values()];
}

function writtenKeys(type: FieldsType, log: ProblemLog): readonly KeyFields[] {
  return directivesOf(type)
    .filter(({ name }) => name === "key" || name === "federation__key")
    .flatMap(({ args, node }) => {
      const text = args["fields"];
      const said = `@key(fields: ${JSON.stringify(text)})`;
      const reject = (problem: string, mend: string): readonly KeyFields[] => {
        log.error({ coordinate: type.name, node, problem: `${said} ${problem}`, mend });
        return [];
      };
      const selection = typeof text === "string" ? selectionOf(text) : undefined;
      if (selection === undefined) {
        return reject("is no list of field names.", 'Write names, such as "id" or "id organization { id }".');
      }
      const paths: string[] = [];
      const mistake = collectPaths(type, selection, "", paths);
      if (mistake !== undefined) return reject(mistake.problem, mistake.mend);
      return [paths];
    });
}

function selectionOf(text: string): SelectionSetNode | undefined {
  try {
    const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions;
    return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

interface KeyMistake {
  readonly problem: string;
  readonly mend: string;
}

/** Adds the dotted path of each leaf to `paths`. */
function collectPaths(
  type: FieldsType,
  selection: SelectionSetNode,
  prefix: string,
  paths: string[],
): KeyMistake | undefined {
  for (const node of selection.selections) {
    if (node.kind !== Kind.FIELD || node.alias || node.arguments?.length || node.directives?.length) {
      return {
        problem: "holds more than field names.",
        mend: "Write names without arguments, aliases and fragments.",
      };
    }
    const name = node.name.value;
    const field = type.getFields()[name];
    if (field === undefined) {
      const known = fieldsOf(type).map((one) => one.name);
      return {
        problem: `names the field "${name}", which ${type.name} does not have.${didYouMean(name, known)}`,
        mend: "Name fields of the type.",
      };
    }
    const named = getNamedType(field.type);
    if (isLeafType(named)) {
      if (node.selectionSet !== undefined) {
        return {
          problem: `reads fields of "${prefix}${name}", which is of type ${named.name}.`,
          mend: "Leave the braces out.",
        };
      }
      paths.push(`${prefix}${name}`);
      continue;
    }
    const inner = isObjectType(named) || isInterfaceType(named) ? named : undefined;
    const nullable = isNonNullType(field.type) ? field.type.ofType : field.type;
    if (inner === undefined || isListType(nullable)) {
      return {
        problem: `names "${prefix}${name}", which is of type ${String(field.type)}.`,
        mend: "A key is made of scalars and of fields of single objects.",
      };
    }
    if (node.selectionSet === undefined) {
      return {
        problem: `names the object "${prefix}${name}".`,
        mend: `Name a field of it: "${name} { ${fieldsOf(inner)[0]?.name ?? "id"} }".`,
      };
    }
    const mistake = collectPaths(inner, node.selectionSet, `${prefix}${name}.`, paths);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}
