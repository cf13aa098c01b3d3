import { dirname, join, relative } from 'node:path';
import { readRegularFile, reasonOf } from './regular-file.ts';

/** One assignment of a `.env` file. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** Line of the name, from 1. */
  readonly line: number;
  /** Holds `$`, where some readers put the value of another variable in: what it will be is not known here. */
  readonly expands: boolean;
}

export interface EnvFile {
  /** Path as it is shown: relative to the folder where the command was called. */
  readonly file: string;
  readonly entries: readonly EnvEntry[];
  /** Why it could not be read. */
  readonly unreadable?: string;
}

/**
 * What compose, dotenv, Vite, Next.js and Rails read on a developer's machine. Templates (`.env.example`) and backups are read by
 * nobody, so they are not looked at.
 */
const fileNames = ['', '.development', '.test', '.production'].flatMap((mode) => [`.env${mode}`, `.env${mode}.local`]);

/**
 * The `.env` files of a copy: those in its folder and in each folder on the way down to `from`, where a command that runs there would
 * find its own. One that cannot be read (no permission, a FIFO, too large) is there with its reason.
 */
export const readEnvFiles = async (directory: string, from: string = directory): Promise<readonly EnvFile[]> => {
  const files = foldersBetween(directory, from).flatMap((folder) => fileNames.map((name) => join(folder, name)));
  const read = await Promise.all(files.map((file) => readEnvFile(file, relative(from, file))));
  return read.filter((file) => file !== undefined);
};

const readEnvFile = async (path: string, file: string): Promise<EnvFile | undefined> => {
  try {
    return { file, entries: parseEnvFile(await readRegularFile(path)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder called .env is how some people name a Python environment.
    if (code === 'ENOENT' || (error as Error).message === 'it is a folder') return undefined;
    return { file, entries: [], unreadable: reasonOf(error) };
  }
};

const foldersBetween = (top: string, from: string): readonly string[] => {
  const folders = [];
  for (let folder = from; folder.startsWith(`${top}/`); folder = dirname(folder)) folders.unshift(folder);
  return [top, ...folders];
};

const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)(?:[^\S\n]*=|:[^\S\n])[^\S\n]*/;

/**
 * Reads dotenv syntax the way `dotenv` and compose do: `export` in front, single, double and backtick quotes around any number of
 * lines, comments. Lines that assign nothing are left out; of several assignments of a name all are given, and the last one counts.
 */
export const parseEnvFile = (text: string): readonly EnvEntry[] => {
  const lines = text.split(/\r\n|\r|\n/);
  const entries: EnvEntry[] = [];
  // A quote that was never closed is looked for once: each further search would read the rest of the file again.
  const unclosed = new Set<string>();
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const match = assignment.exec(line);
    if (match?.[1] === undefined) continue;
    const rest = line.slice(match[0].length);
    const quoted = unclosed.has(rest.charAt(0)) ? undefined : readQuoted(lines, index, rest);
    if (quoted === 'unclosed') unclosed.add(rest.charAt(0));
    const { value, quote, last } =
      quoted === undefined || quoted === 'unclosed' ? { value: bare(rest), quote: '', last: index } : quoted;
    entries.push({ name: match[1], value, line: index + 1, expands: quote !== "'" && value.includes('$') });
    index = last;
  }
  return entries;
};

/** Without quotes a value ends at a comment: `#` after a space. */
const bare = (rest: string): string => {
  const comment = rest.startsWith('#') ? 0 : rest.search(/\s#/);
  return (comment === -1 ? rest : rest.slice(0, comment)).trim();
};

interface Quoted {
  readonly value: string;
  readonly quote: string;
  /** Index of the line that it ends in. */
  readonly last: number;
}

const readQuoted = (lines: readonly string[], first: number, rest: string): Quoted | 'unclosed' | undefined => {
  const quote = rest.charAt(0);
  if (quote !== '"' && quote !== "'" && quote !== '`') return undefined;
  const parts: string[] = [];
  for (let last = first; last < lines.length; last += 1) {
    const part = last === first ? rest.slice(1) : (lines[last] ?? '');
    const end = closing(part, quote);
    if (end === -1) {
      parts.push(part);
      continue;
    }
    // Something after the closing quote: then the quotes are a part of a bare value.
    if (!/^\s*(?:#.*)?$/.test(part.slice(end + 1))) return undefined;
    const value = [...parts, part.slice(0, end)].join('\n');
    return { value: quote === '"' ? unescaped(value) : value, quote, last };
  }
  return 'unclosed';
};

const closing = (text: string, quote: string): number => {
  for (let at = text.indexOf(quote); at !== -1; at = text.indexOf(quote, at + 1)) {
    let backslashes = 0;
    while (text.charAt(at - 1 - backslashes) === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const unescaped = (value: string): string =>
  value.replace(/\\([nrt"\\$])/g, (_whole, char: string) => escapes[char] ?? char);
