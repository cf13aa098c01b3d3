import { readdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { type Problem, warning } from '../model/problem.ts';
import type { ComposeFile } from '../resolver/compose-guards.ts';
import { readRegularFile, reasonOf } from '../resolver/regular-file.ts';

/** Compose takes the first of these names, and the override file beside it. */
const standardNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** The files in a folder that compose reads when none is named; `others` are those that it reads when they are. */
export const composeFileNames = async (
  directory: string,
): Promise<{ readonly standard: readonly string[]; readonly others: readonly string[] }> => {
  const names = await readdir(directory).catch((): string[] => []);
  const first = standardNames.find((name) => names.includes(name));
  const overrides = names.filter((name) => /^(?:docker-)?compose\.override\.ya?ml$/.test(name));
  const others = names.filter((name) => /^(?:docker-)?compose[.-].+\.ya?ml$/.test(name)).sort();
  return { standard: first === undefined ? [] : [first, ...overrides], others };
};

/** Reads compose files. One that is there and cannot be read is told; what compose itself makes of it is another matter. */
export const readComposeFiles = async (
  directory: string,
  names: readonly string[],
  from = directory,
): Promise<{ readonly files: readonly ComposeFile[]; readonly problems: readonly Problem[] }> => {
  const files: ComposeFile[] = [];
  const problems: Problem[] = [];
  for (const name of names) {
    const path = resolve(directory, name);
    const file = relative(from, path);
    try {
      files.push({ file, ...(await parse(await readRegularFile(path))) });
    } catch (error) {
      const absent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!absent) problems.push(warning('env-file-unreadable', { file, reason: firstLine(reasonOf(error)) }));
    }
  }
  return { files, problems };
};

const parse = async (text: string): Promise<Omit<ComposeFile, 'file'>> => {
  // Loaded only where there is a file: it takes longer than all the rest.
  const yaml = await import('yaml');
  const { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } = yaml;
  refuseUnreasonable(text, yaml);
  const lines = new LineCounter();
  // To look for keys that are there twice takes the square of their number, and compose does it itself.
  const document = parseDocument(text, { merge: true, uniqueKeys: false, logLevel: 'error', lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw error;

  const lineOf = (path: readonly (string | number)[]): number => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(document);
      // What a map takes over with `<<` is not on the way: then the place where it does so is the nearest.
      const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step) : undefined;
      const item = isSeq(node) ? node.items[Number(step)] : pair?.key;
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = pair === undefined ? item : pair.value;
    }
    return lines.linePos(offset).line;
  };
  const content: unknown = document.toJS();
  if (holdsItself(content)) throw new Error('an alias in it stands for what it is a part of');
  return { content, lineOf };
};

/** Characters of a compose file. Whoever writes more of them may be after our time: some of what a parser does takes the square of it. */
const longest = 256 * 1024;
/** Values inside of each other. What composes them calls itself for each: Node may not survive to have no room for that. */
const deepest = 100;

const refuseUnreasonable = (text: string, { Lexer, Parser }: typeof import('yaml')): void => {
  if (text.length > longest) throw new Error('it is larger than 256 KB');
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme));
    if (parser.stack.length > deepest) throw new Error('it is nested too deeply');
  }
};

/** Whether a value is somewhere inside of itself, as aliases can make it. `around`: what it is in; `seen`: what is known not to be so. */
const holdsItself = (value: unknown, around = new Set<unknown>(), seen = new Set<unknown>()): boolean => {
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  if (around.has(value)) return true;
  around.add(value);
  const isSo = Object.values(value).some((part) => holdsItself(part, around, seen));
  around.delete(value);
  seen.add(value);
  return isSo;
};

const firstLine = (text: string): string => text.split('\n')[0]?.replace(/:$/, '') ?? '';
