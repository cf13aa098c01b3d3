import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { loadSettings } from '../../config/load.ts';
import { resolverSettings } from '../../config/resolver-settings.ts';
import type { Settings } from '../../config/settings.ts';
import type { Problem } from '../../model/problem.ts';
import type { Resolution } from '../../model/workstream.ts';
import { readEnvFiles } from '../../resolver/env-files.ts';
import { findCopy } from '../../resolver/find-copy.ts';
import { shellQuote } from '../../resolver/formats.ts';
import { basesOf, guard, ownedVariables } from '../../resolver/guards.ts';
import { type KnownCopy, knownCopies, sharedLabel, sharedSlot } from '../../resolver/known-copies.ts';
import { resolveCopy } from '../../resolver/resolve.ts';
import { startFolder } from '../start-folder.ts';

/** The options that every form of the command takes. */
export interface CommonOptions {
  readonly dir?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly json?: boolean | undefined;
  /** Where they are known already. */
  readonly settings?: Settings;
}

export interface BundleOptions {
  /** Also name a file with all roots for programs that do not read those of the system. */
  readonly caBundle?: boolean | undefined;
}

export interface GuardOptions {
  readonly replace?: boolean | undefined;
  readonly strict?: boolean | undefined;
}

export interface FoundCopy {
  readonly copy: Resolution;
  readonly others: readonly KnownCopy[];
  readonly settings: Settings;
  /** Where the command was called, or the folder of --dir. */
  readonly directory: string;
}

/** The copy that a command is about, and the others of its project. */
export const openCopy = async ({
  dir,
  stateDir,
  caBundle,
  settings: known,
}: CommonOptions & BundleOptions): Promise<FoundCopy> => {
  const directory = startFolder(dir);
  const [settings, root] = await Promise.all([
    known ?? loadSettings({ flags: { stateDir }, cwd: process.cwd() }),
    findCopy(directory),
  ]);
  const resolved = await resolveCopy(root, resolverSettings(settings));
  const copy = caBundle ? await (await import('./ca-bundle.ts')).withCaBundle(resolved, settings) : resolved;
  const others = await knownCopies(copy, settings);
  const shared = sharedSlot(copy, others) ?? sharedLabel(copy, others);
  const problems = shared === undefined ? copy.problems : [...copy.problems, shared];
  return { copy: { ...copy, problems }, others, settings, directory };
};

export interface Inspection extends FoundCopy {
  /** What is handed out; an error among the problems forbids it. */
  readonly env: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** The copy with everything that the guards have to say. */
export const inspect = async (options: CommonOptions & GuardOptions & BundleOptions): Promise<Inspection> => {
  const found = await openCopy(options);
  const { copy, others, settings, directory } = found;
  const { replace = false, strict = false, dir, caBundle = false } = options;
  const findings = guard({
    copy,
    others,
    bases: basesOf(copy),
    suffixes: settings.suffixes,
    environment: process.env,
    envFiles: await readEnvFiles(copy.directory, await realpath(directory)),
    replace,
    strict,
    command: [
      'stack-env',
      ...(dir === undefined ? [] : [`--dir ${shellQuote(directory)}`]),
      ...(caBundle ? ['--ca-bundle'] : []),
    ].join(' '),
    realPath,
  });
  return {
    ...found,
    env: ownedVariables(copy, process.env, replace),
    problems: [...copy.problems, ...findings],
  };
};

/** Real path of as much of a path as exists. */
const realPath = (path: string): string => {
  let rest = '';
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      return join(realpathSync.native(folder), rest);
    } catch {
      rest = join(basename(folder), rest);
    }
  }
  return path;
};
