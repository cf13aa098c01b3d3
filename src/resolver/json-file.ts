import { readFile } from 'node:fs/promises';
import type { Node } from 'jsonc-parser';
import type { SidingsError } from '../model/problem.ts';
import { readRegularFile, reasonOf } from './regular-file.ts';

/** A validator that Ajv generated. */
export interface Validator {
  (data: unknown): boolean;
  errors?: readonly ValidationError[] | null;
}

/** The parts of Ajv's error objects that are used here. */
export interface ValidationError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** One kind of JSON file: how it is checked and which errors it ends in. */
export interface JsonFileKind {
  readonly validate: Validator;
  /** The published JSON Schema; read only to explain an error. */
  readonly schema: URL;
  readonly unreadable: (file: string, reason: string) => SidingsError;
  readonly syntax: (file: string, line: number, column: number, reason: string) => SidingsError;
  readonly invalid: (file: string, path: string, reason: string, suggestion: string) => SidingsError;
}

/**
 * Reads a JSON file in which comments and trailing commas are allowed, and checks it. Objects may hold any key, so look
 * names from outside up with `Object.hasOwn` or `Object.entries`. Rejects with the errors of the kind.
 */
export const readJsonFile = async <Content>(file: string, kind: JsonFileKind): Promise<Content> => {
  const text = await readRegularFile(file).catch((error: unknown) => {
    throw kind.unreadable(file, reasonOf(error));
  });
  const content = await parse(text, file, kind);
  if (kind.validate(content)) return content as Content;
  const { path, reason, suggestion } = await explain(kind.validate.errors ?? [], kind.schema);
  throw kind.invalid(file, path, reason, suggestion);
};

// Most files are plain JSON, and the parser for the rest takes longer to load than the file takes to read.
const parse = async (text: string, file: string, kind: JsonFileKind): Promise<unknown> => {
  try {
    const content: unknown = JSON.parse(text);
    // Of a key that stands twice JSON keeps the last, silently.
    if (keysOf(content) === keysIn(text)) return content;
  } catch {
    // The other parser says what is wrong, if anything is.
  }
  return await parseWithComments(text, file, kind);
};

/** How many keys a value has, with all that is in it. */
const keysOf = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  const parts = Object.values(value);
  return parts.reduce<number>((sum, part) => sum + keysOf(part), Array.isArray(value) ? 0 : parts.length);
};

/** How many keys stand in a text of JSON: strings that a colon follows. */
const keysIn = (text: string): number =>
  (text.match(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?/g) ?? []).filter((found) => found.endsWith(':')).length;

const parseWithComments = async (text: string, file: string, kind: JsonFileKind): Promise<unknown> => {
  const { parseTree, getNodeValue, printParseErrorCode } = await import('jsonc-parser');
  const errors: { error: number; offset: number; length: number }[] = [];
  const syntaxError = (offset: number, reason: string): SidingsError => {
    const before = text.slice(0, offset).split(/\r\n|\r|\n/);
    return kind.syntax(file, before.length, (before.at(-1) ?? '').length + 1, reason);
  };
  try {
    const root = parseTree(text, errors, { allowTrailingComma: true });
    const first = errors[0];
    if (first !== undefined) {
      // CloseBraceExpected -> close brace expected
      const reason = printParseErrorCode(first.error).replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      throw syntaxError(first.offset, reason.toLowerCase());
    }
    if (root === undefined) throw syntaxError(0, 'the file is empty');
    const again = repeatedKey(root);
    if (again !== undefined)
      throw syntaxError(again.offset, `the key ${JSON.stringify(again.value)} stands here twice`);
    return getNodeValue(root);
  } catch (error) {
    if (error instanceof RangeError) throw syntaxError(0, 'it is nested too deeply');
    throw error;
  }
};

/** The first key that its object has already. */
const repeatedKey = ({ type, children = [] }: Node): Node | undefined => {
  const seen = new Set<unknown>();
  for (const child of children) {
    const [key] = type === 'object' ? (child.children ?? []) : [];
    if (key !== undefined && seen.has(key.value)) return key;
    seen.add(key?.value);
    const inside = repeatedKey(child);
    if (inside !== undefined) return inside;
  }
  return undefined;
};

interface Explanation {
  /** Where in the file: `services.api.port`. */
  readonly path: string;
  readonly reason: string;
  readonly suggestion: string;
}

/** The most telling of the validator's errors, in words; with a suggestion for a misspelt key. */
const explain = async (errors: readonly ValidationError[], schemaFile: URL): Promise<Explanation> => {
  // A misspelt key also makes the right one missing, so it explains more.
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  if (error === undefined) throw new Error('The validator refused without an error.');
  const schema = JSON.parse(await readFile(schemaFile, 'utf8')) as unknown;
  const parent = schemaAt(schema, error.schemaPath);
  const { params } = error;
  const at = (...keys: string[]) => [...pointer(error.instancePath), ...keys].join('.') || 'the top level';

  if (error.keyword === 'additionalProperties') {
    const key = String(params.additionalProperty);
    const known = Object.keys(record(parent.properties));
    const [pattern] = Object.keys(record(parent.patternProperties));
    if (pattern !== undefined) {
      return { path: at(key), reason: 'is not a valid name', suggestion: `Names here match ${pattern}.` };
    }
    return { path: at(key), reason: 'is not known', suggestion: await didYouMean(key, known) };
  }
  const suggestion = typeof parent.description === 'string' ? parent.description : 'See the JSON Schema of the file.';
  if (error.keyword === 'required') {
    const key = String(params.missingProperty);
    const { description } = record(record(parent.properties)[key]);
    return {
      path: at(key),
      reason: 'is missing',
      suggestion: typeof description === 'string' ? description : suggestion,
    };
  }
  if (error.keyword === 'enum') {
    const values = (params.allowedValues as readonly unknown[]).map((value) => JSON.stringify(value));
    return { path: at(), reason: `must be one of ${values.join(', ')}`, suggestion };
  }
  return { path: at(), reason: error.message ?? 'is not valid', suggestion };
};

const didYouMean = async (key: string, known: readonly string[]): Promise<string> => {
  const list = `Known here: ${known.join(', ')}.`;
  if (known.length === 0) return 'Nothing may stand here.';
  const { closest, distance } = (await import('fastest-levenshtein')).default;
  const nearest = closest(key, known as string[]);
  return distance(key, nearest) <= Math.max(2, key.length / 3) ? `Did you mean "${nearest}"? ${list}` : list;
};

/** The keys of a JSON pointer (RFC 6901). */
const pointer = (text: string): readonly string[] =>
  text
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The schema that holds the keyword a `schemaPath` such as `#/properties/env/type` ends in. */
const schemaAt = (schema: unknown, schemaPath: string): Readonly<Record<string, unknown>> =>
  pointer(decodeURIComponent(schemaPath))
    .slice(0, -1)
    .reduce((place, key) => record(place[key]), record(schema));
