import { mkdir } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { fail } from '../../model/problem.ts';
import { findCopy } from '../../resolver/find-copy.ts';
import { withBlock } from '../../resolver/marked-block.ts';
import { readProjectFile } from '../../resolver/project-file.ts';
import { reasonOf } from '../../resolver/regular-file.ts';
import { behindLinks, readCurrent, replaceContent } from '../edit-file.ts';
import { printJson, printLine } from '../report.ts';
import { startFolder } from '../start-folder.ts';
import { guide, guideMarkers } from './agent/guide.ts';

interface Options {
  readonly agents?: boolean | string;
  readonly dir?: string;
  readonly json?: boolean;
}

/** A skill begins with what it is for; the rest is read when it is needed. */
const skillHead = `---
name: sidings
description: Run, wait for, look into and verify the services of this copy of the repository. Use it before starting servers or tests, after every change, and when a port, a database or an address is in question.
---

`;

/** `sidings init --agents [FILE]`: writes what coding agents need to know into a section of AGENTS.md, or another file. */
export const init = async ({ agents, dir, json }: Options): Promise<number> => {
  if (agents === undefined || agents === false)
    throw fail('usage', { reason: 'Say what to write: --agents. sidings.json is written by `stack-env init`' });
  const directory = startFolder(dir);
  const copy = await findCopy(directory);
  const { project } = await readProjectFile(copy);
  const path = agents === true ? resolve(copy, 'AGENTS.md') : resolve(directory, agents);
  const changed = await writeGuide(path, project);
  if (json) printJson({ file: path, changed });
  else printLine(`${relative(directory, path) || path} ${changed ? 'was written' : 'says it already'}.`);
  return 0;
};

const writeGuide = async (path: string, project: string): Promise<boolean> => {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await behindLinks(path);
    const current = await readCurrent(file);
    const before = current?.bytes.toString('utf8') ?? (basename(path) === 'SKILL.md' ? skillHead : '');
    const text = withBlock(before, guideMarkers, guide(project));
    if (typeof text !== 'string')
      throw fail('agents-block-broken', { file: path, line: text.line, reason: text.reason });
    const bytes = Buffer.from(text);
    if (current?.bytes.equals(bytes)) return false;
    await replaceContent(file, bytes, current);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'SidingsError') throw error;
    throw fail('file-unwritable', { file: path, reason: reasonOf(error) });
  }
};
