import { existsSync } from 'node:fs';
import { readdir, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fail, type Problem, warning } from '../../model/problem.ts';
import { type EnvFile, parseEnvFile } from '../../resolver/env-files.ts';
import { formatProposal, type PackageSource, propose, undecidedPorts } from '../../resolver/init.ts';
import { projectFileName } from '../../resolver/project-file.ts';
import { readRegularFile, reasonOf } from '../../resolver/regular-file.ts';
import { composeFileNames, readComposeFiles } from '../compose-files.ts';
import { printJson, printLine, report } from '../report.ts';
import { startFolder } from '../start-folder.ts';
import type { CommonOptions } from './inspect.ts';

/** Writes `sidings.json` into the current folder, or that of --dir, from what the project says about itself. Never overwrites. */
export const init = async (options: CommonOptions): Promise<number> => {
  const directory = await realpath(startFolder(options.dir)).catch((error: unknown) => {
    throw fail('file-unwritable', { file: startFolder(options.dir), reason: reasonOf(error) });
  });
  const file = join(directory, projectFileName);
  if (existsSync(file)) throw fail('file-exists', { file });

  const problems: Problem[] = [];
  /** The text of a file, or undefined; one that is there and cannot be read is told. */
  const read: Read = async (path, parse) => {
    try {
      return parse(await readRegularFile(join(directory, path)));
    } catch (error) {
      const absent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!absent) problems.push(warning('env-file-unreadable', { file: path, reason: reasonOf(error) }));
      return undefined;
    }
  };
  const project = await projectName(directory);
  const { standard, others } = await composeFileNames(directory);
  const compose = await readComposeFiles(directory, standard.length > 0 ? standard : others);
  problems.push(...compose.problems);
  const sources = {
    project,
    compose: compose.files,
    envFiles: await envFiles(read),
    packages: await packageFiles(directory, read),
  };
  const proposal = propose(sources);
  problems.push(...undecidedPorts(sources));
  report(problems);
  if (proposal === undefined) throw fail('init-nothing-found', { directory });

  await writeFile(file, formatProposal(proposal), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw fail('file-exists', { file });
    throw fail('file-unwritable', { file, reason: reasonOf(error) });
  });
  const { services, leftOut } = proposal;
  if (options.json) {
    printJson({
      file,
      project,
      services: Object.fromEntries(services.map(({ name, port, kind }) => [name, { kind, port }])),
      problems,
    });
    return 0;
  }
  const lines = [
    `${file} written: ${services.map(({ name, port }) => `${name} ${port}`).join(', ')}.`,
    ...[...services, ...leftOut].flatMap(({ name, notes }) => notes.map((note) => `  ${name}: ${note}`)),
  ];
  for (const line of lines) printLine(line);
  return 0;
};

type Read = <Content>(path: string, parse: (text: string) => Content) => Promise<Content | undefined>;

/** The folder of the main checkout: for a linked worktree what `.git` says, for `project-3` beside `project` that one. */
const projectName = async (directory: string): Promise<string> => {
  const git = await readRegularFile(join(directory, '.git')).catch(() => '');
  const [, main] = /^gitdir: (.+)\/\.git\/worktrees\/[^/\n]+\s*$/.exec(git) ?? [];
  if (main !== undefined) return basename(main);
  const name = basename(directory);
  const [, stem] = /^(.*[^-_\d])[-_]?\d+$/.exec(name) ?? [];
  return stem !== undefined && existsSync(join(dirname(directory), stem)) ? stem : name;
};

/** Templates are committed and come first: what somebody has set for this machine wins. */
const envFiles = async (read: Read): Promise<readonly (EnvFile & { readonly committed: boolean })[]> => {
  const files = [];
  for (const file of ['.env.example', '.env.sample', '.env.template', '.env.dist', '.env']) {
    const entries = await read(file, parseEnvFile);
    if (entries !== undefined) files.push({ file, entries, committed: file !== '.env' });
  }
  return files;
};

/** The package of the project, and those one or two folders below it: `web`, `apps/web`. */
const packageFiles = async (directory: string, read: Read): Promise<readonly PackageSource[]> => {
  const top = await subfolders(directory, '');
  const groups = top.filter((folder) => ['apps', 'packages', 'services'].includes(folder));
  const below = await Promise.all(groups.map((folder) => subfolders(join(directory, folder), `${folder}/`)));
  const sources: PackageSource[] = [];
  for (const folder of ['', ...top, ...below.flat()]) {
    const content = await read(join(folder, 'package.json'), (text) => JSON.parse(text) as unknown);
    const scripts = (content as { scripts?: unknown } | undefined)?.scripts;
    if (typeof scripts !== 'object' || scripts === null) continue;
    sources.push({ folder, scripts: { ...scripts }, configuredPort: await vitePort(folder, read) });
  }
  return sources;
};

const subfolders = async (directory: string, prefix: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !/^(?:\.|node_modules$)/.test(entry.name))
    .map(({ name }) => prefix + name)
    .sort();
};

/** The port in `vite.config.*`, where it is a plain number. */
const vitePort = async (folder: string, read: Read): Promise<number | undefined> => {
  for (const ending of ['ts', 'js', 'mts', 'mjs']) {
    const text = await read(join(folder, `vite.config.${ending}`), (content) => content);
    const port = Number(/\bport\s{0,8}:\s{0,8}(\d{4,5})\b/.exec(text ?? '')?.[1]);
    if (port <= 65535) return port;
  }
  return undefined;
};
