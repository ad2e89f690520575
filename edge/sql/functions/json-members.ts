/**
 * jsonb_each(), json_each() and their _text forms: an object's members, one a row. They give an object whose
 * values are texts, which the analyser reads with SQLite's json_each; SQLite's own reading of a member would
 * lose the digits of numbers.
 *
 * @see https://www.postgresql.org/docs/15/functions-json.html#FUNCTIONS-JSON-PROCESSING-TABLE
 */
import { type JsonNode, parseJson } from '../../types/json-parser.ts';
import {
  formatJsonb,
  isJsonbObject,
  type JsonbValue,
  jsonbFromNode,
  parseJsonb,
  quoteJson,
} from '../../types/jsonb.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { jsonbToText } from '../../types/to-json.ts';
import { invalidParameter, strict, textAt } from './define.ts';

/** The object's members, in the order of the text: json keeps what is there twice. @throws EdgeError 22023 */
function membersOf(text: string): readonly (readonly [string, JsonNode])[] {
  const node = parseJson(text);
  if (node.kind === 'object') {
    const { keys, values } = node;
    return keys.map((key, index) => [key, values[index] as JsonNode] as const);
  }
  throw invalidParameter(
    node.kind === 'array'
      ? 'cannot deconstruct an array as an object'
      : 'cannot deconstruct a scalar',
  );
}

/** An object of texts: SQLite's json_each gives its keys and values. */
function textMembers(members: Iterable<readonly [string, string | null]>): string {
  const parts = [...members].map(
    ([key, text]) => `${quoteJson(key)}:${text === null ? 'null' : quoteJson(text)}`,
  );
  return `{${parts.join(',')}}`;
}

function* jsonbMembers(
  args: readonly SqlValue[],
  name: string,
  show: (value: JsonbValue) => string | null,
): Generator<readonly [string, string | null]> {
  const value = parseJsonb(textAt(args, 0));
  if (!isJsonbObject(value)) throw invalidParameter(`cannot call ${name} on a non-object`);
  for (const [key, member] of value) yield [key, show(member)];
}

/** jsonb_each() and its like: an object of texts, one member a row. */
export const JSON_MEMBER_FUNCTIONS: readonly ScalarFunction[] = [
  strict('jsonb_each', 1, (args) => textMembers(jsonbMembers(args, 'jsonb_each', formatJsonb))),
  strict('jsonb_each_text', 1, (args) =>
    textMembers(jsonbMembers(args, 'jsonb_each_text', jsonbToText)),
  ),
  strict('json_each', 1, (args) => {
    const source = textAt(args, 0);
    const slice = (node: JsonNode): string => source.slice(node.start, node.end);
    return textMembers(membersOf(source).map(([key, node]) => [key, slice(node)]));
  }),
  strict('json_each_text', 1, (args) => {
    const source = textAt(args, 0);
    const shown = (node: JsonNode): string | null => {
      if (node.kind === 'object' || node.kind === 'array')
        return source.slice(node.start, node.end);
      return jsonbToText(jsonbFromNode(node, source));
    };
    return textMembers(membersOf(source).map(([key, node]) => [key, shown(node)]));
  }),
];
